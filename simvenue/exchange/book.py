"""The order book of one symbol: price levels, the queue in each, and which levels changed."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO, PositionSide, Side

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from simvenue.exchange.types import Levels


@dataclass(slots=True)
class Resting:
    """The part of an order that waits in the book."""

    order_id: int
    account: str
    side: Side
    price: Decimal
    remaining: Decimal
    reduce_only: bool = False
    position_side: PositionSide = PositionSide.BOTH


@dataclass(slots=True)
class _Level:
    total: Decimal = ZERO
    queue: dict[int, Resting] = field(default_factory=dict)  # insertion order is time priority


@dataclass(slots=True)
class _SideOfBook:
    levels: dict[Decimal, _Level] = field(default_factory=dict)
    prices: list[Decimal] = field(default_factory=list)  # ascending
    changed: dict[Decimal, None] = field(default_factory=dict)


class Book:
    """Both sides of one symbol; who comes first in a level was put there first."""

    def __init__(self) -> None:
        """Start empty."""
        self._sides = {Side.BUY: _SideOfBook(), Side.SELL: _SideOfBook()}
        self._orders: dict[int, Resting] = {}

    def __len__(self) -> int:
        """Count the resting orders."""
        return len(self._orders)

    def get(self, order_id: int) -> Resting | None:
        """Find a resting order."""
        return self._orders.get(order_id)

    def add(self, order: Resting) -> None:
        """Put an order behind everyone else at its price."""
        side = self._sides[order.side]
        level = side.levels.get(order.price)
        if level is None:
            level = side.levels[order.price] = _Level()
            insort(side.prices, order.price)
        level.queue[order.order_id] = order
        level.total += order.remaining
        self._orders[order.order_id] = order
        side.changed[order.price] = None

    def reduce(self, order: Resting, quantity: Decimal) -> None:
        """Take ``quantity`` off an order, which keeps its place; at nothing left it leaves the book."""
        order.remaining -= quantity
        side = self._sides[order.side]
        level = side.levels[order.price]
        level.total -= quantity
        side.changed[order.price] = None
        if not order.remaining:
            del level.queue[order.order_id]
            del self._orders[order.order_id]
            if not level.queue:
                del side.levels[order.price]
                del side.prices[bisect_left(side.prices, order.price)]

    def remove(self, order: Resting) -> None:
        """Take an order out of the book."""
        self.reduce(order, order.remaining)

    def best(self, side: Side) -> tuple[Decimal, Decimal] | None:
        """Give the best price of a side and the total quantity there."""
        own = self._sides[side]
        if not own.prices:
            return None
        price = own.prices[-1 if side is Side.BUY else 0]
        return price, own.levels[price].total

    def walk(self, side: Side) -> Iterator[Resting]:
        """Go through a side's orders in the order in which they trade; the book must not change meanwhile."""
        levels = self._sides[side].levels
        for price in self._best_first(side):
            yield from levels[price].queue.values()

    def depth(self, side: Side, limit: int) -> Levels:
        """Give the best ``limit`` levels of a side, best first."""
        levels = self._sides[side].levels
        return tuple((price, levels[price].total) for price in islice(self._best_first(side), limit))

    def drain_changes(self) -> tuple[Levels, Levels]:
        """Give bids and asks that changed since the last call, best first, with their new totals."""
        return self._drain(Side.BUY), self._drain(Side.SELL)

    def _best_first(self, side: Side) -> Iterator[Decimal]:
        prices = self._sides[side].prices
        return reversed(prices) if side is Side.BUY else iter(prices)

    def _drain(self, side: Side) -> Levels:
        own = self._sides[side]
        if not own.changed:
            return ()
        prices = sorted(own.changed, reverse=side is Side.BUY)
        own.changed.clear()
        return tuple((price, own.levels[price].total if price in own.levels else ZERO) for price in prices)
