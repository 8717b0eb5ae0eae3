"""What the cache knows is not told again, and not bent.

Upstream: `LiveExecutionEngine._adjust_mass_status_fills` (nautilus_trader/live/execution_engine.py) rewrites the
venue's history until its fills explain the venue's position, because that history may begin in the middle (Binance
tells the last 500 fills). With a warm cache that is wrong: it replaces an order that the cache holds in full by a
part of it, and every restart after 500 fills ends with "would cause overfill". The same history also holds orders
that were purged from the cache an hour after they closed; they would be booked a second time, as somebody else's.

Here: with a warm cache nothing is rewritten, and closed orders from before the purge's horizon are left out. Whatever
is then still missing shows as a difference of positions, which upstream books and the service compares.

Shown by: tests/integration/node/test_guards.py. Can go when upstream adjusts for a cold cache only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nautilus_trader.execution.reports import ExecutionMassStatus
    from nautilus_trader.system.kernel import NautilusKernel

_MINUTE_NS = 60 * 1_000_000_000


def install(kernel: NautilusKernel) -> None:
    """Replace the engine's adjustment by one for a cold cache only."""
    engine, cache = kernel.exec_engine, kernel.cache
    adjust_for_a_cold_cache = engine._adjust_mass_status_fills  # noqa: SLF001 the method that is at fault

    def adjust(mass_status: ExecutionMassStatus) -> None:
        known = cache.orders(venue=mass_status.venue)
        if not known:
            adjust_for_a_cold_cache(mass_status)
        elif (purged_after := engine.purge_closed_orders_buffer_mins) is not None:
            horizon = max(order.ts_last for order in known) - purged_after * _MINUTE_NS
            _leave_out_purged(mass_status, cache, horizon)

    setattr(engine, adjust_for_a_cold_cache.__name__, adjust)


def _leave_out_purged(mass_status: ExecutionMassStatus, cache: Any, horizon: int) -> None:  # noqa: ANN401 untyped upstream
    orders, fills = mass_status.order_reports, mass_status.fill_reports
    purged = {
        order_id
        for order_id, report in orders.items()
        if not report.is_open and report.ts_last < horizon and cache.client_order_id(order_id) is None
    }
    # Written as upstream writes them: the report has no other way.
    mass_status._order_reports = {key: report for key, report in orders.items() if key not in purged}  # noqa: SLF001
    mass_status._fill_reports = {key: reports for key, reports in fills.items() if key not in purged}  # noqa: SLF001
