"""A fill that an order has and its position has not is applied to the position before anything is compared.

Upstream: `ExecutionEngine._handle_event` (nautilus_trader/execution/engine.pyx) writes a fill to its order, then to its
position: two commands to Redis. A process killed between them, or a file of Redis that ends there, leaves an order
that is filled and a position that does not know it. Reconciliation skips the fill, since its order has it, finds the
position off and books a made-up fill against it, as another position of the same instrument, for ever.

Here: before the first reconciliation such a fill goes where the engine was about to put it, and so do the fills of a
position that Redis lost. Others that a position lacks belong to one that was closed since, or was purged.

Shown by: tests/integration/node/test_torn_writes.py. Can go when upstream writes both in one transaction.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from nautilus_trader.model.events import OrderFilled

from noderun import logs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nautilus_trader.system.kernel import NautilusKernel

_MINUTE_NS = 60 * 1_000_000_000
_NEVER_PURGED_MINUTES = 10
"""Age to which a fill without a position is believed where positions are never purged."""


def install(kernel: NautilusKernel) -> None:
    """Mend positions before the engine reconciles for the first time; instruments and accounts are known then."""
    engine = kernel.exec_engine
    reconcile = engine.reconcile_execution_state
    mended = False

    @wraps(reconcile)
    async def reconcile_whole(*args: Any, **said: Any) -> Any:  # noqa: ANN401 upstream's signature
        nonlocal mended
        if not mended:
            mended = True
            mend(kernel)
        return await reconcile(*args, **said)

    setattr(engine, reconcile.__name__, reconcile_whole)


def mend(kernel: NautilusKernel) -> int:
    """Apply what positions lack; return how many fills that were."""
    torn = sorted(_torn(kernel), key=lambda pair: pair[1].ts_init)
    for order, fill in torn:
        logs.get().warning(
            "a position lacked a fill that its order has: the last process ended between the two",
            trade_id=str(fill.trade_id),
            order=str(order.client_order_id),
            position=str(fill.position_id),
        )
        engine = kernel.exec_engine
        engine._handle_order_fill(order, fill, engine._determine_oms_type(fill))  # noqa: SLF001 where the engine was
    return len(torn)


def _torn(kernel: NautilusKernel) -> list[tuple[Any, Any]]:
    buffer = kernel.exec_engine.purge_closed_positions_buffer_mins or _NEVER_PURGED_MINUTES
    now = kernel.clock.timestamp_ns()
    oldest = now - buffer * _MINUTE_NS
    fills = [
        (order, event)
        for order in kernel.cache.orders()
        for event in order.events
        if isinstance(event, OrderFilled) and event.position_id is not None
    ]
    newest = last_heard((fill.ts_init for _, fill in fills), now)
    return [
        (order, fill) for order, fill in fills if lacks(kernel.cache.position(fill.position_id), fill, oldest, newest)
    ]


def last_heard(times: Iterable[int], now: int) -> int:
    """Return the last of these times; one that is to come was stamped while this host's clock was ahead."""
    return max((time for time in times if time <= now), default=0)


def lacks(position: Any, fill: Any, oldest: int, newest: int) -> bool:  # noqa: ANN401 upstream's Position or None, OrderFilled
    """Tell whether a fill was about to go into its position when the process ended.

    Args:
        position: The fill's, None when it is not there.
        fill: A fill of an order.
        oldest: Time, as of `ts_init`, before which a position that is not there was purged.
        newest: Time of the last fill of all.
    """
    if position is None:
        return bool(fill.ts_init > oldest)
    # Writes are in order, so only the last fill of all can be torn. Both clocks must agree that it is the last: the
    # venue's, as a fill from long ago may have been heard late, and this host's, as two fills can have one venue time.
    last = fill.ts_init == newest and fill.ts_init > position.last_event.ts_init and fill.ts_event >= position.ts_last
    return bool(last) and fill.trade_id not in position.trade_ids
