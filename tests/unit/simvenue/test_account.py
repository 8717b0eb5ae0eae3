"""Netting: quantity, average entry and realised profit after each fill."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simvenue.exchange.perpetual import apply_fill
from simvenue.exchange.types import Position, Side

BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize(
    ("fills", "quantity", "entry", "realized"),
    [
        ([(BUY, "1", "100")], "1", "100", "0"),
        ([(BUY, "1", "100"), (BUY, "3", "104")], "4", "103", "0"),
        ([(BUY, "4", "103"), (SELL, "1", "110")], "3", "103", "7"),
        ([(BUY, "4", "103"), (SELL, "4", "100")], "0", "0", "-12"),
        ([(BUY, "1", "100"), (SELL, "3", "110")], "-2", "110", "10"),
        ([(SELL, "2", "100"), (BUY, "1", "90")], "-1", "100", "10"),
        ([(SELL, "2", "100"), (BUY, "5", "101")], "3", "101", "-2"),
        ([(SELL, "2", "100"), (BUY, "2", "90"), (BUY, "1", "95")], "1", "95", "20"),
    ],
)
def test_fills_net(fills: list[tuple[Side, str, str]], quantity: str, entry: str, realized: str) -> None:
    """Growing averages the entry, shrinking keeps it and realises, turning opens the rest at its own price."""
    position: Position | None = None
    for side, size, price in fills:
        position, _ = apply_fill(
            position,
            account="a",
            symbol="BTCUSDT",
            side=side,
            price=Decimal(price),
            quantity=Decimal(size),
            time_ms=1,
        )
    assert position is not None
    assert (position.quantity, position.entry_price, position.realized_pnl) == (
        Decimal(quantity),
        Decimal(entry),
        Decimal(realized),
    )
