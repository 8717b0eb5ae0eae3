"""Each setting of the engines, the bus, the catalog and the further clients reaches its attribute and upstream."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodecfg import TradingNodeConfigFactory, TradingNodeSettings
from nodecfg.settings import SECTIONS

FAMILIES = ("cache", "data_engine", "exec_engine", "portfolio", "message_bus", "streaming", "reconciliation")
CATALOG = {"NAUTILUS_CATALOG_PATH": "/nowhere/catalog", "NAUTILUS_CATALOG_INCLUDE_TYPES": "TradeTick,OrderFilled"}
BUS = {"NAUTILUS_BUS_ENABLED": "true", "NAUTILUS_BUS_HOST": "bus.internal"}
OWN_BOOKS = {"NAUTILUS_EXEC_MANAGE_OWN_ORDER_BOOKS": "true"}

# Variable, a value that is not its default, its attribute, where upstream's config has it, as text.
VALUES: list[tuple[str, str, object, str, str]] = [
    ("NAUTILUS_CACHE_TICK_CAPACITY", "7", 7, "cache.tick_capacity", "7"),
    ("NAUTILUS_CACHE_BAR_CAPACITY", "8", 8, "cache.bar_capacity", "8"),
    ("NAUTILUS_CACHE_BULK_READ_BATCH_SIZE", "9", 9, "cache.bulk_read_batch_size", "9"),
    ("NAUTILUS_DATA_TIME_BARS_INTERVAL_TYPE", "right-open", "right-open", "data_engine.time_bars_interval_type", ""),
    ("NAUTILUS_DATA_TIME_BARS_TIMESTAMP_ON_CLOSE", "false", False, "data_engine.time_bars_timestamp_on_close", ""),
    (
        "NAUTILUS_DATA_TIME_BARS_SKIP_FIRST_NON_FULL_BAR",
        "true",
        True,
        "data_engine.time_bars_skip_first_non_full_bar",
        "",
    ),
    (
        "NAUTILUS_DATA_TIME_BARS_BUILD_WITH_NO_UPDATES",
        "false",
        False,
        "data_engine.time_bars_build_with_no_updates",
        "",
    ),
    ("NAUTILUS_DATA_TIME_BARS_BUILD_DELAY", "15", 15, "data_engine.time_bars_build_delay", ""),
    ("NAUTILUS_DATA_VALIDATE_DATA_SEQUENCE", "true", True, "data_engine.validate_data_sequence", ""),
    ("NAUTILUS_DATA_BUFFER_DELTAS", "true", True, "data_engine.buffer_deltas", ""),
    ("NAUTILUS_DATA_EMIT_QUOTES_FROM_BOOK", "true", True, "data_engine.emit_quotes_from_book", ""),
    ("NAUTILUS_DATA_EMIT_QUOTES_FROM_BOOK_DEPTHS", "true", True, "data_engine.emit_quotes_from_book_depths", ""),
    (
        "NAUTILUS_DATA_EXTERNAL_CLIENTS",
        "X,Y",
        ("X", "Y"),
        "data_engine.external_clients",
        "[ClientId('X'), ClientId('Y')]",
    ),
    ("NAUTILUS_DATA_QSIZE", "5000", 5000, "data_engine.qsize", ""),
    ("NAUTILUS_EXEC_MANAGE_OWN_ORDER_BOOKS", "true", True, "exec_engine.manage_own_order_books", ""),
    ("NAUTILUS_EXEC_OWN_BOOKS_AUDIT_INTERVAL_SECS", "30", 30.0, "exec_engine.own_books_audit_interval_secs", ""),
    ("NAUTILUS_EXEC_ALLOW_OVERFILLS", "true", True, "exec_engine.allow_overfills", ""),
    ("NAUTILUS_EXEC_EXTERNAL_CLIENTS", "X", ("X",), "exec_engine.external_clients", "[ClientId('X')]"),
    ("NAUTILUS_EXEC_QSIZE", "5000", 5000, "exec_engine.qsize", ""),
    ("NAUTILUS_PORTFOLIO_USE_MARK_PRICES", "true", True, "portfolio.use_mark_prices", ""),
    ("NAUTILUS_PORTFOLIO_USE_MARK_XRATES", "true", True, "portfolio.use_mark_xrates", ""),
    ("NAUTILUS_PORTFOLIO_BAR_UPDATES", "false", False, "portfolio.bar_updates", ""),
    (
        "NAUTILUS_PORTFOLIO_CONVERT_TO_ACCOUNT_BASE_CURRENCY",
        "false",
        False,
        "portfolio.convert_to_account_base_currency",
        "",
    ),
    (
        "NAUTILUS_PORTFOLIO_MIN_ACCOUNT_STATE_LOGGING_INTERVAL_MS",
        "60000",
        60000,
        "portfolio.min_account_state_logging_interval_ms",
        "",
    ),
    ("NAUTILUS_BUS_ENABLED", "true", True, "message_bus.autotrim_mins", "60"),
    ("NAUTILUS_BUS_HOST", "other.internal", "other.internal", "message_bus.database.host", ""),
    ("NAUTILUS_BUS_PORT", "6400", 6400, "message_bus.database.port", ""),
    ("NAUTILUS_BUS_SSL", "true", True, "message_bus.database.ssl", ""),
    ("NAUTILUS_BUS_ENCODING", "msgpack", "msgpack", "message_bus.encoding", ""),
    ("NAUTILUS_BUS_AUTOTRIM_MINS", "5", 5, "message_bus.autotrim_mins", ""),
    ("NAUTILUS_BUS_STREAMS_PREFIX", "feed", "feed", "message_bus.streams_prefix", ""),
    ("NAUTILUS_BUS_STREAM_PER_TOPIC", "false", False, "message_bus.stream_per_topic", ""),
    ("NAUTILUS_BUS_EXTERNAL_STREAMS", "a,b", ("a", "b"), "message_bus.external_streams", "['a', 'b']"),
    ("NAUTILUS_BUS_HEARTBEAT_INTERVAL_SECS", "5", 5, "message_bus.heartbeat_interval_secs", ""),
    ("NAUTILUS_CATALOG_PATH", "/nowhere/else", Path("/nowhere/else"), "streaming.catalog_path", "/nowhere/else"),
    (
        "NAUTILUS_CATALOG_INCLUDE_TYPES",
        "Bar",
        ("Bar",),
        "streaming.include_types",
        "[<class 'nautilus_trader.model.data.Bar'>]",
    ),
    ("NAUTILUS_CATALOG_FLUSH_INTERVAL_MS", "500", 500, "streaming.flush_interval_ms", ""),
    ("NAUTILUS_CATALOG_ROTATION_MODE", "INTERVAL", "INTERVAL", "streaming.rotation_mode", "RotationMode.INTERVAL"),
    ("NAUTILUS_CATALOG_MAX_FILE_SIZE", "2000000", 2000000, "streaming.max_file_size", ""),
    ("NAUTILUS_CATALOG_ROTATION_INTERVAL_SECS", "3600", 3600.0, "streaming.rotation_interval", "0 days 01:00:00"),
    ("RECONCILIATION_PRESET", "AGGRESSIVE", "AGGRESSIVE", "exec_engine.open_check_interval_secs", "5.0"),
    ("RECONCILIATION_ENABLED", "false", False, "exec_engine.reconciliation", ""),
    ("RECONCILIATION_LOOKBACK_MINS", "90", 90, "exec_engine.reconciliation_lookback_mins", ""),
    (
        "RECONCILIATION_INSTRUMENT_IDS",
        "BTCUSDT-PERP.BINANCE",
        ("BTCUSDT-PERP.BINANCE",),
        "exec_engine.reconciliation_instrument_ids",
        "[InstrumentId('BTCUSDT-PERP.BINANCE')]",
    ),
    (
        "RECONCILIATION_FILTER_UNCLAIMED_EXTERNAL_ORDERS",
        "true",
        True,
        "exec_engine.filter_unclaimed_external_orders",
        "",
    ),
    ("RECONCILIATION_FILTER_POSITION_REPORTS", "true", True, "exec_engine.filter_position_reports", ""),
    (
        "RECONCILIATION_FILTERED_CLIENT_ORDER_IDS",
        "O-1",
        ("O-1",),
        "exec_engine.filtered_client_order_ids",
        "[ClientOrderId('O-1')]",
    ),
    ("RECONCILIATION_GENERATE_MISSING_ORDERS", "false", False, "exec_engine.generate_missing_orders", ""),
    ("RECONCILIATION_STARTUP_DELAY_SECS", "11", 11.0, "exec_engine.reconciliation_startup_delay_secs", ""),
    ("RECONCILIATION_INFLIGHT_CHECK_INTERVAL_MS", "3000", 3000, "exec_engine.inflight_check_interval_ms", ""),
    ("RECONCILIATION_INFLIGHT_CHECK_THRESHOLD_MS", "6000", 6000, "exec_engine.inflight_check_threshold_ms", ""),
    ("RECONCILIATION_INFLIGHT_CHECK_RETRIES", "6", 6, "exec_engine.inflight_check_retries", ""),
    ("RECONCILIATION_OPEN_CHECK_INTERVAL_SECS", "off", None, "exec_engine.open_check_interval_secs", ""),
    ("RECONCILIATION_OPEN_CHECK_OPEN_ONLY", "false", False, "exec_engine.open_check_open_only", ""),
    ("RECONCILIATION_OPEN_CHECK_LOOKBACK_MINS", "61", 61, "exec_engine.open_check_lookback_mins", ""),
    ("RECONCILIATION_OPEN_CHECK_THRESHOLD_MS", "7000", 7000, "exec_engine.open_check_threshold_ms", ""),
    ("RECONCILIATION_OPEN_CHECK_MISSING_RETRIES", "4", 4, "exec_engine.open_check_missing_retries", ""),
    (
        "RECONCILIATION_MAX_SINGLE_ORDER_QUERIES_PER_CYCLE",
        "3",
        3,
        "exec_engine.max_single_order_queries_per_cycle",
        "",
    ),
    ("RECONCILIATION_SINGLE_ORDER_QUERY_DELAY_MS", "50", 50, "exec_engine.single_order_query_delay_ms", ""),
    ("RECONCILIATION_POSITION_CHECK_INTERVAL_SECS", "off", None, "exec_engine.position_check_interval_secs", ""),
    ("RECONCILIATION_POSITION_CHECK_LOOKBACK_MINS", "30", 30, "exec_engine.position_check_lookback_mins", ""),
    ("RECONCILIATION_POSITION_CHECK_THRESHOLD_MS", "6000", 6000, "exec_engine.position_check_threshold_ms", ""),
    ("RECONCILIATION_POSITION_CHECK_RETRIES", "2", 2, "exec_engine.position_check_retries", ""),
    (
        "RECONCILIATION_PURGE_CLOSED_ORDERS_INTERVAL_MINS",
        "off",
        None,
        "exec_engine.purge_closed_orders_buffer_mins",
        "",
    ),
    ("RECONCILIATION_PURGE_CLOSED_ORDERS_BUFFER_MINS", "5", 5, "exec_engine.purge_closed_orders_buffer_mins", ""),
    (
        "RECONCILIATION_PURGE_CLOSED_POSITIONS_INTERVAL_MINS",
        "20",
        20,
        "exec_engine.purge_closed_positions_interval_mins",
        "",
    ),
    ("RECONCILIATION_PURGE_CLOSED_POSITIONS_BUFFER_MINS", "6", 6, "exec_engine.purge_closed_positions_buffer_mins", ""),
    ("RECONCILIATION_PURGE_FROM_DATABASE", "false", False, "exec_engine.purge_from_database", ""),
]
SWITCHES = {"RECONCILIATION_FORCE_DISABLED": "true", "RECONCILIATION_ALLOW_LIMITED_LOOKBACK": "true"}


def _attribute(root: object, path: str) -> object:
    for name in path.split("."):
        root = getattr(root, name)
    return root


@pytest.mark.parametrize("row", VALUES, ids=[v[0] for v in VALUES])
def test_variable_reaches_its_attribute_and_upstream(
    variables: dict[str, str], row: tuple[str, str, object, str, str]
) -> None:
    """Each variable sets its attribute, and upstream's config carries the value."""
    variable, text, expected, upstream, there = row
    own = "REDIS_USERNAME", "REDIS_PASSWORD"
    plain = {name: value for name, value in variables.items() if name not in own}
    timed = {"NAUTILUS_CATALOG_ROTATION_MODE": "INTERVAL"} if variable.endswith("ROTATION_INTERVAL_SECS") else {}
    # TLS needs a name that a public authority certifies.
    public = {"NAUTILUS_BUS_HOST": "bus.example.com"} if variable == "NAUTILUS_BUS_SSL" else {}
    settings = TradingNodeSettings.from_env(
        {**plain, **CATALOG, **BUS, **OWN_BOOKS, **SWITCHES, **timed, **public, variable: text}
    )
    family, section = next((name, section) for name in FAMILIES if variable in (section := SECTIONS[name]).variables())
    field = section.variables().index(variable)
    assert getattr(getattr(settings, family), list(section.model_fields)[field]) == expected
    config = TradingNodeConfigFactory.from_settings(settings)
    assert str(_attribute(config, upstream)) == (there or str(expected))


