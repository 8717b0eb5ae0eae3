"""The WebSocket endpoints: public, private and trade."""
