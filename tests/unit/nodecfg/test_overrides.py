"""overrides.yaml reaches any field of upstream, and nothing wrong, secret or ruinous gets through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from nodecfg import ConfigurationError, TradingNodeConfigFactory, TradingNodeSettings
from nodecfg.overrides import apply_overrides, field_paths, leaves, load_overrides

if TYPE_CHECKING:
    from pathlib import Path

    from nautilus_trader.live.config import TradingNodeConfig

ACCEPTED = """
portfolio.use_mark_prices: true
exec_engine: {inflight_check_retries: 7}
exec_engine.qsize: 5000
data_clients.BINANCE.update_instruments_interval_mins: 5
data_clients.BINANCE.config.use_agg_trade_ticks: true
exec_clients:
  BINANCE:
    recv_window_ms: 4000
    instrument_provider.log_warnings: false
risk_engine.max_notional_per_order.BTCUSDT-PERP.BINANCE: 5
logging.log_component_levels: {Portfolio: DEBUG}
cache.bulk_read_batch_size: 100
message_bus: {}
catalogs: [{path: /var/lib/catalog}]
"""

# File text, the path that is blamed, a part of the problem, a part of the fix.
REFUSED: list[tuple[str, str, str, str]] = [
    (
        "exec_engine.inflight_check_retris: 5",
        "exec_engine.inflight_check_retris",
        "not a field",
        "inflight_check_retries",
    ),
    ("inflight_check_retries: 5", "inflight_check_retries", "not a field", "exec_engine.inflight_check_retries"),
    ("exec_engin.qsize: 5", "exec_engin", "not a field", "exec_engine?"),
    ("zzzzzz: 5", "zzzzzz", "not a field of TradingNodeConfig", "use one of"),
    ("exec_engine.qsize: many", "exec_engine.qsize", "expected 'int'", "int"),
    ("exec_engine.qsize: 0", "exec_engine.qsize", ">= 1", "gt=0"),
    ("exec_engine.qsize: null", "exec_engine.qsize", "expected 'int'", "int"),
    ("exec_engine: 5", "exec_engine", "expected 'object'", "LiveExecEngineConfig"),
    ("exec_engine.external_clients: ['a b']", "exec_engine.external_clients", "aborts the process", "ClientId"),
    (
        "exec_engine.reconciliation_instrument_ids: [nonsense]",
        "exec_engine.reconciliation_instrument_ids",
        "",
        "Instru",
    ),
    ("instance_id: not-a-uuid", "instance_id", "", "UUID4"),
    ("portfolio.use_mark_price: true", "portfolio.use_mark_price", "not a field", "use_mark_prices"),
    ("streaming.flush_interval_ms: 5", "streaming.catalog_path", "is missing", "str"),
    ("data_clients.BINACE.us: true", "data_clients.BINACE", "not a client", "data_clients.BINANCE?"),
    ("data_clients.BINANCE: true", "data_clients.BINANCE", "is a client", "data_clients.BINANCE.FIELD"),
    ("data_clients.BINANCE.config: true", "data_clients.BINANCE.config", "not a mapping", "one field a line"),
    ("data_clients.BINANCE.path: a:B", "data_clients.BINANCE.path", "which adapter", "remove"),
    (
        "data_clients.BINANCE.use_agg_trades: true",
        "data_clients.BINANCE.use_agg_trades",
        "not a field",
        "use_agg_trade_",
    ),
    ("timeout_connection: {a: 1}", "timeout_connection", "expected 'float'", "float"),
    ("load_state: {}", "load_state", "expected 'bool'", "bool"),
    ("emulator: {debug: {x: 1}}", "emulator.debug", "expected 'bool'", "bool"),
    ("data_clients: 5", "data_clients", "expected 'object'", "dict"),
    # secrets
    ("cache.database.password: hunter22", "cache.database.password", "is a secret", "REDIS_PASSWORD"),
    ("exec_clients.BINANCE.api_key: hunter22", "exec_clients.BINANCE.api_key", "is a secret", "BINANCE_API_KEY"),
    (
        "exec_clients.BINANCE.api_secret: hunter22",
        "exec_clients.BINANCE.api_secret",
        "is a secret",
        "BINANCE_API_SECRET",
    ),
    ("exec_clients.BINANCE.proxy_url: http://me:hunter22@h", "exec_clients.BINANCE.proxy_url", "is a secret", "remove"),
    ("message_bus.database.password: hunter22", "message_bus.database.password", "is a secret", "remove"),
    # what a variable owns
    ("trader_id: MM-002", "trader_id", "NAUTILUS_TRADER_ID", "set NAUTILUS_TRADER_ID"),
    ("environment: sandbox", "environment", "NAUTILUS_ENVIRONMENT", "set"),
    ("strategies: []", "strategies", "NAUTILUS_STRATEGIES_FILE", "set"),
    ("cache.database.host: elsewhere", "cache.database.host", "REDIS_HOST", "set"),
    ("timeout_connection: 5", "timeout_connection", "NAUTILUS_TIMEOUT_CONNECTION", "set"),
    ("timeout_shutdown: 50", "timeout_shutdown", "SHUTDOWN_TIMEOUT", "remove"),
    ("exec_clients.BINANCE.environment: LIVE", "exec_clients.BINANCE.environment", "variables of that venue", "set"),
    (
        "exec_clients.BINANCE.config.base_url_http: x",
        "exec_clients.BINANCE.base_url_http",
        "variables of that venue",
        "",
    ),
    (
        "data_clients.BINANCE.instrument_provider.load_ids: []",
        "data_clients.BINANCE.instrument_provider.load_ids",
        "",
        "",
    ),
    # what loses money, orders or state
    ("cache: null", "cache", "without a memory", "remove"),
    ("cache.database: null", "cache.database", "without a memory", "remove"),
    ("cache.flush_on_start: true", "cache.flush_on_start", "FLUSHDB", "remove"),
    ("cache.use_instance_id: true", "cache.use_instance_id", "no state is found", "remove"),
    ("cache.use_trader_prefix: false", "cache.use_trader_prefix", "Redis user", "remove"),
    ("cache.buffer_interval_ms: 100", "cache.buffer_interval_ms", "lost the whole order", "remove"),
    ("cache.database.type: postgres", "cache.database.type", "not redis", "remove"),
    ("risk_engine.bypass: true", "risk_engine.bypass", "every limit", "remove"),
    ("exec_engine.reconciliation: false", "exec_engine.reconciliation", "blind", "RECONCILIATION_PRESET"),
    ("exec_engine.reconciliation_lookback_mins: 60", "exec_engine.reconciliation_lookback_mins", "makes up fills", ""),
    ("exec_engine.load_cache: false", "exec_engine.load_cache", "without its own orders", ""),
    ("exec_engine.open_check_open_only: false", "exec_engine.open_check_open_only", "resolved as rejected", ""),
    ("exec_engine.generate_missing_orders: false", "exec_engine.generate_missing_orders", "trades beside", ""),
    ("exec_engine.filter_position_reports: true", "exec_engine.filter_position_reports", "hides positions", ""),
    ("exec_engine.snapshot_orders: true", "exec_engine.snapshot_orders", "nothing ever removes", ""),
    (
        "data_engine.graceful_shutdown_on_exception: false",
        "data_engine.graceful_shutdown_on_exception",
        "os._exit",
        "",
    ),
    ("save_state: false", "save_state", "loses the state", ""),
    ("logging: null", "logging", "Rust side", ""),
    ("logging.use_pyo3: false", "logging.use_pyo3", "Rust side", ""),
    ("logging.bypass_logging: true", "logging.bypass_logging", "silent node", ""),
    (
        "data_clients.BINANCE.instrument_provider.load_all: true",
        "data_clients.BINANCE.instrument_provider.load_all",
        "one strange symbol",
        "",
    ),
    ("exec_clients.BINANCE.use_position_ids: false", "exec_clients.BINANCE.use_position_ids", "two legs", ""),
    ("exec_clients.BINANCE.max_retries: 3", "exec_clients.BINANCE.max_retries", "duplicate", ""),
    # the file itself
    ("exec_engine.qsize: 5\nexec_engine: {qsize: 6}", "exec_engine.qsize", "set twice", "keep one"),
    ("exec_engine.qsize: 5\nexec_engine.qsize.x: 6", "exec_engine.qsize.x", "set twice", "keep one"),
    ("exec_engine..qsize: 5", "exec_engine..qsize", "not a path", "one field a line"),
    ("5: 5", "5", "not a path", "one field a line"),
    (".".join("abcdefghijklmnop") + ": 5", ".".join("abcdefghijklmnop"), "not a path", "one field a line"),
]


@pytest.fixture
def config(variables: dict[str, str]) -> TradingNodeConfig:
    """The config that is overridden."""
    return TradingNodeConfigFactory.from_settings(TradingNodeSettings.from_env(variables))


def test_overrides_reach_every_kind_of_field(variables: dict[str, str], tmp_path: Path) -> None:
    """Dotted and nested paths set fields of engines, new structs, clients and maps; all else stays as it was."""
    path = tmp_path / "overrides.yaml"
    path.write_text(ACCEPTED)
    before = TradingNodeConfigFactory.from_settings(TradingNodeSettings.from_env(variables))
    after = TradingNodeConfigFactory.from_env({**variables, "NAUTILUS_OVERRIDES_FILE": str(path)})
    assert after.portfolio is not None
    assert after.logging is not None
    assert after.portfolio.use_mark_prices is True
    assert (after.exec_engine.inflight_check_retries, after.exec_engine.qsize) == (7, 5000)
    assert after.data_clients["BINANCE"].config["update_instruments_interval_mins"] == 5
    assert after.data_clients["BINANCE"].config["use_agg_trade_ticks"] is True
    assert after.exec_clients["BINANCE"].config["recv_window_ms"] == 4000
    assert after.exec_clients["BINANCE"].config["instrument_provider"]["log_warnings"] is False
    assert after.risk_engine.max_notional_per_order == {"BTCUSDT-PERP.BINANCE": 5}
    assert after.logging.log_component_levels == {"Portfolio": "DEBUG"}
    assert after.message_bus is not None
    assert after.catalogs[0].path == "/var/lib/catalog"
    assert after.exec_engine.open_check_interval_secs == before.exec_engine.open_check_interval_secs
    assert after.data_engine == before.data_engine


@pytest.mark.parametrize("row", REFUSED, ids=[row[0][:60] for row in REFUSED])
def test_refuses(config: TradingNodeConfig, tmp_path: Path, row: tuple[str, str, str, str]) -> None:
    """A wrong override gives one problem with its path, the reason and the fix; a secret in it is not repeated."""
    text, blamed, reason, fix = row
    path = tmp_path / "overrides.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        apply_overrides(config, path)
    (problem,) = caught.value.problems
    assert problem.variable == f"overrides.yaml {blamed}"
    assert reason in problem.problem
    assert fix in problem.fix
    assert "hunter22" not in repr(caught.value.problems)


@pytest.mark.parametrize(
    "text", ["", "- a", "a: b: c", "a: 1\na: 2", "{" * 500, "\x00", "x: !!python/object:os.system"]
)
def test_refuses_what_is_no_mapping(config: TradingNodeConfig, tmp_path: Path, text: str) -> None:
    """A file that is not one YAML mapping is one problem about the file."""
    path = tmp_path / "overrides.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        apply_overrides(config, path)
    assert caught.value.problems[0].variable.startswith(str(path))


def test_all_problems_come_at_once(config: TradingNodeConfig, tmp_path: Path) -> None:
    """Every wrong path of the file is named in one error."""
    path = tmp_path / "overrides.yaml"
    path.write_text("a: 1\nexec_engine.qsize: x\ncache.flush_on_start: true\n")
    with pytest.raises(ConfigurationError) as caught:
        apply_overrides(config, path)
    assert len(caught.value.problems) == 3


def test_every_plain_field_can_be_overridden_by_its_own_value(config: TradingNodeConfig) -> None:
    """Each path that upstream's structs have is known here, down to the fields of optional structs."""
    primitives = msgspec.json.decode(config.json())
    given = {path for path, _ in leaves({k: v for k, v in primitives.items() if "_clients" not in k})}
    known = set(field_paths())
    assert given <= known
    assert {"message_bus.database.port", "streaming.catalog_path", "exec_engine.purge_from_database"} <= known


def test_loads_one_tree(tmp_path: Path) -> None:
    """Dotted keys and nested mappings of one struct become one mapping."""
    path = tmp_path / "overrides.yaml"
    path.write_text("a.b: 1\na: {c: 2}\na.d: {}\n")
    assert load_overrides(path) == {"a": {"b": 1, "c": 2, "d": {}}}
