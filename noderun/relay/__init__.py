"""A small process beside the node that gives everything the node writes one shape, without secrets."""
