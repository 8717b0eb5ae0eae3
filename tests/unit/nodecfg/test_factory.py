"""The built config holds the safe values, survives upstream's decoder, and reaches no exchange it should not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import pytest
from nautilus_trader.adapters.binance import BinanceLiveDataClientFactory, BinanceLiveExecClientFactory
from nautilus_trader.adapters.binance.common import credentials as upstream
from nautilus_trader.adapters.binance.common.enums import BinanceAccountType, BinanceEnvironment
from nautilus_trader.common import Environment
from nautilus_trader.live.config import TradingNodeConfig
from nautilus_trader.model.data import TradeTick

from nodecfg import (
    ConfigurationError,
    TradingNodeConfigFactory,
    TradingNodeSettings,
    adapter_environment,
    client_factories,
)
from nodecfg.builders.execution import build_exec_engine_config
from nodecfg.factory import round_trip
from nodecfg.settings import ReconciliationSettings


@pytest.fixture
def config(variables: dict[str, str]) -> TradingNodeConfig:
    """The config of the right variables."""
    return TradingNodeConfigFactory.from_env(variables)


SAFE: list[tuple[str, object, str]] = [
    ("environment", Environment.LIVE, "live by default"),
    ("load_state", True, "strategy state would never be loaded"),
    ("save_state", True, "strategy state would never be saved"),
    ("streaming", None, "upstream writes config.json with everything in it, mode 0644"),
    ("message_bus", None, "untrimmed streams fill the cache's Redis"),
    ("cache.buffer_interval_ms", None, "100 ms lost whole orders on a kill"),
    ("cache.persist_account_events", False, "a list that grows for ever"),
    ("cache.encoding", "msgpack", "records of another encoding stop the boot"),
    ("cache.use_instance_id", False, "state would not be found again"),
    ("cache.use_trader_prefix", True, "the ACL user owns trader-ID:*"),
    ("cache.flush_on_start", False, "FLUSHDB of every trader"),
    ("cache.database.type", "redis", "the only backing there is"),
    ("cache.database.connection_timeout", 5, "setting"),
    ("cache.database.response_timeout", 5, "setting"),
    ("cache.database.number_of_retries", 1_000_000, "outlives any outage"),
    ("cache.database.max_delay", 1, "back within a second"),
    ("cache.database.factor", 2, "milliseconds"),
    ("cache.database.exponent_base", 2, "doubling"),
    ("exec_engine.reconciliation", True, "cold positions would be invisible"),
    ("exec_engine.reconciliation_lookback_mins", None, "a window makes up fills"),
    ("exec_engine.generate_missing_orders", True, "positions would stay different"),
    ("exec_engine.filter_position_reports", False, "positions would be ignored"),
    ("exec_engine.filter_unclaimed_external_orders", False, "external orders would be invisible"),
    ("exec_engine.open_check_interval_secs", 10.0, "off upstream"),
    ("exec_engine.open_check_open_only", True, "history resolves live orders as rejected"),
    ("exec_engine.position_check_interval_secs", 60.0, "off upstream"),
    ("exec_engine.reconciliation_startup_delay_secs", 10.0, "setting"),
    ("exec_engine.purge_closed_orders_interval_mins", 10, "start-up time grows with history"),
    ("exec_engine.purge_closed_orders_buffer_mins", 60, "start-up time grows with history"),
    ("exec_engine.purge_closed_positions_interval_mins", 10, "start-up time grows with history"),
    ("exec_engine.purge_closed_positions_buffer_mins", 60, "start-up time grows with history"),
    ("exec_engine.purge_from_database", True, "purges memory only otherwise"),
    ("exec_engine.snapshot_orders", False, "one list per order, never removed"),
    ("exec_engine.snapshot_positions", False, "one list per position, never removed"),
    ("exec_engine.allow_overfills", False, "an overfill is a defect to see"),
    ("exec_engine.graceful_shutdown_on_exception", True, "os._exit(1) with nothing saved"),
    ("data_engine.graceful_shutdown_on_exception", True, "os._exit(1) with nothing saved"),
    ("risk_engine.graceful_shutdown_on_exception", True, "os._exit(1) with nothing saved"),
    ("risk_engine.bypass", False, "bypasses a halt too"),
    ("logging.use_pyo3", True, "lost Redis writes are silent otherwise"),
    ("logging.log_colors", False, "the journal is no terminal"),
    ("logging.log_level_file", None, "the journal keeps the log"),
    ("timeout_connection", 60.0, "setting"),
    ("timeout_reconciliation", 120.0, "setting"),
    ("timeout_portfolio", 10.0, "setting"),
    ("timeout_disconnection", 10.0, "setting"),
    ("timeout_post_stop", 5.0, "setting"),
]


@pytest.mark.parametrize(("path", "expected", "why"), SAFE, ids=[row[0] for row in SAFE])
def test_value_is_the_safe_one(config: TradingNodeConfig, path: str, expected: object, why: str) -> None:
    """Each value that loses money or state when it is otherwise is what it should be."""
    value: object = config
    for name in path.split("."):
        value = getattr(value, name)
    assert value == expected, why


def test_clients_are_what_upstream_builds(config: TradingNodeConfig, variables: dict[str, str]) -> None:
    """Both clients decode into the adapter's configs: futures, testnet, our addresses, named instruments, no keys."""
    data, execution = config.data_clients["BINANCE"].create(), config.exec_clients["BINANCE"].create()
    for client in (data, execution):
        assert client.account_type is BinanceAccountType.USDT_FUTURES
        assert client.environment is BinanceEnvironment.TESTNET
        assert client.base_url_http == "http://127.0.0.1:8101"
        assert (client.api_key, client.api_secret) == (None, None)
        assert client.instrument_provider.load_all is False
        assert {str(i) for i in client.instrument_provider.load_ids} == {"BTCUSDT-PERP.BINANCE"}
    assert data.base_url_ws == "ws://127.0.0.1:8101"
    assert execution.base_url_ws == "ws://127.0.0.1:8101/ws-fapi/v1"
    assert execution.base_url_ws_stream == "ws://127.0.0.1:8101"
    assert execution.max_retries is None
    assert execution.use_position_ids is True
    factories = client_factories(TradingNodeSettings.from_env(variables))
    assert factories.data == {"BINANCE": BinanceLiveDataClientFactory}
    assert factories.execution == {"BINANCE": BinanceLiveExecClientFactory}


