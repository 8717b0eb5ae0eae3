"""What the page at the admin port shows, again and again as it changes."""

import asyncio
import contextlib
from decimal import Decimal
from typing import Annotated

from aiohttp import web
from pydantic import Field

from simvenue.admin import documents
from simvenue.admin.documents import AccountDocument, Milliseconds, Number, OrderDocument
from simvenue.admin.route import Answer, Call, Route, VenueQuery
from simvenue.admin.verbs.faults import FaultDocument
from simvenue.admin.verbs.look import VenueEntry, entry
from simvenue.admin.world import World
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.types import Side
from simvenue.registry import ServedVenue
from simvenue.venues.transport.control import CONTROL
from simvenue.venues.transport.gate import SocketKind

INTERVAL_SECONDS = 0.25
STILL_SECONDS = 3.0
"""Something is sent at least this often, so that a reader notices when nobody is there any more."""

_LEVELS = 12
_TRADES = 18
_ORDERS = 8

type Level = tuple[Number, Number]


class LiveQuery(VenueQuery):
    """Which market; the first venue and its first market unless told otherwise."""

    symbol: str | None = Field(None, description="The first one without it.", examples=["BTCUSDT"])


class LiveBook(Answer):
    """The best levels of a book, best first: price and quantity."""

    mark_price: Number
    price_places: int = Field(description="Decimals of the tick.", examples=[2])
    quantity_places: int = Field(description="Decimals of the lot.", examples=[3])
    halted: bool
    shocks: list[str]
    bids: list[Level]
    asks: list[Level]


class LiveTrade(Answer):
    """A trade as everybody sees it."""

    trade_id: int
    price: Number
    quantity: Number
    aggressor: Side
    time_ms: Milliseconds


class LiveAccount(AccountDocument):
    """An account with its newest open orders."""

    orders: list[OrderDocument]


class LiveClient(Answer):
    """A client's socket."""

    kind: SocketKind
    account: str
    path: str
    remote: str
    frozen: bool


class Live(Answer):
    """One look at a market, the accounts, the faults and the clients of a venue."""

    venue: str
    symbol: str
    version: str
    reason: Annotated[str | None, Field(description="What broke; None while well.")]
    venues: list[VenueEntry]
    market_paused: bool
    book: LiveBook
    trades: Annotated[list[LiveTrade], Field(description="Newest first.")]
    accounts: list[LiveAccount]
    faults: list[FaultDocument]
    clients: list[LiveClient]


def look(world: World, venue: ServedVenue, symbol: str) -> Live:
    """Take one look.

    Raises:
        Rejection: no such market.
    """
    exchange = venue.exchange
    _, bids, asks = exchange.depth(symbol, _LEVELS)
    control = venue.app.get(CONTROL)
    return Live(
        venue=venue.name,
        symbol=symbol,
        version=world.version,
        reason=str(exchange.failure) if exchange.failure else None,
        venues=[entry(one) for one in world.venues.values()],
        market_paused=venue.market.paused,
        book=LiveBook(
            mark_price=exchange.mark_price(symbol),
            price_places=_places(exchange.instruments[symbol].tick_size),
            quantity_places=_places(exchange.instruments[symbol].step_size),
            halted=exchange.is_halted(symbol),
            shocks=venue.market.shocks().get(symbol, []),
            bids=list(bids),
            asks=list(asks),
        ),
        trades=[LiveTrade.model_validate(trade) for trade in reversed(exchange.recent_trades(symbol, _TRADES))],
        accounts=[_account(exchange, name) for name in exchange.accounts],
        faults=[FaultDocument.model_validate(active.document()) for active in world.faults.list(venue.name)],
        clients=[] if control is None else [LiveClient.model_validate(one) for one in control.connections()],
    )


def _places(step: Decimal) -> int:
    # Venues print more decimals than they trade in: 0.01000000 is two.
    return max(0, -int(step.normalize().as_tuple().exponent))


def _account(exchange: Exchange, name: str) -> LiveAccount:
    orders = exchange.open_orders(name)[: -_ORDERS - 1 : -1]
    return LiveAccount(
        **dict(documents.account(exchange, name)), orders=[OrderDocument.model_validate(order) for order in orders]
    )


async def live(call: Call[LiveQuery, None]) -> web.StreamResponse:
    """Watch a market, the accounts, the faults and the clients: a Live document whenever something changed."""
    world = call.world
    venue = next(iter(world.venues.values())) if call.query.venue is None else call.venue
    symbol = call.query.symbol or next(iter(venue.exchange.instruments))
    text = look(world, venue, symbol).model_dump_json()
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(call.request)
    sent, silent = "", 0.0
    with contextlib.suppress(ConnectionError):
        while not world.stopping.is_set():
            if text != sent:
                await response.write(f"data: {text}\n\n".encode())
                sent, silent = text, 0.0
            elif silent >= STILL_SECONDS:
                await response.write(b"event: still\ndata:\n\n")
                silent = 0.0
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(world.stopping.wait(), INTERVAL_SECONDS)
            silent += INTERVAL_SECONDS
            text = look(world, venue, symbol).model_dump_json()
    return response


ROUTES = (
    Route(
        method="GET",
        path="/admin/v1/live",
        act=live,
        answer=Live,
        query=LiveQuery,
        media_type="text/event-stream",
    ),
)
