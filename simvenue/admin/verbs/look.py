"""The verbs that only look: health, venues, state."""

from typing import Literal

from aiohttp import web
from pydantic import ConfigDict, Field

from simvenue.admin import documents
from simvenue.admin.documents import AccountDocument, Number
from simvenue.admin.route import Answer, Call, NoQuery, Route, VenueQuery
from simvenue.registry import ServedVenue


class VenueHealth(Answer):
    """How one venue is."""

    status: Literal["ok", "failed"]
    reason: str | None = Field(description="What broke; None while well.")


class Health(Answer):
    """How the process is; ``failed`` comes with status 503 and lasts until a restart."""

    status: Literal["ok", "failed"]
    reason: str | None = Field(description="What broke first; None while well.")
    version: str
    started_ms: int = Field(description="When this process began to serve; another after every restart.")
    uptime_seconds: float
    venues: dict[str, VenueHealth]


class VenueEntry(Answer):
    """A venue of this process."""

    name: str
    url: str
    instruments: list[str]


class Venues(Answer):
    """Every venue of this process."""

    venues: list[VenueEntry]


class InstrumentDocument(Answer):
    """A market at this moment; an empty side of the book has price and quantity 0.

    Besides these, each kind of market tells where it is in its own words.
    """

    model_config = ConfigDict(extra="allow")

    symbol: str
    mark_price: Number
    bid: Number
    bid_quantity: Number
    ask: Number
    ask_quantity: Number
    halted: bool
    market: str = Field(description="What moves it.", examples=["synthetic:7"])
    shocks: list[str] = Field(description="Disturbances at work.", examples=[["widened"]])


class State(Answer):
    """A venue's markets and accounts at this moment."""

    venue: str
    version: str
    uptime_seconds: float
    market_paused: bool
    instruments: list[InstrumentDocument]
    accounts: list[AccountDocument]


def entry(venue: ServedVenue) -> VenueEntry:
    """Introduce a venue."""
    return VenueEntry(name=venue.name, url=venue.url, instruments=list(venue.exchange.instruments))


def health(call: Call[NoQuery, None]) -> web.Response:
    """Tell whether every venue works."""
    world = call.world
    venues = {
        name: VenueHealth(
            status="failed" if venue.exchange.failure else "ok",
            reason=str(venue.exchange.failure) if venue.exchange.failure else None,
        )
        for name, venue in world.venues.items()
    }
    reasons = [venue.reason for venue in venues.values() if venue.status == "failed"]
    found = Health(
        status="failed" if reasons else "ok",
        reason=reasons[0] if reasons else None,
        version=world.version,
        started_ms=world.started_ms,
        uptime_seconds=world.uptime_seconds,
        venues=venues,
    )
    return web.json_response(text=found.model_dump_json(), status=503 if reasons else 200)


def venues(call: Call[NoQuery, None]) -> Venues:
    """List the venues of this process."""
    return Venues(venues=[entry(venue) for venue in call.world.venues.values()])


def state(call: Call[VenueQuery, None]) -> State:
    """Show a venue's markets and accounts as they are now."""
    venue = call.venue
    exchange = venue.exchange
    positions = venue.market.positions()
    instruments = []
    for symbol in exchange.instruments:
        top = exchange.top(symbol)
        instruments.append(
            InstrumentDocument(
                symbol=symbol,
                mark_price=exchange.mark_price(symbol),
                bid=top.bid,
                bid_quantity=top.bid_quantity,
                ask=top.ask,
                ask_quantity=top.ask_quantity,
                halted=exchange.is_halted(symbol),
                shocks=venue.market.shocks().get(symbol, []),
                **{"market": "none", **positions.get(symbol, {})},
            )
        )
    return State(
        venue=venue.name,
        version=call.world.version,
        uptime_seconds=call.world.uptime_seconds,
        market_paused=venue.market.paused,
        instruments=instruments,
        accounts=[documents.account(exchange, name) for name in exchange.accounts],
    )


ROUTES = (
    Route(method="GET", path="/admin/v1/health", act=health, answer=Health, unwell=Health),
    Route(method="GET", path="/admin/v1/venues", act=venues, answer=Venues),
    Route(method="GET", path="/admin/v1/state", act=state, answer=State, query=VenueQuery),
)
