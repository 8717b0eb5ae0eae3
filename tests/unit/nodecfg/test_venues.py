"""Several clients in one node: each reaches upstream as it should, and what loses money between them is refused."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from nautilus_trader.adapters.binance.common import credentials as upstream
from nautilus_trader.adapters.binance.common.enums import BinanceAccountType, BinanceEnvironment
from nautilus_trader.adapters.binance.common.symbol import BinanceSymbol
from nautilus_trader.adapters.bybit import BybitLiveDataClientFactory
from nautilus_trader.core.nautilus_pyo3 import BybitEnvironment, BybitProductType

from nodecfg import (
    ConfigurationError,
    TradingNodeConfigFactory,
    TradingNodeSettings,
    adapter_environment,
    client_factories,
)
from nodecfg.builders.bybit import public_socket_urls
from nodecfg.settings import KeyType
from nodecfg.settings.instruments import is_linear
from nodecfg.settings.values import is_ed25519

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nautilus_trader.live.config import TradingNodeConfig

HMAC = "sJ5hGn8qBv2tRx7kMz4wCp9yLd6fTe3a"
KEY = "kQ7pLr2vTz9XbN4mWc8sYd3fHj6gAe1u"
# PKCS#8 of an Ed25519 key: fixed header with the algorithm's OID, then 32 bytes of seed.
ED25519 = base64.b64encode(bytes.fromhex("302e020100300506032b657004220420") + bytes(range(32))).decode()
PEM = f"-----BEGIN PRIVATE KEY-----\n{ED25519}\n-----END PRIVATE KEY-----"
NODE = {"NAUTILUS_TRADER_ID": "MM-001"}


def _client(prefix: str, instruments: str, secret: str = ED25519, **more: str) -> dict[str, str]:
    values = {"API_KEY": KEY, "API_SECRET": secret, "TESTNET": "true", "INSTRUMENT_IDS": instruments, **more}
    return {f"{prefix}_{name}": value for name, value in values.items()}


FUTURES = _client("BINANCE", "BTCUSDT-PERP.BINANCE")
SPOT = _client("BINANCE_SPOT", "BTCUSDT.BINANCE_SPOT")
MARGIN = _client("BINANCE_MARGIN", "BTCUSDT.BINANCE_MARGIN")
COIN = _client("BINANCE_COIN_FUTURES", "BTCUSD-PERP.BINANCE_COIN_FUTURES", HMAC)
BYBIT = _client("BYBIT", "BTCUSDT-LINEAR.BYBIT", HMAC)
SIMULATED_BYBIT = {
    "BYBIT_BASE_URL_HTTP": "http://127.0.0.1:1",
    "BYBIT_BASE_URL_WS_PUBLIC": "ws://127.0.0.1:1",
    "BYBIT_BASE_URL_WS_PRIVATE": "ws://127.0.0.1:1",
    "BYBIT_BASE_URL_WS_TRADE": "ws://127.0.0.1:1",
}
REAL = {"BINANCE_TESTNET": "false", "BINANCE_SPOT_TESTNET": "false", "BYBIT_TESTNET": "false"}


def _clients(config: TradingNodeConfig) -> dict[str, tuple[Any, Any]]:
    return {
        name: (config.data_clients[name].create(), config.exec_clients[name].create()) for name in config.exec_clients
    }


def _refused(variables: Mapping[str, str]) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env({**NODE, **variables})
    return {problem.variable: problem.problem for problem in caught.value.problems}


def test_spot_futures_and_bybit_side_by_side() -> None:
    """Each client has its own name, venue, account type and instruments; positions are not checked beside spot."""
    variables = {**NODE, **FUTURES, **SPOT, **BYBIT}
    settings = TradingNodeSettings.from_env(variables)
    config = TradingNodeConfigFactory.from_settings(settings)
    clients = _clients(config)
    assert list(clients) == ["BINANCE", "BINANCE_SPOT", "BYBIT"]
    for name, kind in (("BINANCE", BinanceAccountType.USDT_FUTURES), ("BINANCE_SPOT", BinanceAccountType.SPOT)):
        for client in clients[name]:
            assert (client.venue.value, client.account_type) == (name, kind)
            assert client.environment is BinanceEnvironment.TESTNET
            assert (client.api_key, client.api_secret) == (None, None)
    assert {str(i) for i in clients["BINANCE_SPOT"][1].instrument_provider.load_ids} == {"BTCUSDT.BINANCE_SPOT"}
    assert clients["BYBIT"][1].product_types == (BybitProductType.LINEAR,)
    assert config.exec_engine.position_check_interval_secs is None
    factories = client_factories(settings)
    assert list(factories.data) == list(factories.execution) == list(clients)
    assert factories.data["BYBIT"] is BybitLiveDataClientFactory


def test_without_spot_positions_are_checked() -> None:
    """Two derivatives clients in one-way mode keep the position check."""
    config = TradingNodeConfigFactory.from_env({**NODE, **FUTURES, **COIN, **BYBIT, "BINANCE_API_SECRET": HMAC})
    assert config.exec_engine.position_check_interval_secs == 60.0


def test_keys_of_every_client_go_where_upstream_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spot and futures testnets have variables of their own, demo another, and upstream's look-up finds each."""
    settings = TradingNodeSettings.from_env({**NODE, **FUTURES, **SPOT, **BYBIT, "BINANCE_API_KEY": "f" + KEY})
    for name, value in adapter_environment(settings).items():
        monkeypatch.setenv(name, value.get_secret_value())
    testnet = BinanceEnvironment.TESTNET
    assert upstream.get_api_key(BinanceAccountType.USDT_FUTURES, testnet) == "f" + KEY
    assert upstream.get_api_key(BinanceAccountType.SPOT, testnet) == KEY
    assert upstream.get_api_secret(BinanceAccountType.SPOT, testnet) == ED25519
    assert adapter_environment(settings)["BYBIT_TESTNET_API_KEY"].get_secret_value() == KEY
    demo = TradingNodeSettings.from_env({**NODE, **FUTURES, "BINANCE_TESTNET": "false", "BINANCE_DEMO": "true"})
    assert list(adapter_environment(demo)) == ["BINANCE_DEMO_API_KEY", "BINANCE_DEMO_API_SECRET"]


