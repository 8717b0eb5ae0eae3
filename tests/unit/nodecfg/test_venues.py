"""Several clients in one node: each reaches upstream as it should, and what loses money between them is refused."""

from __future__ import annotations

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
from tests.unit.nodecfg.accounts import BYBIT, COIN, ED25519, FUTURES, HMAC, KEY, NODE, PEM, SIMULATED_BYBIT, SPOT

if TYPE_CHECKING:
    from pathlib import Path

    from nautilus_trader.live.config import TradingNodeConfig


def _clients(config: TradingNodeConfig) -> dict[str, tuple[Any, Any]]:
    return {
        name: (config.data_clients[name].create(), config.exec_clients[name].create()) for name in config.exec_clients
    }


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


@pytest.mark.parametrize("switch", ["TESTNET", "DEMO"])
def test_coin_margined_test_venues_can_be_constructed(switch: str) -> None:
    """Upstream raises for want of an address that HMAC keys never open; with real money it has its own."""
    switches = {"BINANCE_COIN_FUTURES_TESTNET": "false", f"BINANCE_COIN_FUTURES_{switch}": "true"}
    settings = TradingNodeSettings.from_env({**NODE, **COIN, **switches})
    for found, given in ((settings, True), (settings.for_production(), False)):
        client = _clients(TradingNodeConfigFactory.from_settings(found))["BINANCE_COIN_FUTURES"][1]
        assert (client.base_url_ws is not None) is given


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
