"""Market data in the futures market's own words: book events, mark price, funding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Side
from simvenue.venues.binance import decimals
from simvenue.venues.binance.market_messages import levels

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from simvenue.exchange.types import Instrument, Levels, PublicTrade, TopOfBook
    from simvenue.venues.binance.depth_feed import DepthDiff


def trade_event(instrument: Instrument, value: PublicTrade, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@trade``."""
    return {
        "e": "trade",
        "E": now_ms,
        "T": value.time_ms,
        "s": value.symbol,
        "t": value.trade_id,
        "p": decimals.price(instrument, value.price),
        "q": decimals.quantity(instrument, value.quantity),
        "X": "MARKET",
        "m": value.aggressor is Side.SELL,
    }


def book_ticker_event(instrument: Instrument, value: TopOfBook, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@bookTicker``."""
    return {
        "e": "bookTicker",
        "u": value.update_id,
        "s": value.symbol,
        "b": decimals.price(instrument, value.bid),
        "B": decimals.quantity(instrument, value.bid_quantity),
        "a": decimals.price(instrument, value.ask),
        "A": decimals.quantity(instrument, value.ask_quantity),
        "T": value.time_ms,
        "E": now_ms,
    }


def diff_event(instrument: Instrument, diff: DepthDiff, now_ms: int) -> dict[str, Any]:
    """The event of the diff depth streams."""
    return _depth_event(instrument, (diff.first, diff.last, diff.previous), diff.bids.items(), diff.asks.items()) | {
        "E": now_ms,
        "T": diff.time_ms,
    }


def partial_event(  # noqa: PLR0917 - the fields of one message
    instrument: Instrument, previous: int, last: int, bids: Levels, asks: Levels, now_ms: int
) -> dict[str, Any]:
    """The event of the partial depth streams: the same form, with the best levels."""
    return _depth_event(instrument, (previous + 1, last, previous), bids, asks) | {"E": now_ms, "T": now_ms}


def _depth_event(
    instrument: Instrument,
    ids: tuple[int, int, int],
    bids: Iterable[tuple[Decimal, Decimal]],
    asks: Iterable[tuple[Decimal, Decimal]],
) -> dict[str, Any]:
    return {
        "e": "depthUpdate",
        "E": 0,
        "T": 0,
        "s": instrument.symbol,
        "U": ids[0],
        "u": ids[1],
        "pu": ids[2],
        "b": levels(instrument, bids),
        "a": levels(instrument, asks),
    }
