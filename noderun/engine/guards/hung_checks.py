"""A question that the venue never answers ends one check, not all of them.

Upstream: the checks of orders in flight, of open orders and of positions are one loop
(`LiveExecutionEngine._continuous_reconciliation_loop` in nautilus_trader/live/execution_engine.py), and it waits for
each answer: Binance's requests have no timeout, so one that hangs ends all checks for as long as the process lives.

Here: a check that is not over after twenty seconds is given up, and the next ones follow as planned.

Shown by: tests/integration/node/test_guards.py. Can go when upstream's requests have an end.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from noderun import logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nautilus_trader.system.kernel import NautilusKernel

CHECK_SECONDS: Final = 20.0


def install(kernel: NautilusKernel) -> None:
    """Give each of the engine's checks an end; call it behind the guards that replace one."""
    engine: Any = kernel.exec_engine
    for check in (
        engine._check_inflight_orders,  # noqa: SLF001 the three that the loop waits for
        engine._check_orders_consistency,  # noqa: SLF001 as above
        engine._check_positions_consistency,  # noqa: SLF001 as above
    ):
        setattr(engine, check.__name__, _bounded(check))


def _bounded(check: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    @wraps(check)
    async def bounded() -> None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except TimeoutError:
            logs.get().warning("a check was given up: the venue did not answer", check=check.__name__.strip("_"))

    return bounded