@pytest.mark.parametrize("testnet", [True, False])
def test_keys_arrive_where_upstream_looks_for_them(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, testnet: bool
) -> None:
    """Upstream's own look-up finds key and secret under the names we set, on the testnet and for real money."""
    settings = TradingNodeSettings.from_env(variables)
    settings = settings.for_testnet() if testnet else settings.for_production()
    for name, value in adapter_environment(settings).items():
        monkeypatch.setenv(name, value.get_secret_value())
    environment = BinanceEnvironment.TESTNET if testnet else BinanceEnvironment.LIVE
    assert upstream.get_api_key(BinanceAccountType.USDT_FUTURES, environment) == variables["BINANCE_API_KEY"]
    assert upstream.get_api_secret(BinanceAccountType.USDT_FUTURES, environment) == variables["BINANCE_API_SECRET"]


def test_equal_settings_give_equal_configs_that_survive_json(variables: dict[str, str]) -> None:
    """The config equals itself after a journey through JSON, and another one of the same settings."""
    many = {**variables, "BINANCE_INSTRUMENT_IDS": ",".join(f"A{i}USDT-PERP.BINANCE" for i in range(30))}
    config = TradingNodeConfigFactory.from_env(many)
    assert TradingNodeConfig.parse(config.json()) == config
    assert TradingNodeConfigFactory.from_env(dict(reversed(many.items()))) == config


def test_a_value_that_upstream_would_not_read_back_is_caught(config: TradingNodeConfig) -> None:
    """Upstream's structs check nothing when they are made; the round trip does, and calls it our defect."""
    broken = msgspec.structs.replace(config, timeout_connection=-1.0)
    with pytest.raises(ConfigurationError, match="refused by upstream's decoder"):
        round_trip(broken)


def test_position_checks_are_for_netting_derivatives_only() -> None:
    """Over spot or hedge mode a position check would book made-up fills, so it is off."""
    engine = build_exec_engine_config(ReconciliationSettings(), netting_derivatives=False)
    assert engine.position_check_interval_secs is None


def test_create_testnet_and_production_force_every_client(variables: dict[str, str]) -> None:
    """create_testnet keeps the simulated venue; create_production goes to upstream's own live addresses."""
    settings = TradingNodeSettings.from_env(variables)
    testnet = TradingNodeConfigFactory.create_testnet(settings)
    production = TradingNodeConfigFactory.create_production(settings)
    for config, environment, address in (
        (testnet, BinanceEnvironment.TESTNET, "http://127.0.0.1:8101"),
        (production, BinanceEnvironment.LIVE, None),
    ):
        for client in (config.data_clients["BINANCE"].create(), config.exec_clients["BINANCE"].create()):
            assert (client.environment, client.base_url_http) == (environment, address)
    assert production.environment is Environment.LIVE


def test_a_catalog_open_to_others_is_refused(variables: dict[str, str]) -> None:
    """Upstream writes config.json with the Redis password into the catalog, so its directory must be closed."""
    # Not pytest's own directory: that one is closed to others already.
    with tempfile.TemporaryDirectory() as directory:
        catalog = Path(directory)
        recorded = {"NAUTILUS_CATALOG_PATH": directory, "NAUTILUS_CATALOG_INCLUDE_TYPES": "TradeTick"}
        settings = TradingNodeSettings.from_env({**variables, **recorded})
        catalog.chmod(0o755)
        with pytest.raises(ConfigurationError, match="whole config there, REDIS_PASSWORD included"):
            TradingNodeConfigFactory.from_settings(settings)
        catalog.chmod(0o700)
        streaming = TradingNodeConfigFactory.from_settings(settings).streaming
    assert streaming is not None
    assert streaming.include_types == [TradeTick]
