"""What a customer owns and owes: balances, net positions, open orders, margin."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO, Margin, Order, Position, Side

if TYPE_CHECKING:
    from collections.abc import Callable

CENT = Decimal("0.00000001")
"""The smallest amount of money the exchange books, as the real venue's eight decimals."""
_ENTRY_PLACES = Decimal("0.000000000001")
_MAINTENANCE_SHARE = Decimal("0.4")
"""Maintenance over initial margin; the real venue's lowest bracket asks 2 % where it opens at 5 %."""


@dataclass(slots=True)
class Customer:
    """One account's present state. ``resting`` is the value of its open orders that are not reduce-only."""

    name: str
    balances: dict[str, Decimal]
    positions: dict[str, Position] = field(default_factory=dict)
    open_orders: dict[int, Order] = field(default_factory=dict)
    client_order_ids: dict[tuple[str, str], int] = field(default_factory=dict)
    reduce_only: dict[str, set[int]] = field(default_factory=dict)
    resting: dict[tuple[str, Side], Decimal] = field(default_factory=dict)

    def quantity(self, symbol: str) -> Decimal:
        """Give the signed net position in a symbol."""
        position = self.positions.get(symbol)
        return position.quantity if position else ZERO

    def reducible(self, symbol: str, side: Side) -> Decimal:
        """Give how much an order of ``side`` may trade without opening a position."""
        return max(ZERO, -side.sign * self.quantity(symbol))

    def keep(self, order: Order) -> None:
        """Remember an order while it is open and forget it when it is final."""
        if order.status.is_open:
            self.open_orders[order.order_id] = order
            self.client_order_ids[order.symbol, order.client_order_id] = order.order_id
            if order.reduce_only:
                self.reduce_only.setdefault(order.symbol, set()).add(order.order_id)
        else:
            self.open_orders.pop(order.order_id, None)
            self.client_order_ids.pop((order.symbol, order.client_order_id), None)
            if order.reduce_only:
                self.reduce_only.get(order.symbol, set()).discard(order.order_id)

    def add_resting(self, order: Order, quantity: Decimal) -> None:
        """Count ``quantity`` of an order (negative: no longer) into the value that rests in the book."""
        if order.price is None or order.reduce_only:
            return
        key = (order.symbol, order.side)
        self.resting[key] = self.resting.get(key, ZERO) + quantity * order.price


def apply_fill(
    position: Position | None,
    *,
    account: str,
    symbol: str,
    side: Side,
    price: Decimal,
    quantity: Decimal,
    time_ms: int,
) -> tuple[Position, Decimal]:
    """Net a fill into a position.

    Returns:
        The new position and the profit it realised (quote currency, before fees). The entry price is the average of
        what is held; a fill through zero opens the rest at its own price.
    """
    held, entry, realized_before = (
        (position.quantity, position.entry_price, position.realized_pnl) if position else (ZERO,) * 3
    )
    delta = side.sign * quantity
    total = held + delta
    realized = ZERO.quantize(CENT)
    if held * delta >= 0:
        entry = ((abs(held) * entry + quantity * price) / abs(total)).quantize(_ENTRY_PLACES)
    else:
        closed = min(abs(held), quantity)
        realized = ((price - entry) * closed * (1 if held > 0 else -1)).quantize(CENT)
        if not total:
            entry = ZERO
        elif held * total < 0:
            entry = price
    updated = Position(
        account=account,
        symbol=symbol,
        quantity=total,
        entry_price=entry,
        realized_pnl=realized_before + realized,
        updated_ms=time_ms,
    )
    return updated, realized


def margin(
    customer: Customer,
    asset: str,
    *,
    mark: Callable[[str], Decimal],
    leverage: int,
    extra: tuple[str, Side, Decimal] | None = None,
) -> Margin:
    """Work out an account's margin.

    A symbol's initial margin is that of the worse of two worlds, all its buys filled or all its sells filled, so that
    an order that closes a position costs nothing. ``extra`` (symbol, side, value) is an order that is only asked for.
    """
    position_initial = order_initial = unrealized = ZERO
    symbols = {symbol for symbol, position in customer.positions.items() if position.quantity}
    symbols |= {symbol for (symbol, _), value in customer.resting.items() if value}
    if extra:
        symbols.add(extra[0])
    for symbol in sorted(symbols):
        price = mark(symbol)
        value = customer.quantity(symbol) * price
        buys = customer.resting.get((symbol, Side.BUY), ZERO)
        sells = customer.resting.get((symbol, Side.SELL), ZERO)
        if extra and extra[0] == symbol:
            buys += extra[2] if extra[1] is Side.BUY else ZERO
            sells += extra[2] if extra[1] is Side.SELL else ZERO
        held = abs(value) / leverage
        position_initial += held
        order_initial += max(abs(value + buys), abs(value - sells)) / leverage - held
        if value:
            unrealized += value - customer.quantity(symbol) * customer.positions[symbol].entry_price
    wallet = customer.balances.get(asset, ZERO)
    return Margin(
        asset=asset,
        wallet=wallet,
        unrealized=unrealized.quantize(CENT),
        position_initial=position_initial.quantize(CENT),
        order_initial=order_initial.quantize(CENT),
        maintenance=(position_initial * _MAINTENANCE_SHARE).quantize(CENT),
        available=(wallet + unrealized - position_initial - order_initial).quantize(CENT),
    )
