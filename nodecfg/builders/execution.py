"""Execution engine: reconcile at the start, keep comparing with the venue, forget what is long closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.live.config import LiveExecEngineConfig
from nautilus_trader.model.identifiers import ClientId, ClientOrderId, InstrumentId

from nodecfg.settings.engines import ExecEngineSettings

if TYPE_CHECKING:
    from nodecfg.settings import ReconciliationConfig


def build_exec_engine_config(
    reconciliation: ReconciliationConfig,
    execution: ExecEngineSettings | None = None,
    *,
    netting_derivatives: bool,
    debug: bool = False,
) -> LiveExecEngineConfig:
    """Build the execution engine.

    Args:
        reconciliation: Everything that is compared and purged.
        execution: The engine's other settings.
        netting_derivatives: True when every client trades derivatives in one-way mode. Position checks are on only
            then: spot adapters report no positions, so the check would flatten each with a made-up fill, and in hedge
            mode it compares the net with one leg.
        debug: Log every message.

    Snapshots stay off: one list per order and per position, never removed. Closed orders and positions are purged from
    memory and Redis, or start-up time and memory grow with history (100,000 orders: 23 s, 1 GB). Upstream's purge of
    account events warns of each one instead of deleting it from Redis, so none is kept there; noderun purges memory.
    """
    execution = execution or ExecEngineSettings()
    orders, positions = (
        reconciliation.purge_closed_orders_interval_mins,
        reconciliation.purge_closed_positions_interval_mins,
    )
    return LiveExecEngineConfig(
        load_cache=True,
        manage_own_order_books=execution.manage_own_order_books,
        own_books_audit_interval_secs=execution.own_books_audit_interval_secs,
        allow_overfills=execution.allow_overfills,
        external_clients=[ClientId(name) for name in execution.external_clients] or None,
        reconciliation=reconciliation.enabled,
        reconciliation_lookback_mins=reconciliation.lookback_mins,
        reconciliation_instrument_ids=[InstrumentId.from_str(text) for text in reconciliation.instrument_ids] or None,
        filter_unclaimed_external_orders=reconciliation.filter_unclaimed_external_orders,
        filter_position_reports=reconciliation.filter_position_reports,
        filtered_client_order_ids=[ClientOrderId(text) for text in reconciliation.filtered_client_order_ids] or None,
        generate_missing_orders=reconciliation.generate_missing_orders,
        reconciliation_startup_delay_secs=reconciliation.startup_delay_secs,
        inflight_check_interval_ms=reconciliation.inflight_check_interval_ms,
        inflight_check_threshold_ms=reconciliation.inflight_check_threshold_ms,
        inflight_check_retries=reconciliation.inflight_check_retries,
        open_check_interval_secs=reconciliation.open_check_interval_secs,
        open_check_open_only=reconciliation.open_check_open_only,
        open_check_lookback_mins=reconciliation.open_check_lookback_mins,
        open_check_threshold_ms=reconciliation.open_check_threshold_ms,
        open_check_missing_retries=reconciliation.open_check_missing_retries,
        max_single_order_queries_per_cycle=reconciliation.max_single_order_queries_per_cycle,
        single_order_query_delay_ms=reconciliation.single_order_query_delay_ms,
        position_check_interval_secs=reconciliation.position_check_interval_secs if netting_derivatives else None,
        position_check_lookback_mins=reconciliation.position_check_lookback_mins,
        position_check_threshold_ms=reconciliation.position_check_threshold_ms,
        position_check_retries=reconciliation.position_check_retries,
        purge_closed_orders_interval_mins=orders,
        purge_closed_orders_buffer_mins=reconciliation.purge_closed_orders_buffer_mins if orders else None,
        purge_closed_positions_interval_mins=positions,
        purge_closed_positions_buffer_mins=reconciliation.purge_closed_positions_buffer_mins if positions else None,
        purge_from_database=reconciliation.purge_from_database,
        snapshot_orders=False,
        snapshot_positions=False,
        debug=debug,
        qsize=execution.qsize,
        graceful_shutdown_on_exception=True,
    )