def test_every_setting_of_these_families_is_covered() -> None:
    """No setting of these families exists without a row above, or among the keys and switches the rows rely on."""
    known = {name for family in FAMILIES for name in SECTIONS[family].variables()}
    tested = {row[0] for row in VALUES} | set(SWITCHES)
    assert known - tested == {"NAUTILUS_BUS_USERNAME", "NAUTILUS_BUS_PASSWORD"}
    assert tested <= known


def test_the_bus_uses_its_own_redis_or_the_cache_s(variables: dict[str, str]) -> None:
    """Without a host of its own the bus takes address and account of the cache; with one, nothing of it."""
    shared = TradingNodeConfigFactory.from_env({**variables, "NAUTILUS_BUS_ENABLED": "true"})
    assert _attribute(shared, "message_bus.database") == _attribute(shared, "cache.database")
    own = {"NAUTILUS_BUS_USERNAME": "bus", "NAUTILUS_BUS_PASSWORD": "bP7xQm2vTz9Kn4"}
    separate = TradingNodeConfigFactory.from_env({**variables, **BUS, **own})
    found = [_attribute(separate, f"message_bus.database.{name}") for name in ("host", "username", "password")]
    assert found == ["bus.internal", "bus", "bP7xQm2vTz9Kn4"]


def test_streaming_is_off_by_default(variables: dict[str, str]) -> None:
    """Nothing is recorded and nothing is published unless asked for."""
    config = TradingNodeConfigFactory.from_env(variables)
    assert (config.streaming, config.message_bus) == (None, None)
