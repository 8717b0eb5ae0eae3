"""The WebSocket API that Binance's markets share: signed methods on one socket, and logged-in sessions."""

from simvenue.venues.binance.ws_api.method import Access, Method, Request
from simvenue.venues.binance.ws_api.server import SESSIONS, serve_at

__all__ = ["SESSIONS", "Access", "Method", "Request", "serve_at"]
