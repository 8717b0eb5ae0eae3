"""Orders and fills of a mass status are told in the order in which they happened.

Upstream: `LiveExecutionEngine` (nautilus_trader/live/execution_engine.py) books a mass status order by order, as it was
told, and Bybit tells the newest first. Positions that were closed and opened while the node was down are then opened
and closed backwards, and the last one has the price of the first. It also keeps the time of the first fill that a
reconciliation applies to an order as that of an "inferred" one, and skips every fill before it
(`_check_and_skip_duplicate_fill`): of an order that was filled in several parts only the last part is booked, and the
rest is made up, with a trade id of nobody and without its fee.

Here: orders are sorted by their first fill, those without by their last change; the fills of each by their time, and
by their trade id within it.

Shown by: tests/integration/venue_bybit/test_noderun.py. Can go when upstream books fills in the order of their times.
"""

from __future__ import annotations

from functools import wraps
from typing import Any


def install(client: Any) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Sort the orders and fills of the client's mass status."""
    generate = client.generate_mass_status

    @wraps(generate)
    async def in_order(lookback_mins: int | None = None) -> Any:  # noqa: ANN401 upstream's ExecutionMassStatus
        status = await generate(lookback_mins)
        if status is not None:
            fills = {
                order_id: sorted(reports, key=lambda fill: (fill.ts_event, fill.trade_id.value))
                for order_id, reports in status.fill_reports.items()
            }
            first = {order_id: reports[0].ts_event for order_id, reports in fills.items() if reports}
            orders = sorted(status.order_reports.items(), key=lambda item: first.get(item[0], item[1].ts_last))
            # Written as upstream writes them: the report has no other way.
            status._fill_reports = fills  # noqa: SLF001
            status._order_reports = dict(orders)  # noqa: SLF001
        return status

    client.generate_mass_status = in_order
