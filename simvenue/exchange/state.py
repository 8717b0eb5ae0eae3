"""What the exchange holds in memory, and the ids it gives out; everything durable in it is also in the ledger."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heappush
from typing import TYPE_CHECKING

from simvenue.exchange.book import Book, Resting
from simvenue.exchange.candles import Candles
from simvenue.exchange.types import ZERO, InstrumentKind, OrderStatus, PublicTrade, Side, TopOfBook

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
    """One instrument's market.

    ``quotes`` are the simulated market's resting orders by side and price; ``waiting`` are the ids of untriggered
    orders and their accounts; a ``halted`` market takes no order and does not move.
    """

    instrument: Instrument
    reference: Decimal
    update_id: int
    halted: bool = False
    waiting: dict[int, str] = field(default_factory=dict)
    book: Book = field(default_factory=Book)
    trades: deque[PublicTrade] = field(default_factory=lambda: deque(maxlen=KEPT_TRADES))
    quotes: dict[Side, dict[Decimal, Resting]] = field(default_factory=lambda: {Side.BUY: {}, Side.SELL: {}})
    candles: Candles = field(init=False)
    top: TopOfBook = field(init=False)

    def __post_init__(self) -> None:
        """Start with an empty book."""
        self.candles = Candles(self.instrument.symbol)
        self.top = self.read_top(0)

    @property
    def last(self) -> Decimal:
        """Give the last trade's price; before the first the reference price."""
        return self.trades[-1].price if self.trades else self.reference

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
    """The whole exchange.

    ``expiries`` is a heap of (time, order id, account); ``conditional_locks`` says whether an untriggered spot order
    holds back what it may cost.
    """

    symbols: dict[str, SymbolState]
    customers: dict[str, Customer]
    order_ids: Ids
    trade_ids: Ids
    payment_ids: Ids
    default_leverage: int
    conditional_locks: bool = False
    expiries: list[tuple[int, int, str]] = field(default_factory=list)

    def leverage(self, customer: Customer, symbol: str) -> int:
        """Give an account's leverage in a symbol."""
        return customer.leverage(symbol) or min(self.default_leverage, self.symbols[symbol].instrument.max_leverage)

    def enter(self, order: Order) -> None:
        """Let a customer's order wait: in the book, last at its price, or for its trigger."""
        market, customer = self.symbols[order.symbol], self.customers[order.account]
        if order.status is OrderStatus.UNTRIGGERED:
            market.waiting[order.order_id] = order.account
        elif order.price is None:
            raise ValueError(f"order {order.order_id} has no price to rest at")
        else:
            market.book.add(
                Resting(
                    order.order_id,
                    order.account,
                    order.side,
                    order.price,
                    order.remaining,
                    order.reduce_only,
                    order.position_side,
                )
            )
        if self.holds(order):
            customer.hold(market.instrument, order, order.remaining)
        if order.expires_ms is not None:
            heappush(self.expiries, (order.expires_ms, order.order_id, order.account))

    def leave(self, order: Order) -> None:
        """Take a customer's order from where it waits, if it does."""
        market = self.symbols[order.symbol]
        resting = market.book.get(order.order_id)
        if resting:
            market.book.remove(resting)
        elif market.waiting.pop(order.order_id, None) is None:
            return
        if self.holds(order):
            self.customers[order.account].hold(market.instrument, order, -order.remaining)

    def holds(self, order: Order) -> bool:
        """Tell whether a waiting order holds back what it may cost."""
        if order.status is not OrderStatus.UNTRIGGERED:
            return True
        return self.conditional_locks and self.symbols[order.symbol].instrument.kind is InstrumentKind.SPOT
