"""A check of positions asks for fills and makes none up.

Upstream: `LiveExecutionEngine._check_positions_consistency` (nautilus_trader/live/execution_engine.py) finds a position
that differs from the venue's, asks for the missing fills once, and when the venue does not tell them in that moment
books a made-up fill. The real one comes a moment later, from a check of orders in flight or with a late event, and a
second made-up fill takes the first back: the position is right, and two fills are nobody's.

Here: while strategies run, a difference that no fill explains stays one. It is looked at again, and when it lasts the
service shows it and restarts the node: a start asks for the whole history, and only there may a fill be made up.

Shown by: tests/integration/node/test_guards.py; tests/chaos, "user socket cut at a fill" at Bybit. Can go when upstream
waits for the fills.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any

from noderun import logs

if TYPE_CHECKING:
    from nautilus_trader.system.kernel import NautilusKernel

_checking: ContextVar[bool] = ContextVar("checking", default=False)


def install(kernel: NautilusKernel) -> None:
    """Keep the engine's continuous check of positions from making fills up."""
    engine: Any = kernel.exec_engine
    check, reconcile = engine._check_positions_consistency, engine._reconcile_position_report  # noqa: SLF001 both at fault

    @wraps(check)
    async def check_only() -> None:
        token = _checking.set(True)
        try:
            await check()
        finally:
            _checking.reset(token)

    @wraps(reconcile)
    def reconcile_at_starts(report: Any) -> bool:  # noqa: ANN401 upstream's PositionStatusReport
        if _checking.get():
            logs.get().warning("no fill explains the venue's position yet", instrument=str(report.instrument_id))
            return False
        return bool(reconcile(report))

    setattr(engine, check.__name__, check_only)
    setattr(engine, reconcile.__name__, reconcile_at_starts)
