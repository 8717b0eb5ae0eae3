"""What a customer owns and what its open orders hold back."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.contracts import MarginType, PositionMode, Setting
from simvenue.exchange.types import ZERO, InstrumentKind, Order, OrderStatus, Position, PositionSide, Side

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument

CENT = Decimal("0.00000001")
"""The smallest amount of money the exchange books, as the real venue's eight decimals."""


@dataclass(slots=True)
class Customer:
    """One account's present state.

    ``resting`` is the value of its orders in the books of contracts that are not reduce-only; ``locked`` is what its
    open spot orders hold back, by asset; ``settings`` is (symbol, name) to value, as in the ledger.
    """

    name: str
    balances: dict[str, Decimal]
    positions: dict[tuple[str, PositionSide], Position] = field(default_factory=dict)
    settings: dict[tuple[str, str], str] = field(default_factory=dict)
    open_orders: dict[int, Order] = field(default_factory=dict)
    client_order_ids: dict[tuple[str, str], int] = field(default_factory=dict)
    reduce_only: dict[str, set[int]] = field(default_factory=dict)
    resting: dict[tuple[str, PositionSide, Side], Decimal] = field(default_factory=dict)
    locked: dict[str, Decimal] = field(default_factory=dict)

    @property
    def position_mode(self) -> PositionMode:
        """Give the mode; ONE_WAY until set."""
        return PositionMode(self.settings.get(("", Setting.POSITION_MODE), PositionMode.ONE_WAY))

    def margin_type(self, symbol: str) -> MarginType:
        """Give what backs a symbol's positions; CROSSED until set."""
        return MarginType(self.settings.get((symbol, Setting.MARGIN_TYPE), MarginType.CROSSED))

    def leverage(self, symbol: str) -> int | None:
        """Give a symbol's leverage, None until set."""
        value = self.settings.get((symbol, Setting.LEVERAGE))
        return int(value) if value else None

    def quantity(self, symbol: str, position_side: PositionSide = PositionSide.BOTH) -> Decimal:
        """Give a signed position."""
        position = self.positions.get((symbol, position_side))
        return position.quantity if position else ZERO

    def reducible(self, symbol: str, side: Side, position_side: PositionSide = PositionSide.BOTH) -> Decimal:
        """Give how much an order of ``side`` may trade without opening a position."""
        return max(ZERO, -side.sign * self.quantity(symbol, position_side))

    def free(self, asset: str) -> Decimal:
        """Give what of an asset no open spot order holds back."""
        return self.balances.get(asset, ZERO) - self.locked.get(asset, ZERO)

    def keep(self, order: Order) -> None:
        """Remember an order while it is open and forget it when it is final."""
        if order.status.is_open:
            self.open_orders[order.order_id] = order
            self.client_order_ids[order.symbol, order.client_order_id] = order.order_id
            if order.reduce_only and order.status is not OrderStatus.UNTRIGGERED:
                self.reduce_only.setdefault(order.symbol, set()).add(order.order_id)
        else:
            self.open_orders.pop(order.order_id, None)
            self.client_order_ids.pop((order.symbol, order.client_order_id), None)
            if order.reduce_only:
                self.reduce_only.get(order.symbol, set()).discard(order.order_id)

    def hold(self, instrument: Instrument, order: Order, quantity: Decimal) -> None:
        """Hold back what ``quantity`` more of a waiting order may cost (negative: give it back)."""
        price = hold_price(order)
        if instrument.kind is InstrumentKind.SPOT:
            buys = order.side is Side.BUY
            asset, amount = (instrument.quote, quantity * price) if buys else (instrument.base, quantity)
            self.locked[asset] = self.locked.get(asset, ZERO) + amount
        elif not order.reduce_only:
            key = (order.symbol, order.position_side, order.side)
            self.resting[key] = self.resting.get(key, ZERO) + quantity * price


def hold_price(order: Order) -> Decimal:
    """Give the price at which a waiting order is valued: its own, else its trigger's, else 0."""
    if order.price is not None:
        return order.price
    return (order.trigger and order.trigger.price) or ZERO
