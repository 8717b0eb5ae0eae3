"""Fills that nobody heard are asked for, not made up.

Upstream: `LiveExecutionEngine._reconcile_order_report` (nautilus_trader/live/execution_engine.py) gets the state of one
order from a check (in flight, open, not found) without its fills. When the venue has filled more than the cache knows,
it books one made-up fill for the rest, with a trade id of nobody and a fee it reckons; of an order that was cancelled
meanwhile it books nothing. A lost event, or an order sent between the reconnects of two streams, is enough.

Here: the venue is asked for that order's fills first, and again while it does not tell them all: its list of fills may
be later than its orders. Only what it still does not tell is left to upstream. A mass status brings its fills along.

Shown by: tests/integration/node/test_guards.py. Can go when upstream asks for fills in its checks.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import GenerateFillReports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nautilus_trader.execution.reports import ExecutionMassStatus, FillReport, OrderStatusReport
    from nautilus_trader.model.identifiers import VenueOrderId
    from nautilus_trader.model.orders import Order
    from nautilus_trader.system.kernel import NautilusKernel

_PAUSES = (0.1, 0.5, 2.0, 0.0)
"""Seconds after each time that the venue was asked."""


def install(kernel: NautilusKernel, clients: Sequence[Any]) -> None:
    """Make the engine ask one of the clients before it makes a fill up."""
    engine = kernel.exec_engine
    guard = _UnheardFills(kernel, clients)
    setattr(engine, engine._reconcile_order_report.__name__, guard.reconcile_order)  # noqa: SLF001 the method at fault
    setattr(engine, engine._reconcile_execution_mass_status.__name__, guard.reconcile_all)  # noqa: SLF001 tells them apart


class _UnheardFills:
    """Takes the place of the two methods."""

    def __init__(self, kernel: NautilusKernel, clients: Sequence[Any]) -> None:
        self._engine: Any = kernel.exec_engine
        self._cache = kernel.cache
        self._clock = kernel.clock
        self._clients = clients
        self._one = self._engine._reconcile_order_report  # noqa: SLF001 as above
        self._all = self._engine._reconcile_execution_mass_status  # noqa: SLF001 as above
        self._of_a_mass_status = False
        self._asked: set[VenueOrderId] = set()

    def reconcile_all(self, mass_status: ExecutionMassStatus) -> bool:
        """Reconcile a mass status, as upstream does."""
        self._of_a_mass_status = True
        try:
            return bool(self._all(mass_status))
        finally:
            self._of_a_mass_status = False

    def reconcile_order(self, report: OrderStatusReport, trades: list[FillReport], is_external: bool = True) -> bool:  # noqa: FBT001, FBT002 upstream's signature
        """Reconcile one order, now or when its fills have been told.

        Args:
            report: Its state.
            trades: Its fills as far as they are known.
            is_external: Whether the venue said so; upstream's own reports say False.
        """
        client = next((client for client in self._clients if client.account_id == report.account_id), None)
        told = trades or self._of_a_mass_status or not is_external
        if told or client is None or not self._unheard(report):
            return bool(self._one(report, trades, is_external))
        if report.venue_order_id not in self._asked:
            self._asked.add(report.venue_order_id)
            client.create_task(self._ask_first(client, report), log_msg=f"unheard fills of {report.venue_order_id}")
        return True

    def _order(self, report: OrderStatusReport) -> Order | None:
        client_order_id = report.client_order_id or self._cache.client_order_id(report.venue_order_id)
        return self._cache.order(client_order_id) if client_order_id is not None else None

    def _unheard(self, report: OrderStatusReport) -> bool:
        order = self._order(report)
        if order is None:
            return bool(report.filled_qty > 0)
        return not order.is_closed and bool(report.filled_qty > order.filled_qty)

    async def _ask_first(self, client: Any, report: OrderStatusReport) -> None:  # noqa: ANN401 upstream's client
        fills: list[FillReport] = []
        try:
            for pause in _PAUSES:
                fills = await self._fills(client, report)
                if sum(fill.last_qty.as_decimal() for fill in fills) >= report.filled_qty.as_decimal():
                    break
                await asyncio.sleep(pause)
        finally:
            self._asked.discard(report.venue_order_id)
        order = self._order(report)
        if order is None or order.filled_qty <= report.filled_qty:
            self._one(report, fills, True)  # noqa: FBT003 upstream's signature

    async def _fills(self, client: Any, report: OrderStatusReport) -> list[FillReport]:  # noqa: ANN401 as above
        command = GenerateFillReports(
            instrument_id=report.instrument_id,
            venue_order_id=report.venue_order_id,
            start=None,
            end=None,
            command_id=UUID4(),
            ts_init=self._clock.timestamp_ns(),
        )
        fills = [
            fill for fill in await client.generate_fill_reports(command) if fill.venue_order_id == report.venue_order_id
        ]
        return sorted(fills, key=lambda fill: (fill.ts_event, fill.trade_id.value))
