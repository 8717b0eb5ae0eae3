"""From an HTTP request to a handler's answer: parameters, key, signature, JSON, and errors in the venue's form."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from aiohttp import web

from simvenue.credentials import Permission
from simvenue.exchange.types import Rejection
from simvenue.venues.binance import auth, errors
from simvenue.venues.binance.parameters import Parameters
from simvenue.venues.binance.venue import VENUE
from simvenue.venues.transport.paths import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from simvenue.exchange.types import Instrument
    from simvenue.venues.binance.venue import Venue

log = logging.getLogger(__name__)


class Security(Enum):
    """What a caller must prove; a signed request that is not a GET also needs the permission to trade."""

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
type Weight = int | Callable[[Parameters], int]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint of the venue.

    Args:
        method: HTTP method.
        path: Below the root.
        security: What a caller must prove.
        handler: Makes the reply's JSON.
        weight: What a request counts against its address's limit; may depend on the parameters.
        orders: How many orders a request counts against its account's limits.
    """

    method: str
    path: str
    security: Security
    handler: Handler
    weight: Weight = 1
    orders: Weight = 0

    @property
    def permission(self) -> Permission:
        """What the key must allow."""
        return Permission.TRADE if self.security is Security.SIGNED and self.method != "GET" else Permission.READ


def amount(weight: Weight, parameters: Parameters) -> int:
    """What a request weighs."""
    return weight if isinstance(weight, int) else weight(parameters)


def reply(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON reply in the venue's compact form."""
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(text=text, status=status, headers=headers, content_type="application/json", charset="utf-8")


async def _payload(request: web.Request) -> tuple[str, str]:
    # The signature covers the bytes as they were sent; a decoded query would change `%5B%22…`.
    query = request.raw_path.partition("?")[2]
    body = await request.read()
    try:
        return query, body.decode("ascii")
    except UnicodeDecodeError as error:
        raise errors.illegal_characters() from error


def endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The aiohttp handler of a route."""

    async def handle(request: web.Request) -> web.Response:
        venue, address, account = request.app[VENUE], request.remote or "", ""
        query, body = await _payload(request)
        now_ms = venue.clock()
        try:
            parameters = Parameters.parse("&".join(filter(None, (query, body))))
            venue.limiter.spend(address, amount(route.weight, parameters), now_ms)
            if route.security is not Security.NONE:
                credential = auth.identify(request.headers.get("X-MBX-APIKEY"), venue.credentials)
                if route.security is Security.SIGNED:
                    # As documented, the signature covers query and body without a sign in between.
                    auth.verify(credential, query + body, parameters, now_ms)
                auth.permit(credential, route.permission)
                account = credential.account
            orders = amount(route.orders, parameters)
            if orders:
                venue.limiter.count_orders(account, orders, now_ms)
            response = reply(route.handler(Call(request.app, account, parameters)))
        except (errors.VenueError, Rejection) as error:
            response = refusal(in_venues_words(venue, error))
        response.headers.update(venue.limiter.headers(address, account, orders=bool(route.orders), now_ms=now_ms))
        return response

    return handle


def in_venues_words(venue: Venue, error: errors.VenueError | Rejection) -> errors.VenueError:
    """A refusal of venue or exchange as this market says it."""
    if isinstance(error, errors.VenueError):
        return error
    return errors.from_rejection(error, venue.market.rejections)


def refusal(error: errors.VenueError) -> web.Response:
    """The reply to a refused request."""
    return reply(error.body(), status=error.status, headers=error.headers)


@web.middleware
async def venue_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Give every failure the venue's form; a defect of ours is logged and answered with -1000.

    A body that cannot be unpacked, or ends before its time, is the client's failure.
    """
    try:
        return await handler(request)
    except errors.VenueError as error:
        return refusal(error)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return reply(errors.invalid_path(request.path, request.method).body(), status=404)
    except (web.RequestPayloadError, ConnectionError):
        return refusal(errors.illegal_characters())
    except web.HTTPException as error:
        return reply({"code": -1000, "msg": error.reason}, status=error.status)
    except Exception:
        # The query carries a signature, so only the path is told.
        log.exception("no answer to %s %s", request.method, shown(request.path))
        return reply(errors.unknown().body(), status=500)
