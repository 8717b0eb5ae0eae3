"""The REST endpoints, one family a module; the WebSocket API uses the same handlers."""
