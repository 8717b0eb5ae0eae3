"""Every wrong variable is refused by name, with its reason, without its secret, and together with all the others."""

from __future__ import annotations

import json
import traceback

import pytest

from nodecfg import ConfigurationError, TradingNodeSettings
from nodecfg.settings import BinanceCredentials, RedisConfig

# Changes to the right variables (None removes one), the variable that is blamed, a part of the reason.
BAD: list[tuple[dict[str, str | None], str, str]] = [
    # trader id
    ({"NAUTILUS_TRADER_ID": None}, "NAUTILUS_TRADER_ID", "is missing"),
    ({"NAUTILUS_TRADER_ID": ""}, "NAUTILUS_TRADER_ID", "is missing"),
    ({"NAUTILUS_TRADER_ID": "MM"}, "NAUTILUS_TRADER_ID", "NAME-TAG"),
    ({"NAUTILUS_TRADER_ID": "MM-"}, "NAUTILUS_TRADER_ID", "NAME-TAG"),
    ({"NAUTILUS_TRADER_ID": "-001"}, "NAUTILUS_TRADER_ID", "NAME-TAG"),
    ({"NAUTILUS_TRADER_ID": "MM-A-1"}, "NAUTILUS_TRADER_ID", "NAME-TAG"),
    ({"NAUTILUS_TRADER_ID": "MM 1-001"}, "NAUTILUS_TRADER_ID", "NAME-TAG"),
    ({"NAUTILUS_TRADER_ID": "MÜ-001"}, "NAUTILUS_TRADER_ID", "NAME-TAG"),
    ({"NAUTILUS_TRADER_ID": "MM-001\n"}, "NAUTILUS_TRADER_ID", "NAME-TAG"),
    ({"NAUTILUS_TRADER_ID": "MM:A-001"}, "NAUTILUS_TRADER_ID", "split at ':'"),
    ({"NAUTILUS_TRADER_ID": "MM*-001"}, "NAUTILUS_TRADER_ID", "glob"),
    ({"NAUTILUS_TRADER_ID": "MM[1]-001"}, "NAUTILUS_TRADER_ID", "glob"),
    ({"NAUTILUS_TRADER_ID": "MM-12345678"}, "NAUTILUS_TRADER_ID", "client order id"),
    ({"NAUTILUS_TRADER_ID": "M" * 40 + "-1"}, "NAUTILUS_TRADER_ID", "longer than 32"),
    # environment and logging
    ({"NAUTILUS_ENVIRONMENT": "live"}, "NAUTILUS_ENVIRONMENT", "'LIVE' or 'SANDBOX'"),
    ({"NAUTILUS_ENVIRONMENT": "BACKTEST"}, "NAUTILUS_ENVIRONMENT", "'LIVE' or 'SANDBOX'"),
    ({"NAUTILUS_LOG_LEVEL": "LOUD"}, "NAUTILUS_LOG_LEVEL", "'TRACE'"),
    ({"NAUTILUS_LOG_LEVEL": "OFF"}, "NAUTILUS_LOG_LEVEL", "'TRACE'"),
    ({"NAUTILUS_LOG_FILE_LEVEL": "INFO"}, "NAUTILUS_LOG_DIRECTORY", "is missing while NAUTILUS_LOG_FILE_LEVEL"),
    ({"NAUTILUS_LOG_DIRECTORY": "/var/log\n/x"}, "NAUTILUS_LOG_DIRECTORY", "control character"),
    ({"NAUTILUS_LOG_COLORS": "sometimes"}, "NAUTILUS_LOG_COLORS", "valid boolean"),
    # timeouts
    ({"NAUTILUS_TIMEOUT_CONNECTION": "0"}, "NAUTILUS_TIMEOUT_CONNECTION", "greater than or equal to 1"),
    ({"NAUTILUS_TIMEOUT_CONNECTION": "-1"}, "NAUTILUS_TIMEOUT_CONNECTION", "greater than or equal to 1"),
    ({"NAUTILUS_TIMEOUT_CONNECTION": "nan"}, "NAUTILUS_TIMEOUT_CONNECTION", "finite number"),
    ({"NAUTILUS_TIMEOUT_CONNECTION": "inf"}, "NAUTILUS_TIMEOUT_CONNECTION", "finite number"),
    ({"NAUTILUS_TIMEOUT_CONNECTION": "1e999"}, "NAUTILUS_TIMEOUT_CONNECTION", "finite number"),
    ({"NAUTILUS_TIMEOUT_RECONCILIATION": "2 minutes"}, "NAUTILUS_TIMEOUT_RECONCILIATION", "valid number"),
    ({"NAUTILUS_TIMEOUT_PORTFOLIO": "10s"}, "NAUTILUS_TIMEOUT_PORTFOLIO", "valid number"),
    ({"NAUTILUS_TIMEOUT_POST_STOP": "0"}, "NAUTILUS_TIMEOUT_POST_STOP", "greater than or equal to 0.1"),
    ({"NAUTILUS_TIMEOUT_DISCONNECTION": "3600"}, "NAUTILUS_TIMEOUT_DISCONNECTION", "less than or equal to 60"),
    # Redis
    ({"REDIS_HOST": "redis://127.0.0.1"}, "REDIS_HOST", "is a URL"),
    ({"REDIS_HOST": "127.0.0.1:6379"}, "REDIS_HOST", "contains ':'"),
    ({"REDIS_HOST": "::1"}, "REDIS_HOST", "IPv6"),
    ({"REDIS_HOST": "two words"}, "REDIS_HOST", "not a host name"),
    ({"REDIS_HOST": "a..b"}, "REDIS_HOST", "not a host name"),
    ({"REDIS_PORT": "0"}, "REDIS_PORT", "greater than or equal to 1"),
    ({"REDIS_PORT": "65536"}, "REDIS_PORT", "less than or equal to 65535"),
    ({"REDIS_PORT": "tcp://10.0.0.1:6379"}, "REDIS_PORT", "valid integer"),
    ({"REDIS_PORT": "9" * 5000}, "REDIS_PORT", "integer"),
    ({"REDIS_PASSWORD": "abc/def"}, "REDIS_PASSWORD", "unescaped"),
    ({"REDIS_PASSWORD": "abc#def"}, "REDIS_PASSWORD", "unescaped"),
    ({"REDIS_PASSWORD": "abc%41"}, "REDIS_PASSWORD", "unescaped"),
    ({"REDIS_PASSWORD": "abc?def"}, "REDIS_PASSWORD", "unescaped"),
    ({"REDIS_PASSWORD": "abc def"}, "REDIS_PASSWORD", "unescaped"),
    ({"REDIS_PASSWORD": 'abc"def'}, "REDIS_PASSWORD", "unescaped"),
    ({"REDIS_PASSWORD": "pässword-of-mine"}, "REDIS_PASSWORD", "unescaped"),
    ({"REDIS_PASSWORD": "abc\ndef"}, "REDIS_PASSWORD", "control character"),
    ({"REDIS_PASSWORD": "changeme"}, "REDIS_PASSWORD", "placeholder"),
    ({"REDIS_PASSWORD": None}, "REDIS_PASSWORD", "is missing while REDIS_USERNAME"),
    ({"REDIS_USERNAME": "a:b"}, "REDIS_USERNAME", "end the user name"),
    ({"REDIS_USERNAME": "a/b"}, "REDIS_USERNAME", "unescaped"),
    ({"REDIS_SSL": "tls"}, "REDIS_SSL", "valid boolean"),
    ({"REDIS_CONNECTION_TIMEOUT": "0.5"}, "REDIS_CONNECTION_TIMEOUT", "valid integer"),
    ({"REDIS_RESPONSE_TIMEOUT": "0"}, "REDIS_RESPONSE_TIMEOUT", "greater than or equal to 1"),
    # Binance keys
    ({"BINANCE_API_KEY": None}, "BINANCE_API_KEY", "is missing"),
    ({"BINANCE_API_SECRET": None}, "BINANCE_API_SECRET", "is missing"),
    ({"BINANCE_API_SECRET": "   "}, "BINANCE_API_SECRET", "space"),
    ({"BINANCE_API_KEY": "your-api-key"}, "BINANCE_API_KEY", "placeholder"),
    ({"BINANCE_API_KEY": "YOUR_API_KEY_HERE"}, "BINANCE_API_KEY", "placeholder"),
    ({"BINANCE_API_KEY": "xxxxxxxxxxxx"}, "BINANCE_API_KEY", "placeholder"),
    ({"BINANCE_API_KEY": "<api key>"}, "BINANCE_API_KEY", "placeholder"),
    ({"BINANCE_API_KEY": "${SOME_KEY}"}, "BINANCE_API_KEY", "placeholder"),
    ({"BINANCE_API_KEY": "{{ vault_key }}"}, "BINANCE_API_KEY", "placeholder"),
    ({"BINANCE_API_KEY": "short"}, "BINANCE_API_KEY", "shorter than"),
    ({"BINANCE_API_KEY": '"quoted-key-quoted"'}, "BINANCE_API_KEY", "quote"),
    ({"BINANCE_API_KEY": "key\twith-a-tab"}, "BINANCE_API_KEY", "control character"),
    ({"BINANCE_API_KEY": "kéy-with-an-accent"}, "BINANCE_API_KEY", "non-ASCII"),
    ({"BINANCE_API_SECRET": "first-line\nsecond-line"}, "BINANCE_API_SECRET", "control character"),
    (
        {"BINANCE_API_SECRET": "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----"},
        "BINANCE_API_SECRET",
        "PEM",
    ),
    (
        {"BINANCE_API_KEY": "same-as-it", "BINANCE_API_SECRET": "same-as-it"},
        "BINANCE_API_SECRET",
        "same as the API key",
    ),
    # Binance account
    ({"BINANCE_TESTNET": None}, "BINANCE_TESTNET", "is missing"),
    ({"BINANCE_TESTNET": "maybe"}, "BINANCE_TESTNET", "valid boolean"),
    ({"BINANCE_ACCOUNT_TYPE": "OPTIONS"}, "BINANCE_ACCOUNT_TYPE", "USDT_FUTURES"),
    ({"BINANCE_US": "true"}, "BINANCE_US", "no futures"),
    ({"BINANCE_INSTRUMENT_IDS": None}, "BINANCE_INSTRUMENT_IDS", "is missing"),
    ({"BINANCE_INSTRUMENT_IDS": "BTCUSDT"}, "BINANCE_INSTRUMENT_IDS", "names no venue"),
    ({"BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP"}, "BINANCE_INSTRUMENT_IDS", "names no venue"),
    ({"BINANCE_INSTRUMENT_IDS": "BTCUSDT.BINANCE"}, "BINANCE_INSTRUMENT_IDS", "spot name"),
    ({"BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BYBIT"}, "BINANCE_INSTRUMENT_IDS", "not at venue BINANCE"),
    ({"BINANCE_INSTRUMENT_IDS": "btcusdt-perp.BINANCE"}, "BINANCE_INSTRUMENT_IDS", "not in capitals"),
    ({"BINANCE_INSTRUMENT_IDS": "BTCUSD-PERP.BINANCE"}, "BINANCE_INSTRUMENT_IDS", "USD-margined"),
    ({"BINANCE_INSTRUMENT_IDS": "币安USDT-PERP.BINANCE"}, "BINANCE_INSTRUMENT_IDS", "not a futures instrument"),
    ({"BINANCE_INSTRUMENT_IDS": ".BINANCE"}, "BINANCE_INSTRUMENT_IDS", "names no venue"),
    ({"BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE,"}, "BINANCE_INSTRUMENT_IDS", "empty entry"),
    (
        {"BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE;ETHUSDT-PERP.BINANCE"},
        "BINANCE_INSTRUMENT_IDS",
        "not a futures",
    ),
    ({"BINANCE_INSTRUMENT_IDS": ",".join(["BTCUSDT-PERP.BINANCE"] * 2)}, "BINANCE_INSTRUMENT_IDS", "twice"),
    (
        {"BINANCE_INSTRUMENT_IDS": ",".join(f"A{i}USDT-PERP.BINANCE" for i in range(2_001))},
        "BINANCE_INSTRUMENT_IDS",
        "2001",
    ),
    # Binance addresses
    ({"BINANCE_BASE_URL_WS": None}, "BINANCE_BASE_URL_WS", "is missing while another base URL"),
    ({"BINANCE_BASE_URL_HTTP": None}, "BINANCE_BASE_URL_HTTP", "is missing while another base URL"),
    ({"BINANCE_BASE_URL_WS_STREAM": ""}, "BINANCE_BASE_URL_WS_STREAM", "is missing while another base URL"),
    ({"BINANCE_BASE_URL_HTTP": "127.0.0.1:8101"}, "BINANCE_BASE_URL_HTTP", "does not start with"),
    ({"BINANCE_BASE_URL_HTTP": "ws://127.0.0.1:8101"}, "BINANCE_BASE_URL_HTTP", "does not start with http"),
    ({"BINANCE_BASE_URL_WS": "http://127.0.0.1:8101"}, "BINANCE_BASE_URL_WS", "does not start with ws"),
    ({"BINANCE_BASE_URL_HTTP": "http://127.0.0.1:99999"}, "BINANCE_BASE_URL_HTTP", "is not a URL"),
    ({"BINANCE_BASE_URL_HTTP": "http://"}, "BINANCE_BASE_URL_HTTP", "no valid host"),
    ({"BINANCE_BASE_URL_HTTP": "http://[::1"}, "BINANCE_BASE_URL_HTTP", "is not a URL"),
    ({"BINANCE_BASE_URL_HTTP": "http://127.0.0.1:8101/?a=b"}, "BINANCE_BASE_URL_HTTP", "query"),
    ({"BINANCE_BASE_URL_HTTP": "http://me:hunter22@127.0.0.1"}, "BINANCE_BASE_URL_HTTP", "user name or password"),
    ({"BINANCE_BASE_URL_HTTP": "http://venue.example.com"}, "BINANCE_BASE_URL_HTTP", "unencrypted"),
    ({"BINANCE_BASE_URL_HTTP": "https://fapi.binance.com"}, "BINANCE_BASE_URL_HTTP", "is the real exchange"),
    ({"BINANCE_TESTNET": "false"}, "BINANCE_BASE_URL_HTTP", "keys of real money"),
    # engines
    ({"RECONCILIATION_STARTUP_DELAY_SECS": "5"}, "RECONCILIATION_STARTUP_DELAY_SECS", "greater than or equal to 10"),
    ({"RECONCILIATION_OPEN_CHECK_INTERVAL_SECS": "0"}, "RECONCILIATION_OPEN_CHECK_INTERVAL_SECS", "or equal to 1"),
    ({"RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": "1"}, "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS", "equal to 5"),
    ({"RISK_MAX_ORDER_SUBMIT_RATE": "100"}, "RISK_MAX_ORDER_SUBMIT_RATE", "COUNT/HH:MM:SS"),
    ({"RISK_MAX_ORDER_SUBMIT_RATE": "0/00:00:01"}, "RISK_MAX_ORDER_SUBMIT_RATE", "no order at all"),
    ({"RISK_MAX_ORDER_MODIFY_RATE": "10/00:00:00"}, "RISK_MAX_ORDER_MODIFY_RATE", "interval of zero"),
    ({"RISK_MAX_ORDER_MODIFY_RATE": "10/00:61:00"}, "RISK_MAX_ORDER_MODIFY_RATE", "COUNT/HH:MM:SS"),
    ({"RISK_MAX_NOTIONAL_PER_ORDER": "50000"}, "RISK_MAX_NOTIONAL_PER_ORDER", "not a JSON object"),
    ({"RISK_MAX_NOTIONAL_PER_ORDER": "{BTC: 1}"}, "RISK_MAX_NOTIONAL_PER_ORDER", "not a JSON object"),
    ({"RISK_MAX_NOTIONAL_PER_ORDER": "[" * 100_000}, "RISK_MAX_NOTIONAL_PER_ORDER", "not a JSON object"),
    ({"RISK_MAX_NOTIONAL_PER_ORDER": '{"BTCUSDT-PERP.BINANCE": 0}'}, "RISK_MAX_NOTIONAL_PER_ORDER", "above zero"),
    ({"RISK_MAX_NOTIONAL_PER_ORDER": '{"BTCUSDT-PERP.BINANCE": 1.5}'}, "RISK_MAX_NOTIONAL_PER_ORDER", "whole number"),
    ({"RISK_MAX_NOTIONAL_PER_ORDER": '{"BTCUSDT-PERP.BINANCE": true}'}, "RISK_MAX_NOTIONAL_PER_ORDER", "whole number"),
    ({"RISK_MAX_NOTIONAL_PER_ORDER": '{"BTCUSDT": 5}'}, "RISK_MAX_NOTIONAL_PER_ORDER", "names no venue"),
    (
        {"RISK_MAX_NOTIONAL_PER_ORDER": '{"ETHUSDT-PERP.BINANCE": 5}'},
        "RISK_MAX_NOTIONAL_PER_ORDER",
        "not among the loaded",
    ),
    (
        {"RISK_MAX_NOTIONAL_PER_ORDER": '{"BTCUSDT-PERP.BINANCE": 5, "BTCUSDT-PERP.BINANCE": 6}'},
        "RISK_MAX_NOTIONAL_PER_ORDER",
        "twice",
    ),
    # service
    ({"READY_TIMEOUT": "0"}, "READY_TIMEOUT", "greater than or equal to 1"),
    ({"READY_DATA_TIMEOUT": "soon"}, "READY_DATA_TIMEOUT", "valid number"),
    ({"READY_DATA_EXCEPT": "ETHUSDT-PERP.BINANCE"}, "READY_DATA_EXCEPT", "not among the loaded"),
    ({"SHUTDOWN_POLICY": "panic"}, "SHUTDOWN_POLICY", "'keep', 'cancel' or 'flatten'"),
    ({"SHUTDOWN_TIMEOUT": "90"}, "SHUTDOWN_TIMEOUT", "less than or equal to 80"),
    ({"SHUTDOWN_TIMEOUT": "15"}, "SHUTDOWN_TIMEOUT", "is shorter than the stop of upstream may take (20 s"),
    ({"NAUTILUS_TIMEOUT_POST_STOP": "40"}, "SHUTDOWN_TIMEOUT", "is shorter than"),
    # misspelt names
    ({"BINANCE_API_SECERT": "hunter22hunter22"}, "BINANCE_API_SECERT", "is not a setting"),
    ({"redis_host": "127.0.0.1"}, "redis_host", "is not a setting"),
    ({"NAUTILUS_LOGLEVEL": "INFO"}, "NAUTILUS_LOGLEVEL", "is not a setting"),
    ({"NAUTLIUS_TRADER_ID": "MM-002"}, "NAUTLIUS_TRADER_ID", "is not a setting"),
]


