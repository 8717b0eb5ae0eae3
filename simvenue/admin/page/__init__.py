"""The page at the admin port: one file of HTML that runs no code but its own."""

from __future__ import annotations

import secrets
from importlib.resources import files

from aiohttp import web

_HTML = files(__name__).joinpath("index.html").read_text(encoding="utf-8")


async def show(_request: web.Request) -> web.Response:
    """Give the page; its policy lets a browser run this script and nothing that data smuggles in."""
    nonce = secrets.token_urlsafe(18)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
    return web.Response(
        text=_HTML.replace("{{nonce}}", nonce), content_type="text/html", headers={"Content-Security-Policy": policy}
    )
