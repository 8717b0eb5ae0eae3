"""The verbs that move the simulated markets, or let them stand still."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from simvenue.admin.documents import Number
from simvenue.admin.route import Answer, Call, Given, Route, VenueQuery
from simvenue.exchange.types import Rejection, RejectReason


class ShiftBody(Given):
    """A jump of the market by ``percent`` of its price."""

    symbol: str = Field(examples=["BTCUSDT"])
    percent: Annotated[Decimal, Field(gt=-100, le=1000, max_digits=20, decimal_places=12, examples=["-2.5"])]


class MovedMarket(Answer):
    """Where a market stands after a verb moved it."""

    venue: str
    symbol: str
    mark_price: Number


class Pace(Answer):
    """Whether the markets of the named venues, or of all, stand still."""

    venues: list[str]
    market_paused: bool


def shift_market(call: Call[VenueQuery, ShiftBody]) -> MovedMarket:
    """Move a market's price at once and for good."""
    venue, body = call.venue, call.body
    venue.exchange.mark_price(body.symbol)
    try:
        price = venue.market.shift(body.symbol, body.percent)
    except ValueError as error:
        raise Rejection(RejectReason.PRICE_RANGE, str(error)) from error
    return MovedMarket(venue=venue.name, symbol=body.symbol, mark_price=price)


def pause_markets(call: Call[VenueQuery, None]) -> Pace:
    """Let the markets of a venue, or of all, stand still: nothing changes but by customers' orders."""
    chosen = call.world.chosen(call.query.venue)
    for venue in chosen:
        venue.market.pause()
    return Pace(venues=[venue.name for venue in chosen], market_paused=True)


def resume_markets(call: Call[VenueQuery, None]) -> Pace:
    """Let the markets of a venue, or of all, go on from where they stand."""
    chosen = call.world.chosen(call.query.venue)
    for venue in chosen:
        venue.market.resume()
    return Pace(venues=[venue.name for venue in chosen], market_paused=False)


ROUTES = (
    Route(
        method="POST",
        path="/admin/v1/market/shift",
        act=shift_market,
        answer=MovedMarket,
        query=VenueQuery,
        body=ShiftBody,
        examples={"down": {"symbol": "BTCUSDT", "percent": "-2.5"}},
    ),
    Route(method="POST", path="/admin/v1/market/pause", act=pause_markets, answer=Pace, query=VenueQuery),
    Route(method="POST", path="/admin/v1/market/resume", act=resume_markets, answer=Pace, query=VenueQuery),
)
