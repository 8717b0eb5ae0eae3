"""The fills of one order, within the ranges a trade list may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simvenue.exchange.types import Fill
    from simvenue.venues.binance.endpoint import Call


def fills_of(
    call: Call, order_id: int, *, symbol: str, start_ms: int | None, end_ms: int | None, from_id: int | None
) -> list[Fill]:
    """Give the fills of one order of the account, oldest first, as far as they are in a symbol and a range."""
    return [
        fill
        for fill in call.venue.exchange.fills_of(call.account, [order_id])
        if fill.symbol == symbol
        and (start_ms is None or fill.time_ms >= start_ms)
        and (end_ms is None or fill.time_ms <= end_ms)
        and (from_id is None or fill.trade_id >= from_id)
    ]