@pytest.mark.parametrize("secret", [HMAC, ED25519, PEM, KEY, "", "MC4CAQ==", "nonsense!"])
def test_the_kind_of_key_is_told_as_upstream_tells_it(secret: str) -> None:
    """Our detection, which needs no import of upstream, agrees with upstream's."""
    assert is_ed25519(secret) == upstream.is_ed25519_private_key(secret)


@pytest.mark.parametrize("pair", ["BTCUSDT", "BTCUSD", "BNBUSD", "DOTUSD", "BTCBUSD", "ETHUSDC", "BUSD", "BTCFDUSD"])
def test_margining_is_told_as_upstream_tells_it(pair: str) -> None:
    """A contract that upstream would name like the other kind to the exchange is not taken for this kind."""
    assert is_linear(pair) == (not BinanceSymbol(f"{pair}-PERP").endswith("_PERP"))


def test_key_types_are_detected() -> None:
    """A PEM and its base64 are Ed25519 keys, anything else is an HMAC secret."""
    kinds = {}
    for secret in (HMAC, ED25519, PEM):
        settings = TradingNodeSettings.from_env({**NODE, **FUTURES, "BINANCE_API_SECRET": secret})
        kinds[secret] = settings.binance and settings.binance.key_type
    assert kinds == {HMAC: KeyType.HMAC, ED25519: KeyType.ED25519, PEM: KeyType.ED25519}


