"""The verbs that move the simulated markets, disturb them, or let them stand still."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from simvenue.admin.documents import FundingDocument, Number
from simvenue.admin.errors import invalid
from simvenue.admin.route import Answer, Call, Given, Route, VenueQuery
from simvenue.exchange.types import Rejection, RejectReason
from simvenue.registry import ServedVenue

type Ratio = Annotated[Decimal, Field(max_digits=20, decimal_places=12)]


class SymbolBody(Given):
    """Which market."""

    symbol: str = Field(examples=["BTCUSDT"])


class ShiftBody(SymbolBody):
    """A jump of the market by ``percent`` of its price."""

    percent: Annotated[Ratio, Field(gt=-100, le=1000, examples=["-2.5"])]


class SpreadBody(SymbolBody):
    """Quotes further apart for a while."""

    factor: Annotated[Ratio, Field(ge=1, description="Of every quote's distance from the price.", examples=["10"])]
    seconds: float = Field(gt=0, allow_inf_nan=False, examples=[30])


class ThinBody(SymbolBody):
    """Quotes of less quantity for a while."""

    share: Annotated[Ratio, Field(gt=0, le=1, description="What is left of every quote.", examples=["0.1"])]
    seconds: float = Field(gt=0, allow_inf_nan=False, examples=[30])


class SpeedBody(Given):
    """How fast market time passes."""

    speed: float = Field(gt=0, allow_inf_nan=False, description="Market seconds in a second.", examples=[10])


class FundingBody(SymbolBody):
    """A funding time of a contract."""

    rate: Annotated[Ratio, Field(ge=-1, le=1, description="0.0001 is 0.01 %.", examples=["0.0001"])]


class MovedMarket(Answer):
    """Where a market stands after a verb moved it."""

    venue: str
    symbol: str
    mark_price: Number


class MarketAnswer(Answer):
    """What a market does after a verb."""

    venue: str
    symbol: str
    halted: bool
    shocks: list[str] = Field(description="Disturbances at work.", examples=[["widened"]])


class Pace(Answer):
    """How the markets of the named venues go on."""

    venues: list[str]
    market_paused: bool
    speed: dict[str, float] = Field(description="By venue, market seconds in a second.")


class FundingPayments(Answer):
    """What was booked."""

    venue: str
    symbol: str
    payments: list[FundingDocument]


def shift_market(call: Call[VenueQuery, ShiftBody]) -> MovedMarket:
    """Move a market's price in one step and for good: a gap."""
    venue, body = call.venue, call.body
    venue.exchange.mark_price(body.symbol)
    try:
        price = venue.market.shift(body.symbol, body.percent)
    except ValueError as error:
        raise Rejection(RejectReason.PRICE_RANGE, str(error)) from error
    return MovedMarket(venue=venue.name, symbol=body.symbol, mark_price=price)


def spread_market(call: Call[VenueQuery, SpreadBody]) -> MarketAnswer:
    """Move the market's own quotes away from the price for a while; customers' orders stay."""
    body = call.body
    return _disturb(call.venue, body.symbol, lambda m: m.market.widen(body.symbol, body.factor, body.seconds))


def thin_market(call: Call[VenueQuery, ThinBody]) -> MarketAnswer:
    """Leave only a share of the market's own quotes for a while; customers' orders stay."""
    body = call.body
    return _disturb(call.venue, body.symbol, lambda m: m.market.thin(body.symbol, body.share, body.seconds))


def halt_market(call: Call[VenueQuery, SymbolBody]) -> MarketAnswer:
    """Stop a market until it is reopened, over restarts too: it stands still and takes cancels only."""
    symbol = call.body.symbol
    return _disturb(call.venue, symbol, lambda venue: venue.exchange.halt(symbol))


def reopen_market(call: Call[VenueQuery, SymbolBody]) -> MarketAnswer:
    """Let a halted market take orders and move again."""
    symbol = call.body.symbol
    return _disturb(call.venue, symbol, lambda venue: venue.exchange.resume(symbol))


def _disturb(venue: ServedVenue, symbol: str, act: Callable[[ServedVenue], None]) -> MarketAnswer:
    venue.exchange.mark_price(symbol)
    try:
        act(venue)
    except ValueError as error:
        raise invalid([str(error)]) from error
    return MarketAnswer(
        venue=venue.name,
        symbol=symbol,
        halted=venue.exchange.is_halted(symbol),
        shocks=venue.market.shocks().get(symbol, []),
    )


def settle_funding(call: Call[VenueQuery, FundingBody]) -> FundingPayments:
    """Have every position of a contract pay or receive funding now."""
    venue, body = call.venue, call.body
    payments = venue.exchange.settle_funding(body.symbol, body.rate)
    return FundingPayments(
        venue=venue.name,
        symbol=body.symbol,
        payments=[FundingDocument.model_validate(payment) for payment in payments],
    )


def pause_markets(call: Call[VenueQuery, None]) -> Pace:
    """Let the markets of a venue, or of all, stand still: nothing changes but by customers' orders."""
    return _pace(call, lambda venue: venue.market.pause())


def resume_markets(call: Call[VenueQuery, None]) -> Pace:
    """Let the markets of a venue, or of all, go on from where they stand."""
    return _pace(call, lambda venue: venue.market.resume())


def speed_markets(call: Call[VenueQuery, SpeedBody]) -> Pace:
    """Let the markets of a venue, or of all, move faster or slower; a restart has the configured pace again."""
    return _pace(call, lambda venue: venue.market.set_speed(call.body.speed))


def _pace(call: Call[VenueQuery, Any], act: Callable[[ServedVenue], None]) -> Pace:
    chosen = call.world.chosen(call.query.venue)
    try:
        for venue in chosen:
            act(venue)
    except ValueError as error:
        raise invalid([str(error)]) from error
    return Pace(
        venues=[venue.name for venue in chosen],
        market_paused=all(venue.market.paused for venue in chosen),
        speed={venue.name: venue.market.speed for venue in chosen},
    )


_SYMBOL = {"symbol": "BTCUSDT"}


def _verb(name: str, act: Callable[..., Answer], answer: type[Answer], body: type[Given], **example: object) -> Route:
    examples = {"example": example}
    path = f"/admin/v1/market/{name}"
    return Route(method="POST", path=path, act=act, answer=answer, query=VenueQuery, body=body, examples=examples)


ROUTES = (
    _verb("shift", shift_market, MovedMarket, ShiftBody, **_SYMBOL, percent="-2.5"),
    _verb("spread", spread_market, MarketAnswer, SpreadBody, **_SYMBOL, factor="10", seconds=30),
    _verb("thin", thin_market, MarketAnswer, ThinBody, **_SYMBOL, share="0.1", seconds=30),
    _verb("halt", halt_market, MarketAnswer, SymbolBody, **_SYMBOL),
    _verb("reopen", reopen_market, MarketAnswer, SymbolBody, **_SYMBOL),
    _verb("funding", settle_funding, FundingPayments, FundingBody, **_SYMBOL, rate="0.0001"),
    _verb("speed", speed_markets, Pace, SpeedBody, speed=10),
    Route(method="POST", path="/admin/v1/market/pause", act=pause_markets, answer=Pace, query=VenueQuery),
    Route(method="POST", path="/admin/v1/market/resume", act=resume_markets, answer=Pace, query=VenueQuery),
)
