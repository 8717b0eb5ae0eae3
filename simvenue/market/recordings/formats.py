"""The formats that are understood: which columns tell one, and how a row becomes records.

Sources: Binance's public data (trades, aggTrades, bookTicker, klines as CSV, with a header for futures and without for
spot; historical order book as T_DEPTH), Bybit's public trading data (CSV) and order books (JSON lines), and tables with
the plain names of the first format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Side
from simvenue.market.recordings.records import BookUpdate, QuoteUpdate, RecordedTrade
from simvenue.market.recordings.values import aggressor, amount, flag, positive, side, time_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from simvenue.exchange.types import Levels
    from simvenue.market.recordings.records import Record

type Cells = Sequence[Any]
_BAR_PRINTS = 4
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of table.

    Attributes:
        name: for messages.
        columns: what must be in the header; a row's cells come in this order.
        read: from such a row to its records.
    """

    name: str
    columns: tuple[str, ...]
    read: Callable[[Cells], Iterator[Record]]


def _maker_trade(cells: Cells) -> Iterator[Record]:
    when, price, quantity, buyer_is_maker = cells
    yield RecordedTrade(time_ms(when), aggressor(buyer_is_maker), positive(price), positive(quantity))


def _side_trade(cells: Cells) -> Iterator[Record]:
    when, price, quantity, taker = cells
    yield RecordedTrade(time_ms(when), side(taker), positive(price), positive(quantity))


def _quote(cells: Cells) -> Iterator[Record]:
    when, bid, bid_quantity, ask, ask_quantity = cells
    quote = QuoteUpdate(time_ms(when), positive(bid), amount(bid_quantity), positive(ask), amount(ask_quantity))
    if quote.bid >= quote.ask:
        raise ValueError(f"the bid {bid} is not below the ask {ask}")
    yield quote


def _bar(cells: Cells) -> Iterator[Record]:
    # A falling minute is played high first, a rising one low first, so that each price follows from the one before.
    start = time_ms(cells[0])
    first, high, low, last = (positive(cell) for cell in cells[1:5])
    if not low <= min(first, last) <= max(first, last) <= high:
        raise ValueError(f"open {first}, high {high}, low {low}, close {last} contradict each other")
    volume = amount(cells[5])
    middle = (low, high) if last >= first else (high, low)
    before = first
    for number, price in enumerate((first, *middle, last)):
        taker = Side.BUY if price >= before else Side.SELL
        if volume:
            yield RecordedTrade(start + number * _MINUTE_MS // _BAR_PRINTS, taker, price, volume / _BAR_PRINTS)
        before = price


def _depth_row(cells: Cells) -> Iterator[Record]:
    when, which, kind, price, quantity = cells
    level = ((positive(price), amount(quantity)),)
    snapshot = str(kind).strip() == "snap"
    if str(which).strip() in {"b", "bid"}:
        yield BookUpdate(time_ms(when), snapshot, level, ())
    elif str(which).strip() in {"a", "ask"}:
        yield BookUpdate(time_ms(when), snapshot, (), level)
    else:
        raise ValueError(f"side {which!r} is neither a nor b")


def message(document: Any) -> Iterator[Record]:  # noqa: ANN401 - whatever JSON holds
    """Read a message of Bybit's order book stream.

    Raises:
        ValueError: it is none.
    """
    try:
        kind, data = document["type"], document["data"]
        bids, asks = _levels(data["b"]), _levels(data["a"])
        when = time_ms(document["ts"])
    except (KeyError, TypeError) as error:
        raise ValueError("it is no order book message with type, ts and data of b and a") from error
    yield BookUpdate(when, kind == "snapshot", bids, asks)


def _levels(pairs: Any) -> Levels:  # noqa: ANN401 - as above
    return tuple((positive(price), amount(quantity)) for price, quantity in pairs)


FORMATS = (
    Format("trades", ("timestamp", "price", "quantity", "buyer_maker"), _maker_trade),
    Format("Binance trades", ("time", "price", "qty", "is_buyer_maker"), _maker_trade),
    Format("Binance aggregate trades", ("transact_time", "price", "quantity", "is_buyer_maker"), _maker_trade),
    Format(
        "Binance best prices",
        ("transaction_time", "best_bid_price", "best_bid_qty", "best_ask_price", "best_ask_qty"),
        _quote,
    ),
    Format("quotes", ("timestamp", "bid", "bid_size", "ask", "ask_size"), _quote),
    Format("Binance books", ("timestamp", "side", "update_type", "price", "qty"), _depth_row),
    Format("Bybit trades", ("timestamp", "price", "size", "side"), _side_trade),
    Format("Bybit spot trades", ("timestamp", "price", "volume", "side"), _side_trade),
    Format("Binance bars", ("open_time", "open", "high", "low", "close", "volume"), _bar),
    Format("bars", ("timestamp", "open", "high", "low", "close", "volume"), _bar),
)
KNOWN = "; ".join(f"{known.name}: {', '.join(known.columns)}" for known in FORMATS)
"""All formats with their columns, for messages."""


def by_header(names: Sequence[str]) -> tuple[Format, list[int]] | None:
    """Find a format by its header; give it with the places of its columns."""
    lowered = [name.strip().lower() for name in names]
    for known in FORMATS:
        if set(known.columns) <= set(lowered):
            return known, [lowered.index(column) for column in known.columns]
    return None


_SHAPES: tuple[tuple[int, int, str, list[int]], ...] = (
    (6, 5, "Binance trades", [4, 1, 2, 5]),
    (7, 5, "Binance trades", [4, 1, 2, 5]),
    (7, 6, "Binance aggregate trades", [5, 1, 2, 6]),
    (8, 6, "Binance aggregate trades", [5, 1, 2, 6]),
)
"""Binance's files without a header: how many cells, which one is the flag, which format, where its columns are."""
_BAR_CELLS = 12


def by_shape(cells: Sequence[str]) -> tuple[Format, list[int]] | None:
    """Find the format of a table without a header by its first row."""
    names = {known.name: known for known in FORMATS}
    for count, place, name, columns in _SHAPES:
        if len(cells) == count and _is_flag(cells[place]):
            return names[name], columns
    if len(cells) == _BAR_CELLS:
        return names["Binance bars"], [0, 1, 2, 3, 4, 5]
    return None


def _is_flag(text: str) -> bool:
    try:
        flag(text)
    except ValueError:
        return False
    return not text.isdigit()
