"""The REST endpoints, one family a module; each module ends in its table of routes."""
