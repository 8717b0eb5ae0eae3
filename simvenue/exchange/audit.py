"""Adds an account's fills up again and compares the result with what the ledger says it owns."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.account import apply_fill

if TYPE_CHECKING:
    from simvenue.exchange.ledger import Ledger
    from simvenue.exchange.types import Position


def audit(ledger: Ledger, account: str) -> list[str]:
    """List every contradiction in an account's books, one sentence each; none is the only good answer."""
    balances = ledger.initial_balances(account)
    positions: dict[str, Position] = {}
    filled: dict[int, Decimal] = {}
    for fill in ledger.fills(account):
        positions[fill.symbol], realized = apply_fill(
            positions.get(fill.symbol),
            account=account,
            symbol=fill.symbol,
            side=fill.side,
            price=fill.price,
            quantity=fill.quantity,
            time_ms=fill.time_ms,
        )
        earned = balances.get(fill.commission_asset, Decimal(0)) + realized - fill.commission
        balances[fill.commission_asset] = earned
        filled[fill.order_id] = filled.get(fill.order_id, Decimal(0)) + fill.quantity
    found = [
        f"order {order.order_id} says filled {order.filled}, its fills say {filled.get(order.order_id, Decimal(0))}"
        for order in ledger.orders(account)
        if order.filled != filled.get(order.order_id, Decimal(0))
    ]
    booked = {position.symbol: position for position in ledger.positions(account)}
    found += [
        f"position {symbol} is {booked.get(symbol)}, the fills say {positions.get(symbol)}"
        for symbol in sorted(positions.keys() | booked.keys())
        if positions.get(symbol) != booked.get(symbol)
    ]
    amounts = ledger.balances(account)
    found += [
        f"balance {asset} is {amounts.get(asset)}, the fills say {amount}"
        for asset, amount in balances.items()
        if amounts.get(asset) != amount
    ]
    return found
