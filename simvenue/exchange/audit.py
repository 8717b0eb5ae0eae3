"""Adds an account's fills and funding up again and compares the result with what the ledger says it owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.perpetual import apply_fill
from simvenue.exchange.types import ZERO, InstrumentKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from simvenue.exchange.ledger import Ledger
    from simvenue.exchange.types import Fill, Instrument, Position, PositionSide


def audit(ledger: Ledger, account: str, instruments: Mapping[str, Instrument]) -> list[str]:
    """List every contradiction in an account's books, one sentence each; none is the only good answer."""
    balances = ledger.initial_balances(account)
    positions: dict[tuple[str, PositionSide], Position] = {}
    filled: dict[int, Decimal] = {}
    fills, orders = ledger.each(account)
    for fill in fills:
        _add(fill, instruments.get(fill.symbol), balances, positions)
        filled[fill.order_id] = filled.get(fill.order_id, ZERO) + fill.quantity
    for payment in ledger.funding(account):
        balances[payment.asset] = balances.get(payment.asset, ZERO) + payment.amount
    found = [
        f"order {order.order_id} says filled {order.filled}, its fills say {filled.get(order.order_id, ZERO)}"
        for order in orders
        if order.filled != filled.get(order.order_id, ZERO)
    ]
    booked = {(position.symbol, position.position_side): position for position in ledger.positions(account)}
    found += [
        f"position {key[0]} {key[1]} is {booked.get(key)}, the fills say {positions.get(key)}"
        for key in sorted(positions.keys() | booked.keys())
        if positions.get(key) != booked.get(key)
    ]
    amounts = ledger.balances(account)
    found += [
        f"balance {asset} is {amounts.get(asset)}, the fills and funding say {amount}"
        for asset, amount in balances.items()
        if amounts.get(asset) != amount
    ]
    return found


def _add(
    fill: Fill,
    instrument: Instrument | None,
    balances: dict[str, Decimal],
    positions: dict[tuple[str, PositionSide], Position],
) -> None:
    def earn(asset: str, amount: Decimal) -> None:
        balances[asset] = balances.get(asset, ZERO) + amount

    earn(fill.commission_asset, -fill.commission)
    if instrument and instrument.kind is InstrumentKind.SPOT:
        earn(instrument.base, fill.side.sign * fill.quantity)
        earn(instrument.quote, -fill.side.sign * fill.quantity * fill.price)
        return
    key = (fill.symbol, fill.position_side)
    positions[key], realized = apply_fill(
        positions.get(key),
        account=fill.account,
        symbol=fill.symbol,
        side=fill.side,
        price=fill.price,
        quantity=fill.quantity,
        time_ms=fill.time_ms,
        position_side=fill.position_side,
    )
    # A contract's profit is paid in what its commission is paid in.
    earn(fill.commission_asset, realized)
