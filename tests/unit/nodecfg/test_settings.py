"""Right variables reach the settings, from every source, and each has the default that the contract names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nodecfg import ConfigurationError, ShutdownPolicy, TradingEnvironment, TradingNodeSettings, adapter_environment
from nodecfg.settings import SECTIONS
from nodecfg.sources import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HERE = ("environment", "strategies", "logging", "timeouts", "redis", "binance", "risk", "ready", "health", "shutdown")
WriteEnv = "Callable[[Mapping[str, str]], Path]"

# Variable, a value that is not its default, attribute path, expected.
VALUES: list[tuple[str, str, str, object]] = [
    ("NAUTILUS_TRADER_ID", "TEST_1-ABC", "environment.trader_id", "TEST_1-ABC"),
    ("NAUTILUS_ENVIRONMENT", "SANDBOX", "environment.environment", TradingEnvironment.SANDBOX),
    ("NAUTILUS_STRATEGIES_FILE", "/etc/x.yaml", "strategies_file", Path("/etc/x.yaml")),
    ("NAUTILUS_LOG_LEVEL", "debug", "logging.level", "DEBUG"),
    ("NAUTILUS_LOG_LEVEL", "WARN", "logging.level", "WARNING"),
    ("NAUTILUS_LOG_DIRECTORY", "/var/log/x", "logging.directory", Path("/var/log/x")),
    ("NAUTILUS_LOG_COLORS", "true", "logging.colors", True),
    ("NAUTILUS_LOG_FILE_FORMAT", "json", "logging.file_format", "json"),
    ("NAUTILUS_LOG_FILE_MAX_SIZE", "1000000", "logging.file_max_size", 1000000),
    ("NAUTILUS_LOG_FILE_MAX_BACKUPS", "9", "logging.file_max_backups", 9),
    ("NAUTILUS_LOG_COMPONENT_LEVELS", "RiskEngine=debug", "logging.component_levels", {"RiskEngine": "DEBUG"}),
    ("NAUTILUS_DEBUG", "true", "environment.debug", True),
    ("REDIS_RETRIES", "3600", "redis.retries", 3600),
    ("RISK_QSIZE", "2000", "risk.qsize", 2000),
    ("BINANCE_DEMO", "false", "binance.demo", False),
    ("BINANCE_US", "false", "binance.us", False),
    ("BINANCE_HEDGE_MODE", "true", "binance.hedge_mode", True),
    ("BINANCE_RECV_WINDOW_MS", "9000", "binance.recv_window_ms", 9000),
    ("BINANCE_USE_AGG_TRADE_TICKS", "true", "binance.use_agg_trade_ticks", True),
    ("BINANCE_LEVERAGES", '{"BTCUSDT-PERP.BINANCE": 5}', "binance.leverages", {"BTCUSDT-PERP.BINANCE": 5}),
    (
        "BINANCE_MARGIN_TYPES",
        '{"BTCUSDT-PERP.BINANCE": "ISOLATED"}',
        "binance.margin_types",
        {"BTCUSDT-PERP.BINANCE": "ISOLATED"},
    ),
    ("NAUTILUS_TIMEOUT_CONNECTION", "5", "timeouts.connection", 5.0),
    ("NAUTILUS_TIMEOUT_RECONCILIATION", "6.5", "timeouts.reconciliation", 6.5),
    ("NAUTILUS_TIMEOUT_PORTFOLIO", "7", "timeouts.portfolio", 7.0),
    ("NAUTILUS_TIMEOUT_DISCONNECTION", "8", "timeouts.disconnection", 8.0),
    ("NAUTILUS_TIMEOUT_POST_STOP", "0.5", "timeouts.post_stop", 0.5),
    ("REDIS_HOST", "redis.internal", "redis.host", "redis.internal"),
    ("REDIS_PORT", "6380", "redis.port", 6380),
    ("REDIS_USERNAME", "other", "redis.username", "other"),
    ("REDIS_SSL", "true", "redis.ssl", True),
    ("REDIS_CONNECTION_TIMEOUT", "9", "redis.connection_timeout", 9),
    ("REDIS_RESPONSE_TIMEOUT", "10", "redis.response_timeout", 10),
    ("BINANCE_ACCOUNT_TYPE", "USDT_FUTURES", "binance.account_type", "USDT_FUTURES"),
    (
        "BINANCE_INSTRUMENT_IDS",
        "BTCUSDT-PERP.BINANCE, ETHUSDC-PERP.BINANCE,BTCUSDT_261225.BINANCE",
        "binance.instrument_ids",
        ("BTCUSDT-PERP.BINANCE", "ETHUSDC-PERP.BINANCE", "BTCUSDT_261225.BINANCE"),
    ),
    ("BINANCE_BASE_URL_HTTP", "http://venue.lan:8101/", "binance.base_url_http", "http://venue.lan:8101"),
    ("RECONCILIATION_STARTUP_DELAY_SECS", "11", "reconciliation.startup_delay_secs", 11.0),
    ("RECONCILIATION_OPEN_CHECK_INTERVAL_SECS", "12", "reconciliation.open_check_interval_secs", 12.0),
    ("RECONCILIATION_POSITION_CHECK_INTERVAL_SECS", "13", "reconciliation.position_check_interval_secs", 13.0),
    ("RISK_MAX_ORDER_SUBMIT_RATE", "5/00:01:00", "risk.max_order_submit_rate", "5/00:01:00"),
    ("RISK_MAX_ORDER_MODIFY_RATE", "6/01:00:00", "risk.max_order_modify_rate", "6/01:00:00"),
    (
        "RISK_MAX_NOTIONAL_PER_ORDER",
        '{"BTCUSDT-PERP.BINANCE": 50000}',
        "risk.max_notional_per_order",
        {"BTCUSDT-PERP.BINANCE": 50000},
    ),
    ("READY_TIMEOUT", "90", "ready.timeout", 90.0),
    ("READY_DATA_TIMEOUT", "20", "ready.data_timeout", 20.0),
    ("READY_DATA_EXCEPT", "BTCUSDT-PERP.BINANCE", "ready.data_except", ("BTCUSDT-PERP.BINANCE",)),
    ("HEALTH_HOST", "10.0.0.5", "health.host", "10.0.0.5"),
    ("HEALTH_REST_PORT", "9190", "health.rest_port", 9190),
    ("HEALTH_GRPC_PORT", "0", "health.grpc_port", 0),
    ("HEALTH_DATA_MAX_AGE", "90", "health.data_max_age", 90.0),
    ("HEALTH_PERSISTENCE_MAX_LAG", "10", "health.persistence_max_lag", 10.0),
    ("HEALTH_CLOCK_MAX_OFFSET", "0.5", "health.clock_max_offset", 0.5),
    ("HEALTH_COMPARE_INTERVAL", "30", "health.compare_interval", 30.0),
    ("HEALTH_STATE_SAVE_INTERVAL", "300", "health.state_save_interval", 300.0),
    ("HEALTH_LINK_LIMIT", "60", "health.link_limit", 60.0),
    ("HEALTH_DATA_LIMIT", "600", "health.data_limit", 600.0),
    ("HEALTH_PERSISTENCE_LIMIT", "20", "health.persistence_limit", 20.0),
    ("HEALTH_DIFFERENCE_LIMIT", "90", "health.difference_limit", 90.0),
    ("SHUTDOWN_POLICY", "flatten", "shutdown.policy", ShutdownPolicy.FLATTEN),
    ("SHUTDOWN_TIMEOUT", "60", "shutdown.timeout", 60.0),
    ("NAUTILUS_OVERRIDES_FILE", "/etc/o.yaml", "overrides_file", Path("/etc/o.yaml")),
]
CONTRACT = {
    "NAUTILUS_ENVIRONMENT": "LIVE",
    "NAUTILUS_LOG_LEVEL": "INFO",
    "NAUTILUS_LOG_COLORS": "false",
    "NAUTILUS_TIMEOUT_CONNECTION": "60",
    "NAUTILUS_TIMEOUT_RECONCILIATION": "120",
    "NAUTILUS_TIMEOUT_PORTFOLIO": "10",
    "NAUTILUS_TIMEOUT_DISCONNECTION": "10",
    "NAUTILUS_TIMEOUT_POST_STOP": "5",
    "REDIS_HOST": "127.0.0.1",
    "REDIS_PORT": "6379",
    "REDIS_SSL": "false",
    "REDIS_CONNECTION_TIMEOUT": "5",
    "REDIS_RESPONSE_TIMEOUT": "5",
    "BINANCE_ACCOUNT_TYPE": "USDT_FUTURES",
    "BINANCE_US": "false",
    "RECONCILIATION_STARTUP_DELAY_SECS": "10",
    "RECONCILIATION_OPEN_CHECK_INTERVAL_SECS": "10",
    "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": "60",
    "RISK_MAX_ORDER_SUBMIT_RATE": "100/00:00:01",
    "RISK_MAX_ORDER_MODIFY_RATE": "100/00:00:01",
    "READY_TIMEOUT": "120",
    "READY_DATA_TIMEOUT": "30",
    "SHUTDOWN_POLICY": "cancel",
    "SHUTDOWN_TIMEOUT": "45",
}


def _attribute(settings: TradingNodeSettings, path: str) -> object:
    value: object = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value


@pytest.mark.parametrize(("variable", "text", "path", "expected"), VALUES, ids=[v[0] for v in VALUES])
def test_variable_reaches_its_attribute(
    variables: dict[str, str], variable: str, text: str, path: str, expected: object
) -> None:
    """Each variable sets the attribute that stands for it."""
    # TLS needs a name that a public authority certifies.
    public = {"REDIS_HOST": "redis.example.com"} if variable == "REDIS_SSL" else {}
    assert _attribute(TradingNodeSettings.from_env({**variables, **public, variable: text}), path) == expected


def test_every_setting_is_covered() -> None:
    """No setting exists without a row above, apart from keys, and those the right variables set already."""
    every = {name for section in SECTIONS.values() for name in section.variables()}
    known = {name for family in HERE for name in SECTIONS[family].variables()}
    tested = {row[0] for row in VALUES} | {"NAUTILUS_LOG_FILE_LEVEL", "BINANCE_TESTNET"}
    tested |= {name for name in known if name.endswith(("_KEY", "_SECRET", "_PASSWORD", "_WS", "_WS_STREAM"))}
    assert known == {name for name in tested if name in known}
    assert all(name.startswith(PREFIXES) for name in every)


def test_defaults_are_those_of_the_contract(variables: dict[str, str]) -> None:
    """Leaving a variable out, leaving it empty and writing its default are one and the same."""
    bare = TradingNodeSettings.from_env(variables)
    assert TradingNodeSettings.from_env({**variables, **CONTRACT}) == bare
    assert TradingNodeSettings.from_env({**variables, **dict.fromkeys(CONTRACT, "")}) == bare


def test_reads_an_env_file(variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path]) -> None:
    """An env file gives the same settings as the same variables in the environment."""
    assert TradingNodeSettings.from_env(env_file=write_env(variables)) == TradingNodeSettings.from_env(variables)


def test_reads_dot_env_of_the_working_directory(
    variables: dict[str, str],
    write_env: Callable[[Mapping[str, str]], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With neither credential nor --env-file, ./.env is read, and the process environment is not mixed in."""
    write_env(variables).rename(tmp_path / ".env")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv("REDIS_PORT", "7777")
    assert TradingNodeSettings.from_env().redis.port == 6379


