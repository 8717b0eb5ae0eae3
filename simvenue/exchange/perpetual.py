"""What a fill of a contract does to a position."""

from __future__ import annotations

from decimal import Decimal

from simvenue.exchange.account import CENT
from simvenue.exchange.types import ZERO, Position, PositionSide, Side

_ENTRY_PLACES = Decimal("0.000000000001")


def apply_fill(
    position: Position | None,
    *,
    account: str,
    symbol: str,
    side: Side,
    price: Decimal,
    quantity: Decimal,
    time_ms: int,
    position_side: PositionSide = PositionSide.BOTH,
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
        position_side=position_side,
    )
    return updated, realized