def test_create_testnet_and_production_force_every_client() -> None:
    """No client of a testnet config reaches a real exchange, none of a production config a test venue."""
    settings = TradingNodeSettings.from_env({**NODE, **FUTURES, **SPOT, **BYBIT, **SIMULATED_BYBIT})
    production = _clients(TradingNodeConfigFactory.create_production(settings))
    testnet = _clients(TradingNodeConfigFactory.create_testnet(settings.for_production()))
    for found, binance, bybit in (
        (production, BinanceEnvironment.LIVE, BybitEnvironment.MAINNET),
        (testnet, BinanceEnvironment.TESTNET, BybitEnvironment.TESTNET),
    ):
        for name, pair in found.items():
            for client in pair:
                assert client.environment == (bybit if name == "BYBIT" else binance)
                assert client.base_url_http is None
    config = TradingNodeConfigFactory.create_production(settings)
    assert config.cache is not None
    assert config.cache.encoding == "msgpack"


def test_debugging_is_readable_and_refused_for_real_money() -> None:
    """The debug variant writes JSON with readable times; beside real money its records would block the next start."""
    settings = TradingNodeSettings.from_env({**NODE, **FUTURES})
    cache = TradingNodeConfigFactory.create_debug(settings).cache
    assert cache is not None
    assert (cache.encoding, cache.timestamps_as_iso8601) == ("json", True)
    with pytest.raises(ConfigurationError, match="writes records as JSON"):
        TradingNodeConfigFactory.create_debug(settings.for_production())


def test_a_simulated_bybit_never_gets_http_for_its_sockets() -> None:
    """Upstream hands base_url_http to the public sockets too; their own addresses wait for the lab's factory."""
    spot_data = {"BYBIT_DATA_PRODUCT_TYPES": "SPOT"}
    settings = TradingNodeSettings.from_env({**NODE, **BYBIT, **SIMULATED_BYBIT, **spot_data})
    assert settings.bybit is not None
    data, execution = _clients(TradingNodeConfigFactory.from_settings(settings))["BYBIT"]
    assert execution.base_url_ws_private == "ws://127.0.0.1:1/v5/private"
    assert execution.base_url_ws_trade == "ws://127.0.0.1:1/v5/trade"
    assert data.product_types == (BybitProductType.LINEAR, BybitProductType.SPOT)
    assert execution.product_types == (BybitProductType.LINEAR,)
    assert public_socket_urls(settings.bybit) == {
        "LINEAR": "ws://127.0.0.1:1/v5/public/linear",
        "SPOT": "ws://127.0.0.1:1/v5/public/spot",
    }


def test_modes_and_leverages_reach_upstream() -> None:
    """What is set per instrument arrives under the names the adapters look up."""
    variables = {
        **NODE,
        **FUTURES,
        **BYBIT,
        "BINANCE_LEVERAGES": '{"BTCUSDT-PERP.BINANCE": 7}',
        "BINANCE_MARGIN_TYPES": '{"BTCUSDT-PERP.BINANCE": "ISOLATED"}',
        "BINANCE_HEDGE_MODE": "true",
        "BYBIT_LEVERAGES": '{"BTCUSDT-LINEAR.BYBIT": 3}',
        "BYBIT_POSITION_MODE": '{"BTCUSDT-LINEAR.BYBIT": "MERGED_SINGLE"}',
        "BYBIT_MARGIN_MODE": "ISOLATED_MARGIN",
    }
    config = TradingNodeConfigFactory.from_env(variables)
    binance, bybit = _clients(config)["BINANCE"][1], _clients(config)["BYBIT"][1]
    assert binance.futures_leverages == {"BTCUSDT": 7}
    assert {key: kind.value for key, kind in binance.futures_margin_types.items()} == {"BTCUSDT": "ISOLATED"}
    assert (binance.use_reduce_only, binance.use_position_ids) == (False, True)
    assert bybit.futures_leverages == {"BTCUSDT-LINEAR": 3}
    assert list(bybit.position_mode) == ["BTCUSDT-LINEAR"]
    assert bybit.margin_mode.name == "ISOLATED_MARGIN"
    assert config.exec_engine.position_check_interval_secs is None