def test_reads_the_process_environment_last(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any file the process environment is the source."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    for name, value in {**variables, "REDIS_PORT": "7777"}.items():
        monkeypatch.setenv(name, value)
    assert TradingNodeSettings.from_env().redis.port == 7777


def test_credential_of_the_unit_wins(
    variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    """The env file that systemd hands over is read, whatever else the process environment says."""
    directory = tmp_path / "credentials"
    directory.mkdir()
    write_env({**variables, "REDIS_PORT": "7001"}).rename(directory / "tradingnode.env")
    # systemd's tmpfs fallback shows an ACL as group bits; the directory protects the file.
    (directory / "tradingnode.env").chmod(0o440)
    environment = {**variables, "CREDENTIALS_DIRECTORY": str(directory), "REDIS_PORT": "7002"}
    assert TradingNodeSettings.from_env(environment).redis.port == 7001


def test_credential_and_env_file_together_are_refused(
    variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    """Two files that both claim to be the settings are an error, not a silent choice."""
    directory = tmp_path / "credentials"
    directory.mkdir()
    write_env(variables).rename(directory / "tradingnode.env")
    other = write_env(variables)
    with pytest.raises(ConfigurationError, match="although the unit hands over"):
        TradingNodeSettings.from_env({"CREDENTIALS_DIRECTORY": str(directory)}, other)
    same = directory / "tradingnode.env"
    assert TradingNodeSettings.from_env({"CREDENTIALS_DIRECTORY": str(directory)}, same).redis.port == 6379


def test_foreign_variables_of_the_process_environment_are_left_in_peace(variables: dict[str, str]) -> None:
    """Upstream's own names and those of container runtimes are no error in a process environment."""
    foreign = {
        "BINANCE_FUTURES_TESTNET_API_KEY": "x",
        "BINANCE_TESTNET_API_SECRET": "x",
        "BINANCE_ED25519_API_KEY": "x",
        "BYBIT_DEMO_API_KEY": "x",
        "NAUTILUS_PATH": "/x",
        "REDIS_URL": "redis://x",
        "REDIS_PORT_6379_TCP": "tcp://x",
        "REDIS_SERVICE_HOST": "x",
        "REDIS_EXPORTER_ADDRESS": "x",
        "RISK_FREE_RATE": "0.02",
        "PATH": "/bin",
        "HOST": "x",
    }
    assert TradingNodeSettings.from_env({**variables, **foreign}) == TradingNodeSettings.from_env(variables)


def test_unknown_variables_of_an_env_file_are_refused(
    variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path]
) -> None:
    """In an env file of ours everything with one of our prefixes must be known; other names are not our business."""
    strange = {
        "BINANCE_FUTURES_TESTNET_API_KEY": "hunter22",
        "BYBIT_TESTNET_API_KEY": "hunter22",
        "REDIS_EXPORTER_ADDRESS": "x",
        "BINACE_TESTNET": "true",
        "MY_STRATEGY_SIZE": "1",
    }
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env(env_file=write_env({**variables, **strange}))
    said = {problem.variable: problem for problem in caught.value.problems}
    assert set(said) == set(strange) - {"MY_STRATEGY_SIZE"}
    assert "write BINANCE_API_KEY" in said["BINANCE_FUTURES_TESTNET_API_KEY"].fix
    assert "read by upstream's adapters" in said["BINANCE_FUTURES_TESTNET_API_KEY"].problem
    assert "would have no effect" in said["BINACE_TESTNET"].problem
    assert "write BYBIT_API_KEY" in said["BYBIT_TESTNET_API_KEY"].fix
    assert said["BINACE_TESTNET"].fix == "did you mean BINANCE_TESTNET?"
    assert "hunter22" not in str(caught.value)


def test_testnet_and_production_force_what_they_promise(variables: dict[str, str]) -> None:
    """for_testnet cannot reach the real exchange, for_production drops test addresses, keys follow by their names."""
    settings = TradingNodeSettings.from_env({**variables, "NAUTILUS_ENVIRONMENT": "SANDBOX"})
    production = settings.for_production()
    assert production.binance is not None
    assert (production.binance.testnet, production.binance.base_url_http) == (False, None)
    assert production.environment.environment is TradingEnvironment.LIVE
    assert list(adapter_environment(production)) == ["BINANCE_API_KEY", "BINANCE_API_SECRET"]
    testnet = production.for_testnet()
    assert testnet.binance is not None
    assert testnet.binance.testnet is True
    assert list(adapter_environment(testnet)) == [
        "BINANCE_FUTURES_TESTNET_API_KEY",
        "BINANCE_FUTURES_TESTNET_API_SECRET",
    ]
    real = {**variables, "BINANCE_TESTNET": "false", "BINANCE_BASE_URL_HTTP": "https://fapi.binance.com"}
    real |= {
        "BINANCE_BASE_URL_WS": "wss://fstream.binance.com",
        "BINANCE_BASE_URL_WS_STREAM": "wss://fstream.binance.com",
    }
    with pytest.raises(ConfigurationError, match="is the real exchange"):
        TradingNodeSettings.from_env(real).for_testnet()
