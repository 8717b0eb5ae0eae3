"""A recorded market: its trades sent as the aggressive orders they were, its books and quotes as they stood."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from simvenue.exchange.types import MarketStep, Side, Take
from simvenue.market.ladder import Ladder
from simvenue.market.recorded_book import RecordedBook, in_lots
from simvenue.market.recordings import BookUpdate, QuoteUpdate, RecordedTrade, RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simvenue.exchange.types import Instrument, Levels
    from simvenue.market.recordings import Record, Recording

_END_PAUSE_MS = 1000
_LOOK_BACK = 50  # trades
_WIDEST_SPREAD = 8  # gaps of the ladder


@dataclass(slots=True)
class ReplayMarket:
    """A recording played on one symbol; ``offset`` (records played) and ``shift`` are all its durable state.

    A recording without books stands before a ladder made up around its prices; one with books has theirs. Prices go to
    the nearest tick, quantities up to the lot.
    """

    instrument: Instrument
    recording: Recording
    at_end: Literal["loop", "hold"] = "loop"
    offset: int = 0
    shift: Decimal = Decimal(1)
    _records: Iterator[Record] = field(init=False)
    _next: Record | None = field(init=False)
    _last: Record = field(init=False)
    _origin: Decimal = field(init=False)
    _trades: deque[RecordedTrade] = field(init=False)
    _book: RecordedBook = field(init=False)
    _quote: QuoteUpdate | None = field(init=False)

    def __post_init__(self) -> None:
        """Stand at the beginning."""
        self._go_to(self.offset)

    @property
    def identity(self) -> str:
        """Tell this market from every other, so that a saved position is only taken up by its own."""
        return f"replay:{self.recording.identity}"

    @property
    def wait_ms(self) -> float:
        """Give the market time until the next record, or until the ladder is looked after when there is none."""
        if self._next is None:
            return _END_PAUSE_MS
        return self._next.time_ms - self._last.time_ms if self.offset else 0

    def save(self) -> dict[str, Any]:
        """Give where the market is."""
        return {"offset": self.offset, "shift": str(self.shift)}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from where `save` was called; reads what was played again."""
        self.shift = Decimal(saved["shift"])
        self._go_to(saved["offset"])

    def quote(self) -> MarketStep:
        """Give the present ladder, without takers."""
        bids, asks = self._book.quotes(self.instrument, self.shift)
        if bids or asks:
            # A side nobody recorded is made up beside the other.
            gap = self._ladder().gap
            bid = bids[0][0] if bids else asks[0][0] - gap
            made_up = self._ladder().quotes(bid, asks[0][0] if asks else bid + gap)
            bids, asks = bids or made_up[0], asks or made_up[1]
            return MarketStep(reference=self._on_tick((bids[0][0] + asks[0][0]) / 2), bids=bids, asks=asks)
        if self._quote is not None:
            return self._around_quote(self._quote)
        return self._around_trade()

    def advance(self) -> MarketStep:
        """Move one record on and give it with the ladder it met."""
        if self._next is None:
            if self.at_end == "hold":
                return self.quote()
            self._go_to(0)
        record = self._step()
        quoted = self.quote()
        if not isinstance(record, RecordedTrade):
            return quoted
        price, quantity = self._on_tick(record.price * self.shift), in_lots(self.instrument, record.quantity)
        take = Take(side=record.side, quantity=quantity, limit=price)
        # Who was hit had all that was traded, at that price and not at a better one.
        bids, asks = quoted.bids, quoted.asks
        if record.side is Side.BUY:
            bids, asks = _below(bids, price), _hit(asks, price, quantity, record.side)
        else:
            bids, asks = _hit(bids, price, quantity, record.side), _above(asks, price)
        return MarketStep(reference=price, bids=bids, asks=asks, takes=(take,))

    def _go_to(self, offset: int) -> None:
        self._records = self.recording.records()
        first = next(self._records, None)
        if first is None:  # its files were emptied meanwhile
            raise RecordingError(f"{self.recording.identity} holds nothing to play any more; set it to one that does")
        self._next = self._last = first
        self._origin = _price_of(first) or self.instrument.reference_price
        self._trades = deque(maxlen=_LOOK_BACK)
        self._book = RecordedBook()
        self._quote = None
        self.offset = 0
        while self.offset < offset and self._next is not None:
            self._step()

    def _step(self) -> Record:
        record = self._next
        assert record is not None  # noqa: S101 - both callers looked
        match record:
            case RecordedTrade():
                self._trades.append(record)
            case QuoteUpdate():
                self._quote = record
            case BookUpdate():
                self._book.apply(record)
        self._last = record
        self._next = next(self._records, None)
        self.offset += 1
        return record

    def _around_quote(self, quote: QuoteUpdate) -> MarketStep:
        bid, ask = self._on_tick(quote.bid * self.shift), self._on_tick(quote.ask * self.shift)
        ask = max(ask, bid + self.instrument.tick_size)
        bids, asks = self._ladder().quotes(bid, ask)
        bids = ((bid, in_lots(self.instrument, quote.bid_quantity)), *bids[1:])
        asks = ((ask, in_lots(self.instrument, quote.ask_quantity)), *asks[1:])
        return MarketStep(reference=self._on_tick((bid + ask) / 2), bids=bids, asks=asks)

    def _around_trade(self) -> MarketStep:
        ladder = self._ladder()
        if not self._trades:
            price = self._on_tick(self._origin * self.shift)
            bids, asks = ladder.quotes(price - ladder.gap, price + ladder.gap)
            return MarketStep(reference=price, bids=bids, asks=asks)
        last = self._trades[-1]
        price = self._on_tick(last.price * self.shift)
        # The side that was hit stands at the trade's price, the other where it was hit last, if that is near.
        other = next((trade for trade in reversed(self._trades) if trade.side is not last.side), last)
        far = self._on_tick(other.price * self.shift)
        distance = min(max(last.side.sign * (price - far), ladder.gap), _WIDEST_SPREAD * ladder.gap)
        bid, ask = (price - distance, price) if last.side is Side.BUY else (price, price + distance)
        bids, asks = ladder.quotes(bid, ask)
        return MarketStep(reference=price, bids=bids, asks=asks)

    def _ladder(self) -> Ladder:
        return Ladder.around(self.instrument, self._on_tick(self._origin * self.shift))

    def _on_tick(self, price: Decimal) -> Decimal:
        tick = self.instrument.tick_size
        return (price / tick).to_integral_value() * tick


def _price_of(record: Record) -> Decimal | None:
    match record:
        case RecordedTrade(price=price):
            return price
        case QuoteUpdate(bid=bid, ask=ask):
            return (bid + ask) / 2
        case BookUpdate():
            book = RecordedBook()
            book.apply(record)
            return book.middle()


def _hit(levels: Levels, price: Decimal, quantity: Decimal, taker: Side) -> Levels:
    there = next((held for at, held in levels if at == price), levels[0][1] if levels else quantity)
    behind = tuple(level for level in levels if (level[0] - price) * taker.sign > 0)
    return ((price, max(quantity, there)), *behind)


def _below(levels: Levels, price: Decimal) -> Levels:
    return tuple(level for level in levels if level[0] < price)


def _above(levels: Levels, price: Decimal) -> Levels:
    return tuple(level for level in levels if level[0] > price)
