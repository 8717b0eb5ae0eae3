"""A position that is opened and closed again and again does not keep every one of its lives.

Upstream: in one-way mode (Bybit, Binance spot) a position that is opened again has the same id, and the cache pickles
the closed one with all its fills (`Cache.snapshot_position` in nautilus_trader/cache/cache.pyx), only to know the
realized profit of former lives. The purge of closed positions takes them only while the position itself is closed for
as long as its buffer says: never, where a strategy trades all the time.

Here: of more than a hundred lives the older half becomes one, with the profit of all of them.

Shown by: tests/unit/noderun/test_forgetting.py. Can go when upstream bounds its snapshots.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.enums import PositionAdjustmentType
from nautilus_trader.model.events import PositionAdjusted, PositionOpened
from nautilus_trader.model.objects import Money

if TYPE_CHECKING:
    from nautilus_trader.model.position import Position
    from nautilus_trader.system.kernel import NautilusKernel

KEPT: Final = 100


def install(kernel: NautilusKernel) -> None:
    """Look at each position that opens."""
    cache, portfolio = kernel.cache, kernel.portfolio

    def bound(event: Any) -> None:  # noqa: ANN401 any of upstream's position events
        if type(event) is not PositionOpened:
            return
        # The cache's own list, not a copy of it.
        snapshots = cache.position_snapshot_bytes(event.position_id)
        if len(snapshots) > KEPT:
            snapshots[: KEPT // 2] = [_as_one(snapshots[: KEPT // 2])]
            # The portfolio notices by the number of snapshots, and counts anew: it must look before there are more.
            portfolio.realized_pnl(event.instrument_id)

    kernel.msgbus.subscribe("events.position.*", bound)


def _as_one(snapshots: list[bytes]) -> bytes:
    # The bytes are those that the cache wrote a moment ago, in this process.
    *former, last = (pickle.loads(one) for one in snapshots)  # noqa: S301 see above
    if profit := _profit(former, last):
        last.apply_adjustment(
            PositionAdjusted(
                trader_id=last.trader_id,
                strategy_id=last.strategy_id,
                instrument_id=last.instrument_id,
                position_id=last.id,
                account_id=last.account_id,
                adjustment_type=PositionAdjustmentType.FUNDING,
                quantity_change=None,
                pnl_change=profit,
                reason="former lives of this position",
                event_id=UUID4(),
                ts_event=last.ts_last,
                ts_init=last.ts_last,
            )
        )
    return pickle.dumps(last)


def _profit(former: list[Position], last: Position) -> Money | None:
    told = [position.realized_pnl for position in former if position.realized_pnl is not None]
    return Money(sum(profit.as_decimal() for profit in told), last.settlement_currency) if told else None
