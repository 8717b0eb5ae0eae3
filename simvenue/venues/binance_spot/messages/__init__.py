"""The venue's JSON messages as pure functions of the exchange's types, one kind a module."""
