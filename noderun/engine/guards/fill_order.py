"""Fills of a mass status are told in the order in which they happened.

Upstream: `LiveExecutionEngine` keeps the time of the first fill that a reconciliation applies to an order as that of
an "inferred" one, and skips every fill before it (`_check_and_skip_duplicate_fill` in
nautilus_trader/live/execution_engine.py). Bybit tells the newest fill first: of an order that was filled in several
parts while the node was down only the last part is booked, and the rest is made up, with a trade id of nobody and
without its fee.

Here: the fills of each order are sorted by their time, and by their trade id within it.

Shown by: tests/integration/venue_bybit/test_noderun.py. Can go when upstream marks inferred fills only.
"""

from __future__ import annotations

from functools import wraps
from typing import Any


def install(client: Any) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Sort the fills of the client's mass status."""
    generate = client.generate_mass_status

    @wraps(generate)
    async def sorted_fills(lookback_mins: int | None = None) -> Any:  # noqa: ANN401 upstream's ExecutionMassStatus
        status = await generate(lookback_mins)
        if status is not None:
            # Written as upstream writes them: the report has no other way.
            status._fill_reports = {  # noqa: SLF001
                order_id: sorted(fills, key=lambda fill: (fill.ts_event, fill.trade_id.value))
                for order_id, fills in status.fill_reports.items()
            }
        return status

    client.generate_mass_status = sorted_fills
