"""What the exchange holds in memory, and the ids it gives out; everything durable in it is also in the ledger."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simvenue.exchange.book import Book, Resting
from simvenue.exchange.candles import Candles
from simvenue.exchange.types import ZERO, PublicTrade, Side, TopOfBook

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from simvenue.exchange.account import Customer
    from simvenue.exchange.types import Instrument, Order

KEPT_TRADES = 1000
"""Public trades kept per symbol, the most one request of the real venue returns."""
_ID_BLOCK = 10_000


class Ids:
    """Rising ids that never repeat, not even after a crash: reserved in the ledger by blocks, given out from memory."""

    def __init__(self, reserve: Callable[[int], int]) -> None:
        """Take the function that reserves a number of ids and gives the first."""
        self._reserve = reserve
        self._next = self._end = 0

    def take(self) -> int:
        """Give the next id."""
        if self._next == self._end:
            self._next = self._reserve(_ID_BLOCK)
            self._end = self._next + _ID_BLOCK
        taken = self._next
        self._next += 1
        return taken


@dataclass(slots=True)
class SymbolState:
    """One instrument's market. ``quotes`` are the simulated market's resting orders by side and price."""

    instrument: Instrument
    reference: Decimal
    update_id: int
    book: Book = field(default_factory=Book)
    trades: deque[PublicTrade] = field(default_factory=lambda: deque(maxlen=KEPT_TRADES))
    quotes: dict[Side, dict[Decimal, Resting]] = field(default_factory=lambda: {Side.BUY: {}, Side.SELL: {}})
    candles: Candles = field(init=False)
    top: TopOfBook = field(init=False)

    def __post_init__(self) -> None:
        """Start with an empty book."""
        self.candles = Candles(self.instrument.symbol)
        self.top = self.read_top(0)

    def read_top(self, time_ms: int) -> TopOfBook:
        """Read the best prices off the book."""
        bid = self.book.best(Side.BUY) or (ZERO, ZERO)
        ask = self.book.best(Side.SELL) or (ZERO, ZERO)
        return TopOfBook(
            symbol=self.instrument.symbol,
            bid=bid[0],
            bid_quantity=bid[1],
            ask=ask[0],
            ask_quantity=ask[1],
            update_id=self.update_id,
            time_ms=time_ms,
        )


@dataclass(slots=True)
class State:
    """The whole exchange."""

    symbols: dict[str, SymbolState]
    customers: dict[str, Customer]
    order_ids: Ids
    trade_ids: Ids

    def rest(self, order: Order) -> None:
        """Put a customer's order into the book, last at its price."""
        if order.price is None:
            raise ValueError(f"order {order.order_id} has no price to rest at")
        self.symbols[order.symbol].book.add(
            Resting(order.order_id, order.account, order.side, order.price, order.remaining, order.reduce_only)
        )
        self.customers[order.account].add_resting(order, order.remaining)

    def unrest(self, order: Order) -> None:
        """Take a customer's order out of the book, if it is there."""
        book = self.symbols[order.symbol].book
        resting = book.get(order.order_id)
        if resting:
            book.remove(resting)
            self.customers[order.account].add_resting(order, -order.remaining)
