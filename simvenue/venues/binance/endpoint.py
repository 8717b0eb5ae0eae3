"""From an HTTP request to a handler's answer: parameters, key, signature, JSON, and errors in the venue's form."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from aiohttp import web

from simvenue.exchange.types import Rejection
from simvenue.venues.binance import auth, errors
from simvenue.venues.binance.parameters import Parameters
from simvenue.venues.binance.venue import VENUE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from simvenue.exchange.types import Instrument
    from simvenue.venues.binance.venue import Venue

log = logging.getLogger(__name__)


class Security(Enum):
    """What a caller must prove."""

    NONE = "none"
    KEY = "key"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request."""

    app: web.Application
    account: str
    parameters: Parameters

    @property
    def venue(self) -> Venue:
        """The market that was called."""
        return self.app[VENUE]

    def instrument(self) -> Instrument:
        """The instrument that ``symbol`` names; -1121 when there is none."""
        instrument = self.venue.exchange.instruments.get(self.parameters.text("symbol"))
        if instrument is None:
            raise errors.invalid_symbol()
        return instrument

    def optional_instrument(self) -> Instrument | None:
        """The instrument, or None when no ``symbol`` was sent."""
        return self.instrument() if self.parameters.optional_text("symbol") else None


type Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint of the venue."""

    method: str
    path: str
    security: Security
    handler: Handler


def reply(body: object, *, status: int = 200) -> web.Response:
    """A JSON reply in the venue's compact form."""
    return web.Response(
        text=json.dumps(body, separators=(",", ":")), status=status, content_type="application/json", charset="utf-8"
    )


async def _payload(request: web.Request) -> str:
    # The signature covers the bytes as they were sent; a decoded query would change `%5B%22…`.
    query = request.raw_path.partition("?")[2]
    body = await request.read()
    try:
        return query + body.decode("ascii")
    except UnicodeDecodeError as error:
        raise errors.VenueError(-1100, "Illegal characters found in a parameter.") from error


def endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The aiohttp handler of a route."""

    async def handle(request: web.Request) -> web.Response:
        venue = request.app[VENUE]
        payload = await _payload(request)
        parameters = Parameters.parse(payload)
        account = ""
        if route.security is not Security.NONE:
            credential = auth.identify(request.headers.get("X-MBX-APIKEY"), venue.credentials)
            if route.security is Security.SIGNED:
                auth.verify(credential, payload, parameters, venue.clock())
            account = credential.account
        return reply(route.handler(Call(request.app, account, parameters)))

    return handle


@web.middleware
async def venue_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Give every failure the venue's form; a defect of ours is logged and answered with -1000."""
    try:
        return await handler(request)
    except errors.VenueError as error:
        return reply(error.body(), status=error.status)
    except Rejection as rejection:
        return reply(errors.from_rejection(rejection, request.app[VENUE].market.rejections).body(), status=400)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return reply(errors.invalid_path(request.path, request.method).body(), status=404)
    except web.HTTPException as error:
        return reply({"code": -1000, "msg": error.reason}, status=error.status)
    except Exception:
        # The query carries a signature, so only the path is told.
        log.exception("no answer to %s %s", request.method, request.path)
        return reply(errors.unknown().body(), status=500)