def _changed(variables: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    merged = {**variables, **{name: value for name, value in changes.items() if value is not None}}
    return {name: value for name, value in merged.items() if changes.get(name, "") is not None}


def _everything_said(error: ConfigurationError) -> str:
    printed = "".join(traceback.format_exception(error))
    return "\n".join([str(error), repr(error), repr(error.problems), json.dumps(error.as_dict()), printed])


@pytest.mark.parametrize(("changes", "variable", "reason"), BAD, ids=[f"{b[1]}-{i}" for i, b in enumerate(BAD)])
def test_refuses(
    variables: dict[str, str],
    secrets: tuple[str, ...],
    changes: dict[str, str | None],
    variable: str,
    reason: str,
) -> None:
    """A wrong variable gives exactly one problem that names it, its reason and a fix, and no secret anywhere."""
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env(_changed(variables, changes))
    blamed = [problem for problem in caught.value.problems if problem.variable == variable]
    assert len(blamed) == 1
    assert reason in blamed[0].problem
    assert blamed[0].fix
    said = _everything_said(caught.value)
    assert "pydantic" not in said
    assert len(max(said.splitlines(), key=len)) < 20_000
    given = [
        value for name, value in changes.items() if value and name.endswith(("KEY", "SECRET", "PASSWORD", "SECERT"))
    ]
    assert not [secret for secret in (*secrets, *given) if len(secret.strip()) > 5 and secret in said]
    assert "hunter22" not in said


def test_right_variables_are_accepted(variables: dict[str, str]) -> None:
    """The variables that the table breaks one by one are right as they stand."""
    assert TradingNodeSettings.from_env(variables).environment.trader_id == "MM-001"


def test_tells_all_problems_at_once(variables: dict[str, str]) -> None:
    """Problems of several families, of one family, between fields, and misspelt names come in one error."""
    wrong = {
        **variables,
        "NAUTILUS_TRADER_ID": "A:B",
        "REDIS_PORT": "0",
        "REDIS_PASSWORD": "changeme",
        "BINANCE_TESTNET": "maybe",
        "BINANCE_API_SECRET": variables["BINANCE_API_KEY"],
        "SHUTDOWN_TIMEOUT": "6",
        "REDIS_PROT": "1",
    }
    del wrong["BINANCE_BASE_URL_WS"]
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env(wrong)
    assert [problem.variable for problem in caught.value.problems] == [
        "REDIS_PROT",
        "NAUTILUS_TRADER_ID",
        "REDIS_PORT",
        "REDIS_PASSWORD",
        "BINANCE_TESTNET",
        "BINANCE_API_SECRET",
        "BINANCE_BASE_URL_WS",
        "SHUTDOWN_TIMEOUT",
    ]
    assert caught.value.exit_code == 78
    assert str(caught.value).startswith("8 problems in the configuration:\n")


def test_no_venue_is_a_problem(variables: dict[str, str]) -> None:
    """Without any Binance variable there is nothing to trade on, and the message says which variables to set."""
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env({k: v for k, v in variables.items() if not k.startswith("BINANCE_")})
    assert [problem.variable for problem in caught.value.problems] == ["BINANCE_API_KEY"]
    assert "no venue" in caught.value.problems[0].problem


def test_api_key_removed_names_it_and_nothing_else(variables: dict[str, str]) -> None:
    """An operator who removed BINANCE_API_KEY reads that name alone."""
    del variables["BINANCE_API_KEY"]
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env(variables)
    assert [problem.variable for problem in caught.value.problems] == ["BINANCE_API_KEY"]


def test_sandbox_never_trades_real_money(variables: dict[str, str]) -> None:
    """NAUTILUS_ENVIRONMENT=SANDBOX together with BINANCE_TESTNET=false is refused."""
    real = {k: v for k, v in variables.items() if "BASE_URL" not in k} | {"BINANCE_TESTNET": "false"}
    assert TradingNodeSettings.from_env(real).binance is not None
    with pytest.raises(ConfigurationError, match="would send orders to the real exchange"):
        TradingNodeSettings.from_env({**real, "NAUTILUS_ENVIRONMENT": "SANDBOX"})


def test_did_you_mean_names_the_nearest_variable(variables: dict[str, str]) -> None:
    """A misspelt variable is answered with the right one, and its value stays hidden: it may be a secret."""
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env({**variables, "BINANCE_API_SECERT": "hunter22hunter22"})
    (problem,) = caught.value.problems
    assert problem.fix == "did you mean BINANCE_API_SECRET?"
    assert problem.value_masked == "********"


def test_python_construction_raises_the_same_error() -> None:
    """Settings made in Python raise ConfigurationError with variables, never pydantic's error with values."""
    password = "/".join(["bad", "pass"])
    with pytest.raises(ConfigurationError) as caught:
        RedisConfig(port=0, username="u", password=password)
    assert [problem.variable for problem in caught.value.problems] == ["REDIS_PORT", "REDIS_PASSWORD"]
    assert "bad/pass" not in _everything_said(caught.value)
    with pytest.raises(ConfigurationError, match="is not a setting"):
        RedisConfig(prot=1)  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="no venue"):
        TradingNodeSettings(environment={"trader_id": "MM-001"})  # type: ignore[call-arg]


def test_a_secret_that_stands_in_a_message_is_scrubbed(variables: dict[str, str], secrets: tuple[str, ...]) -> None:
    """A secret pasted into another variable too is masked there as well."""
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env({**variables, "BINANCE_INSTRUMENT_IDS": secrets[0] + ".BINANCE"})
    assert secrets[0] not in _everything_said(caught.value)


def test_settings_are_frozen(variables: dict[str, str]) -> None:
    """Nobody changes a setting after it was checked."""
    settings = TradingNodeSettings.from_env(variables)
    with pytest.raises(Exception, match="frozen"):
        settings.redis.port = 1  # type: ignore[misc]
    assert isinstance(settings.binance, BinanceCredentials)
