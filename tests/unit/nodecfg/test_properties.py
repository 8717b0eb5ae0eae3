"""Whatever the variables hold: right ones build a config, wrong ones give named problems, nothing crashes or leaks."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nautilus_trader.live.config import TradingNodeConfig

from nodecfg import ConfigurationError, Problem, TradingNodeConfigFactory, TradingNodeSettings
from nodecfg.settings import SECTIONS

KNOWN = [name for section in SECTIONS.values() for name in section.variables()]
SECRET = [name for section in SECTIONS.values() for name in section.secret_variables()]
WORD = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=7)
KEY = st.text(string.ascii_letters + string.digits, min_size=16, max_size=64).filter(lambda text: len(set(text)) > 4)
SYMBOL = st.text(string.ascii_uppercase, min_size=1, max_size=8).map(lambda base: f"{base}USDT-PERP.BINANCE")
RATE = st.tuples(st.integers(1, 999), st.integers(0, 59)).map(lambda pair: f"{pair[0]}/00:{pair[1]:02d}:01")

RIGHT = st.fixed_dictionaries(
    {
        "NAUTILUS_TRADER_ID": st.tuples(WORD, WORD).map("-".join),
        "BINANCE_API_KEY": KEY,
        "BINANCE_API_SECRET": KEY.map(lambda text: f"secret{text}"),
        "BINANCE_TESTNET": st.sampled_from(["true", "false", "1", "no"]),
        "BINANCE_INSTRUMENT_IDS": st.lists(SYMBOL, min_size=1, max_size=5, unique=True).map(",".join),
    },
    optional={
        "NAUTILUS_LOG_LEVEL": st.sampled_from(["TRACE", "debug", "Info", "WARN", "ERROR"]),
        "NAUTILUS_TIMEOUT_CONNECTION": st.floats(1, 600).map(str),
        "NAUTILUS_TIMEOUT_RECONCILIATION": st.integers(1, 1800).map(str),
        "NAUTILUS_TIMEOUT_POST_STOP": st.floats(0.1, 30).map(str),
        "REDIS_HOST": st.sampled_from(["localhost", "10.1.2.3", "redis.internal"]),
        "REDIS_PORT": st.integers(1, 65535).map(str),
        "REDIS_PASSWORD": KEY,
        "REDIS_SSL": st.sampled_from(["true", "false"]),
        "RECONCILIATION_STARTUP_DELAY_SECS": st.floats(10, 600).map(str),
        "RECONCILIATION_OPEN_CHECK_INTERVAL_SECS": st.floats(1, 3600).map(str),
        "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": st.floats(5, 3600).map(str),
        "RISK_MAX_ORDER_SUBMIT_RATE": RATE,
        "RISK_MAX_ORDER_MODIFY_RATE": RATE,
        "READY_TIMEOUT": st.integers(1, 3600).map(str),
        "SHUTDOWN_POLICY": st.sampled_from(["keep", "cancel", "flatten"]),
        "SHUTDOWN_TIMEOUT": st.integers(45, 80).map(str),
    },
)
# Printable and not: quotes, line breaks, NUL, surrogates' neighbours, right-to-left marks, huge numbers.
TEXT = st.one_of(
    st.text(max_size=40),
    st.text("0123456789-+.eE_naif", max_size=12),
    st.sampled_from(
        ["\x00", "'", '"', "\u202e", "1e400", "9" * 4301, "true ", "{}", "[]", "null", "a=b", "\U0010ffff"]
    ),
)
MODERATE = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MODERATE
@given(variables=RIGHT)
def test_right_settings_build_a_config_that_survives_upstream(variables: dict[str, str]) -> None:
    """Any right settings build a config that upstream's decoder reads back equal, and that holds no venue key."""
    config = TradingNodeConfigFactory.from_env(variables)
    text = config.json()
    assert TradingNodeConfig.parse(text) == config
    assert variables["BINANCE_API_SECRET"].encode() not in text


@MODERATE
@given(right=RIGHT, wrong=st.dictionaries(st.sampled_from(KNOWN), TEXT, min_size=1, max_size=6))
def test_any_text_is_taken_or_refused_by_name(right: dict[str, str], wrong: dict[str, str]) -> None:
    """Any text in any variable is either accepted and buildable, or refused with known names and without secrets."""
    variables = {**right, **wrong}
    problems: tuple[Problem, ...] = ()
    try:
        accepted = TradingNodeSettings.from_env({k: v for k, v in variables.items() if k != "NAUTILUS_STRATEGIES_FILE"})
        TradingNodeConfigFactory.from_settings(accepted)
    except ConfigurationError as error:
        problems = error.problems
    assert {problem.variable for problem in problems} <= set(KNOWN)
    assert all(problem.problem and problem.fix for problem in problems)
    masked = [problem.value_masked for problem in problems if problem.variable in SECRET]
    assert set(masked) <= {"********", "(not set)"}


@MODERATE
@given(secret=KEY, elsewhere=st.sampled_from([name for name in KNOWN if name not in SECRET]))
def test_a_secret_in_the_wrong_variable_is_never_printed(secret: str, elsewhere: str) -> None:
    """A secret that was also pasted into another variable appears in no message."""
    variables = {
        "NAUTILUS_TRADER_ID": "MM-001",
        "BINANCE_API_KEY": "kQ7pLr2vTz9XbN4mWc8s",
        "BINANCE_API_SECRET": secret,
        "BINANCE_TESTNET": "maybe",
        "BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE",
        elsewhere: secret,
    }
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env({**variables, "READY_TIMEOUT": "never"})
    assert secret not in str(caught.value)
