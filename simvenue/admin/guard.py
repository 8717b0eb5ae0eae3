"""Keeps web pages of others away: the admin API has no password, and a browser on this machine can reach it."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from simvenue.admin.errors import AdminError, answer

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

_SAME = frozenset({"same-origin", "none"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address or name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def guard(*names: str) -> Middleware:
    """Make the middleware that refuses what another web site's page may have sent.

    A name in ``Host`` that is not ours means that somebody else's domain was pointed at this address (DNS rebinding):
    only addresses, localhost, this machine's host name and ``names`` pass. ``Origin`` and ``Sec-Fetch-Site``, which
    browsers set and pages cannot, must not say that another site asks. Programs send neither.

    Args:
        names: further host names under which the admin API is reached.
    """
    # Not the fully qualified name: that asks the resolver, and everything here would wait for it.
    known = frozenset(name.lower() for name in ("localhost", socket.gethostname(), *names))

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        problem = _problem(request, known)
        if problem:
            return answer(AdminError(403, "FORBIDDEN", problem))
        return await handler(request)

    return check


def _problem(request: web.Request, known: frozenset[str]) -> str | None:
    host = request.headers.get("Host", "")
    if not _is_ours(host, known):
        return "the Host header names neither an address nor this machine; use its address, or localhost"
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{host}":
        return "a page of another site must not use the admin API"
    if request.headers.get("Sec-Fetch-Site", "none") not in _SAME and not _opens_the_page(request):
        return "a page of another site must not use the admin API"
    return None


def _is_ours(host: str, known: frozenset[str]) -> bool:
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in known or name.endswith(".localhost")
    return True


def _opens_the_page(request: web.Request) -> bool:
    # Following a link from anywhere is harmless: what opens is ours and runs nobody else's code.
    return request.method == "GET" and request.path == "/" and request.headers.get("Sec-Fetch-Mode") == "navigate"


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Tell browsers to keep answers to this site, and not to keep them at all."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
