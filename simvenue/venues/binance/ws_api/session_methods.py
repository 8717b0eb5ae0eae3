"""Logging a session on, asking about it, and logging it off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors
from simvenue.venues.binance.ws_api.method import Access, Method, Request
from simvenue.venues.binance.ws_api.session import Login

if TYPE_CHECKING:
    from simvenue.credentials import Credential

WEIGHT = 2


def log_on(request: Request) -> dict[str, Any]:
    """Let the session stand for a key from now on; the venue takes Ed25519 keys only."""
    credential = _proved(request)
    if credential.public_key is None and not request.venue.options.hmac_logon:
        raise errors.VenueError(-4056, "HMAC_SHA256 API key is not supported.")
    now_ms = request.venue.clock()
    request.session.login = Login(request.api_key, credential, now_ms)
    request.session.connection.account = credential.account
    return request.session.status(now_ms)


def _proved(request: Request) -> Credential:
    if request.credential is None:
        raise errors.no_permission()
    return request.credential


def status(request: Request) -> dict[str, Any]:
    """Who the session is."""
    return request.session.status(request.venue.clock())


def log_out(request: Request) -> dict[str, Any]:
    """Forget the key, and end the events that were its own."""
    session, now_ms = request.session, request.venue.clock()
    session.login = None
    session.end([number for number, wanted in session.subscriptions.items() if wanted.own], now_ms)
    return session.status(now_ms)


METHODS = (
    Method(name="session.logon", handler=log_on, access=Access.OWN_SIGNATURE, weight=WEIGHT),
    Method(name="session.status", handler=status, weight=WEIGHT),
    Method(name="session.logout", handler=log_out, weight=WEIGHT),
)
