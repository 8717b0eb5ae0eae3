"""Puts every guard in its place: the order matters, as some stand around the same method."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from noderun.engine import views
from noderun.engine.guards import (
    account_events,
    active_symbols,
    asked_symbols,
    bans,
    doubtful_rejections,
    early_pushes,
    failed_queries,
    fill_order,
    history,
    hung_checks,
    in_flight,
    lost_writes,
    made_up_positions,
    mass_status,
    position_snapshots,
    reconnects,
    recorded_trades,
    request_weight,
    torn_positions,
    unheard_fills,
)
from noderun.engine.guards.reconciliation import Reconciliation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nautilus_trader.system.kernel import NautilusKernel

    from noderun.watch.written import Grew


def install(
    kernel: NautilusKernel, clients: Sequence[Any], grew: Grew, differences: Callable[[], Awaitable[list[str]]]
) -> Reconciliation:
    """Guard a built node, before its loop runs; return its start-up reconciliation.

    Args:
        kernel: Of the node.
        clients: Its execution clients.
        grew: Told of every record that the cache writes to.
        differences: Asks the venues and compares.
    """
    lost_writes.install(kernel, grew)
    torn_positions.install(kernel)
    reconciliation = Reconciliation(kernel.exec_engine, differences)
    checked = kernel.exec_engine.inflight_check_interval_ms > 0
    for client in clients:
        active_symbols.install(client)
        sparing = asked_symbols.install(client, partial(views.cache_snapshot, kernel, client))
        request_weight.install(client)
        bans.install(client)
        doubtful_rejections.install(client, checked=checked)
        early_pushes.install(client)
        failed_queries.install(client)
        fill_order.install(client)
        mass_status.install(client, partial(views.venue_snapshot, kernel, client), sparing)
        reconnects.install(client)
    history.install(kernel)
    account_events.install(kernel)
    position_snapshots.install(kernel)
    recorded_trades.install(kernel.portfolio.analyzer)
    unheard_fills.install(kernel, clients)
    in_flight.install(kernel, clients)
    made_up_positions.install(kernel)
    hung_checks.install(kernel)
    return reconciliation