REFUSED: list[tuple[dict[str, str], str, str]] = [
    # clients beside each other
    ({**FUTURES, **SPOT, "BINANCE_TESTNET": "false"}, "BINANCE_SPOT_TESTNET", "trades play money while BINANCE"),
    (
        {**FUTURES, **SPOT, **REAL, "BINANCE_SPOT_API_KEY": "x" + KEY},
        "BINANCE_SPOT_API_KEY",
        "read both from BINANCE_API",
    ),
    (
        {**FUTURES, **SPOT, "BINANCE_ACCOUNT_TYPE": "SPOT", "BINANCE_INSTRUMENT_IDS": "BTCUSDT.BINANCE"},
        "BINANCE_ACCOUNT_TYPE",
        "two clients would report the same orders",
    ),
    (
        {**SPOT, "BINANCE_SPOT_INSTRUMENT_IDS": "BTCUSDT.BINANCE"},
        "BINANCE_SPOT_INSTRUMENT_IDS",
        "not at venue BINANCE_SPOT",
    ),
    ({**FUTURES, **SPOT, "BINANCE_SPOT_API_KEY": ""}, "BINANCE_SPOT_API_KEY", "is missing"),
    # keys
    ({**SPOT, "BINANCE_SPOT_API_SECRET": HMAC}, "BINANCE_SPOT_API_SECRET", "takes Ed25519 keys only"),
    ({**MARGIN, "BINANCE_MARGIN_API_SECRET": HMAC}, "BINANCE_MARGIN_API_SECRET", "takes Ed25519 keys only"),
    ({**COIN, "BINANCE_COIN_FUTURES_API_SECRET": PEM}, "BINANCE_COIN_FUTURES_API_SECRET", "has none on testnet"),
    (
        {**FUTURES, "BINANCE_API_SECRET": PEM.replace("PRIVATE", "ENCRYPTED PRIVATE")},
        "BINANCE_API_SECRET",
        "encrypted PEM",
    ),
    (
        {**FUTURES, "BINANCE_API_SECRET": PEM.replace(ED25519, "MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8=")},
        "BINANCE_API_SECRET",
        "PEM form",
    ),
    ({**BYBIT, "BYBIT_API_SECRET": PEM}, "BYBIT_API_SECRET", "PEM form"),
    # account types
    ({**FUTURES, "BINANCE_US": "true"}, "BINANCE_US", "offers no futures"),
    ({**SPOT, "BINANCE_SPOT_US": "true"}, "BINANCE_SPOT_US", "has no testnet"),
    ({**FUTURES, "BINANCE_DEMO": "true"}, "BINANCE_DEMO", "two venues with two kinds of keys"),
    ({**SPOT, "BINANCE_SPOT_HEDGE_MODE": "true"}, "BINANCE_SPOT_HEDGE_MODE", "for futures only"),
    (
        {**SPOT, "BINANCE_SPOT_LEVERAGES": '{"BTCUSDT.BINANCE_SPOT": 3}'},
        "BINANCE_SPOT_LEVERAGES",
        "for futures only",
    ),
    (
        {**COIN, "BINANCE_COIN_FUTURES_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE_COIN_FUTURES"},
        "BINANCE_COIN_FUTURES_INSTRUMENT_IDS",
        "coin-margined",
    ),
    ({**SPOT, "BINANCE_SPOT_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE_SPOT"}, "BINANCE_SPOT_INSTRUMENT_IDS", "not a spot"),
    ({**FUTURES, "BINANCE_LEVERAGES": '{"BTCUSDT-PERP.BINANCE": 126}'}, "BINANCE_LEVERAGES", "from 1 to 125"),
    ({**FUTURES, "BINANCE_LEVERAGES": '{"ETHUSDT-PERP.BINANCE": 5}'}, "BINANCE_LEVERAGES", "not among the loaded"),
    ({**FUTURES, "BINANCE_MARGIN_TYPES": '{"BTCUSDT-PERP.BINANCE": "HALF"}'}, "BINANCE_MARGIN_TYPES", "CROSSED"),
    # Bybit
    ({**BYBIT, "BYBIT_PRODUCT_TYPES": "LINEAR,SPOT"}, "BYBIT_PRODUCT_TYPES", "mixes SPOT with derivatives"),
    ({**BYBIT, "BYBIT_PRODUCT_TYPES": "FUTURES"}, "BYBIT_PRODUCT_TYPES", "'SPOT', 'LINEAR'"),
    ({**BYBIT, "BYBIT_INSTRUMENT_IDS": "BTCUSDT-SPOT.BYBIT"}, "BYBIT_INSTRUMENT_IDS", "never be loaded"),
    ({**BYBIT, "BYBIT_INSTRUMENT_IDS": "BTCUSDT.BYBIT"}, "BYBIT_INSTRUMENT_IDS", "does not end in"),
    ({**BYBIT, **SIMULATED_BYBIT, "BYBIT_BASE_URL_WS_PUBLIC": ""}, "BYBIT_BASE_URL_WS_PUBLIC", "is missing while"),
    ({**BYBIT, **SIMULATED_BYBIT, "BYBIT_TESTNET": "false"}, "BYBIT_BASE_URL_HTTP", "keys of real money"),
    (
        {**BYBIT, **SIMULATED_BYBIT, "BYBIT_BASE_URL_HTTP": "https://api.bybit.com"},
        "BYBIT_BASE_URL_HTTP",
        "real exchange",
    ),
    ({**BYBIT, "BYBIT_POSITION_MODE": '{"BTCUSDT-LINEAR.BYBIT": "HEDGE"}'}, "BYBIT_POSITION_MODE", "BOTH_SIDES"),
    (
        {**BYBIT, "NAUTILUS_ENVIRONMENT": "SANDBOX", "BYBIT_TESTNET": "false"},
        "NAUTILUS_ENVIRONMENT",
        "BYBIT_TESTNET=false",
    ),
    # reconciliation
    (
        {**FUTURES, **SPOT, "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": "60"},
        "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS",
        "made-up fill",
    ),
    (
        {**FUTURES, "BINANCE_HEDGE_MODE": "true", "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": "60"},
        "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS",
        "compares the net position with one leg",
    ),
    ({**FUTURES, "RECONCILIATION_PRESET": "DISABLED"}, "RECONCILIATION_PRESET", "trade on top of them"),
    ({**FUTURES, "RECONCILIATION_ENABLED": "false"}, "RECONCILIATION_ENABLED", "trade on top of them"),
    (
        {**FUTURES, "RECONCILIATION_OPEN_CHECK_LOOKBACK_MINS": "59"},
        "RECONCILIATION_OPEN_CHECK_LOOKBACK_MINS",
        "resolved as rejected",
    ),
    (
        {**FUTURES, "RECONCILIATION_INFLIGHT_CHECK_THRESHOLD_MS": "1000"},
        "RECONCILIATION_INFLIGHT_CHECK_THRESHOLD_MS",
        "before the first look",
    ),
    ({**FUTURES, "RECONCILIATION_LOOKBACK_MINS": "90"}, "RECONCILIATION_LOOKBACK_MINS", "makes up fills"),
    (
        {**FUTURES, "RECONCILIATION_STARTUP_DELAY_SECS": "9"},
        "RECONCILIATION_STARTUP_DELAY_SECS",
        "greater than or equal to 10",
    ),
    (
        {**FUTURES, "RECONCILIATION_INSTRUMENT_IDS": "X.BINANCE"},
        "RECONCILIATION_INSTRUMENT_IDS",
        "not among the loaded",
    ),
    # the others
    ({**FUTURES, "NAUTILUS_CATALOG_PATH": "/x"}, "NAUTILUS_CATALOG_INCLUDE_TYPES", "dies of KeyError"),
    (
        {**FUTURES, "NAUTILUS_CATALOG_INCLUDE_TYPES": "Tick"},
        "NAUTILUS_CATALOG_INCLUDE_TYPES",
        "not a type that upstream",
    ),
    (
        {**FUTURES, "NAUTILUS_CATALOG_PATH": "x", "NAUTILUS_CATALOG_INCLUDE_TYPES": "Bar"},
        "NAUTILUS_CATALOG_PATH",
        "relative",
    ),
    ({**FUTURES, "NAUTILUS_BUS_STREAMS_PREFIX": "a:b"}, "NAUTILUS_BUS_STREAMS_PREFIX", "split at ':'"),
    ({**FUTURES, "NAUTILUS_BUS_PASSWORD": "bP7xQm2vTz9Kn4"}, "NAUTILUS_BUS_PASSWORD", "has no effect without"),
    ({**FUTURES, "NAUTILUS_BUS_AUTOTRIM_MINS": "0"}, "NAUTILUS_BUS_AUTOTRIM_MINS", "greater than or equal to 1"),
    (
        {**FUTURES, "NAUTILUS_EXEC_OWN_BOOKS_AUDIT_INTERVAL_SECS": "5"},
        "NAUTILUS_EXEC_OWN_BOOKS_AUDIT_INTERVAL_SECS",
        "no effect",
    ),
    ({**FUTURES, "NAUTILUS_LOG_COMPONENT_LEVELS": "RiskEngine"}, "NAUTILUS_LOG_COMPONENT_LEVELS", "has no level"),
    ({**FUTURES, "NAUTILUS_DEBUG": "true", "BINANCE_TESTNET": "false"}, "NAUTILUS_DEBUG", "writes records as JSON"),
    ({**FUTURES, "REDIS_RETRIES": "10"}, "REDIS_RETRIES", "greater than or equal to 3600"),
]


