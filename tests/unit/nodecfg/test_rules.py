"""What loses money, state or time between settings is refused by its variable, with the reason, without the keys."""

from __future__ import annotations

import pytest

from nodecfg import ConfigurationError, TradingNodeConfigFactory, TradingNodeSettings
from tests.unit.nodecfg.accounts import (
    BYBIT,
    COIN,
    ED25519,
    FUTURES,
    HMAC,
    KEY,
    MARGIN,
    NODE,
    PEM,
    REAL,
    SIMULATED_BYBIT,
    SPOT,
)


def _refused(variables: dict[str, str]) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env({**NODE, **variables})
    return {problem.variable: problem.problem for problem in caught.value.problems}


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
    *[
        ({**FUTURES, "REDIS_SSL": "true", "REDIS_HOST": host}, "REDIS_SSL", f"cannot work with {host}: upstream trusts")
        for host in ("127.0.0.1", "10.1.2.3", "localhost", "redis", "redis.internal", "REDIS.Local")
    ],
    ({**FUTURES, "REDIS_SSL": "true"}, "REDIS_SSL", "cannot work with 127.0.0.1"),
    (
        {**FUTURES, "NAUTILUS_BUS_HOST": "bus.lan", "NAUTILUS_BUS_SSL": "true"},
        "NAUTILUS_BUS_SSL",
        "none of them certifies a private address or name",
    ),
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


@pytest.mark.parametrize("host", ["redis.example.com", "9.9.9.9"])
def test_tls_with_a_public_name_is_taken(host: str) -> None:
    """What a public authority certifies may be reached by TLS; without TLS any host may."""
    settings = TradingNodeSettings.from_env({**NODE, **FUTURES, "REDIS_SSL": "true", "REDIS_HOST": host})
    assert (settings.redis.ssl, settings.redis.host) == (True, host)
    assert not TradingNodeSettings.from_env({**NODE, **FUTURES, "REDIS_HOST": "redis.internal"}).redis.ssl
