"""From an HTTP request to a handler's answer: signature, limits, parameters, envelope, errors in the venue's form."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from simvenue.exchange.types import Rejection
from simvenue.venues.bybit import auth, errors
from simvenue.venues.bybit.instruments import Category
from simvenue.venues.bybit.parameters import Parameters
from simvenue.venues.bybit.venue import VENUE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from simvenue.credentials import Credential, Permission
    from simvenue.exchange.types import Instrument
    from simvenue.venues.bybit.venue import Venue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that may be served. ``credential`` is None for public endpoints."""

    venue: Venue
    credential: Credential | None
    api_key: str
    parameters: Parameters

    @property
    def account(self) -> str:
        """Whose request it is."""
        return self.credential.account if self.credential else ""

    def category(self) -> Category:
        """Give the product group the request is about."""
        return self.parameters.category()

    def instrument(self) -> Instrument:
        """Give the instrument that ``category`` and ``symbol`` name."""
        found = self.venue.find(self.category(), self.parameters.text("symbol"))
        if found is None:
            raise errors.invalid_symbol()
        return found

    def optional_instrument(self) -> Instrument | None:
        """Give the instrument, or None when no ``symbol`` was sent."""
        return self.instrument() if self.parameters.optional_text("symbol") else None


type Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint; ``permission`` None means anybody may call it, unsigned."""

    method: str
    path: str
    permission: Permission | None
    handler: Handler


def reply(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Give a JSON reply in the venue's compact form."""
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(text=text, status=status, headers=headers, content_type="application/json", charset="utf-8")


def refusal(error: errors.VenueError, now_ms: int, headers: dict[str, str] | None = None) -> web.Response:
    """Give a refusal in the venue's form."""
    return reply(errors.envelope(error.code, error.message, {}, now_ms), status=error.status, headers=headers)


def endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Make the aiohttp handler of a route."""

    async def handle(request: web.Request) -> web.Response:
        venue = request.app[VENUE]
        now = venue.clock()
        venue.limits.take_address(request.remote or "", now)
        # The signature covers the bytes as they were sent.
        query = request.raw_path.partition("?")[2]
        body = await request.read()
        headers: dict[str, str] = {}
        credential = None
        if route.permission is not None:
            payload = query.encode("utf-8", "surrogateescape") if route.method == "GET" else body
            credential = auth.verify_request(request.headers, payload, venue.credentials, now)
            if route.permission not in credential.permissions:
                raise errors.forbidden()
        parameters = Parameters.of_query(query) if route.method == "GET" else Parameters.of_body(body)
        if credential is not None:
            quota, allowed = venue.limits.take(credential.account, route.path, now, cost(route.path, parameters))
            headers = quota.headers()
            if not allowed:
                return refusal(errors.too_many_visits(), now, headers)
        call = Call(venue, credential, request.headers.get("X-BAPI-API-KEY", ""), parameters)
        try:
            result = route.handler(call)
        except (errors.VenueError, Rejection) as error:
            return refusal(in_venues_words(error, parameters), venue.clock(), headers)
        extra = result.pop("retExtInfo", {}) if isinstance(result, dict) else {}
        answer = errors.envelope(0, "OK", result, venue.clock()) | {"retExtInfo": extra}
        return reply(answer, headers=headers)

    return handle


def cost(path: str, parameters: Parameters) -> int:
    """Give how many calls a request counts for: batches count each order."""
    orders = parameters.values.get("request")
    return max(1, len(orders)) if path.endswith("-batch") and isinstance(orders, list) else 1


def in_venues_words(error: errors.VenueError | Rejection, parameters: Parameters) -> errors.VenueError:
    """Give a refusal of venue or exchange as the venue says it in the request's category."""
    if isinstance(error, errors.VenueError):
        return error
    spot = parameters.values.get("category") == Category.SPOT
    return errors.from_rejection(error, Category.SPOT if spot else Category.LINEAR)


@web.middleware
async def venue_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Give every failure the venue's form; a defect of ours is logged and answered with 10016.

    A body that cannot be unpacked, or ends before its time, is the client's failure.
    """
    now = request.app[VENUE].clock
    try:
        return await handler(request)
    except errors.VenueError as error:
        return refusal(error, now())
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return refusal(errors.no_such_path(), now())
    except (web.RequestPayloadError, ConnectionError):
        return refusal(errors.parameter("body cannot be read"), now())
    except web.HTTPException as error:
        return refusal(errors.VenueError(10001, error.reason, status=error.status), now())
    except Exception:
        # Query and headers carry a signature, so only the path is told.
        log.exception("no answer to %s %s", request.method, request.path)
        return refusal(errors.internal(), now())