@pytest.mark.parametrize(
    ("variables", "variable", "reason"), REFUSED, ids=[f"{r[1]}-{i}" for i, r in enumerate(REFUSED)]
)
def test_refuses(variables: dict[str, str], variable: str, reason: str) -> None:
    """What would lose money, state or time is refused by its variable, with the reason and without the keys."""
    problems = _refused(variables)
    assert reason in problems[variable]
    assert not [secret for secret in (KEY, HMAC, ED25519) if secret in str(problems)]


def test_disabled_can_be_forced() -> None:
    """An operator who insists gets a node without reconciliation; SANDBOX needs no force."""
    for more in ({"RECONCILIATION_FORCE_DISABLED": "true"}, {"NAUTILUS_ENVIRONMENT": "SANDBOX"}):
        engine = TradingNodeConfigFactory.from_env(
            {**NODE, **FUTURES, "RECONCILIATION_PRESET": "DISABLED", **more}
        ).exec_engine
        assert (engine.reconciliation, engine.open_check_interval_secs) == (False, None)
        assert (engine.inflight_check_interval_ms, engine.position_check_interval_secs) == (0, None)


def test_an_override_cannot_switch_position_checks_on_beside_spot(tmp_path: Path) -> None:
    """What the variable may not say, overrides.yaml may not say either."""
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text("exec_engine.position_check_interval_secs: 60\n")
    named = {"NAUTILUS_OVERRIDES_FILE": str(overrides)}
    with pytest.raises(ConfigurationError, match="make up fills"):
        TradingNodeConfigFactory.from_env({**NODE, **FUTURES, **SPOT, **named})
    engine = TradingNodeConfigFactory.from_env({**NODE, **FUTURES, **named}).exec_engine
    assert engine.position_check_interval_secs == 60.0


def test_a_recording_node_can_have_overrides(tmp_path: Path) -> None:
    """The types to record, which upstream cannot read back from JSON, outlive the merge with overrides.yaml."""
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text("exec_engine.inflight_check_retries: 9\n")
    recorded = {"NAUTILUS_CATALOG_PATH": "/nowhere/catalog", "NAUTILUS_CATALOG_INCLUDE_TYPES": "TradeTick"}
    config = TradingNodeConfigFactory.from_env(
        {**NODE, **FUTURES, **recorded, "NAUTILUS_OVERRIDES_FILE": str(overrides)}
    )
    assert config.streaming is not None
    assert [kind.__name__ for kind in config.streaming.include_types or ()] == ["TradeTick"]
    assert config.exec_engine.inflight_check_retries == 9
