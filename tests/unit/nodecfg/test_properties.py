"""Whatever the variables hold: right ones build a config, wrong ones give named problems, nothing crashes or leaks."""

from __future__ import annotations

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec.structs import replace
from nautilus_trader.live.config import TradingNodeConfig

from nodecfg import ConfigurationError, Problem, TradingNodeConfigFactory, TradingNodeSettings, adapter_environment
from nodecfg.settings import SECTIONS
from tests.support.cases import cases
from tests.unit.nodecfg.space import right_variables

KNOWN = [name for section in SECTIONS.values() for name in section.variables()]
SECRET = [name for section in SECTIONS.values() for name in section.secret_variables()]
FILES = [name for name in KNOWN if name.endswith("_FILE")]
# Printable and not: quotes, line breaks, NUL, surrogates' neighbours, right-to-left marks, huge numbers.
TEXT = st.one_of(
    st.text(max_size=40),
    st.text("0123456789-+.eE_naif", max_size=12),
    st.sampled_from(
        ["\x00", "'", '"', "\u202e", "1e400", "9" * 4301, "true ", "{}", "[]", "null", "a=b", "off", "\U0010ffff"]
    ),
)


def _survives(config: TradingNodeConfig) -> bool:
    # Types are what upstream writes and cannot read; nodecfg.factory tells.
    if config.streaming is not None:
        assert config.streaming.include_types
        config = replace(config, streaming=replace(config.streaming, include_types=None))
    return bool(TradingNodeConfig.parse(config.json()) == config)


@cases(usual=60)
@given(variables=right_variables())
def test_right_settings_build_a_config_that_survives_upstream(variables: dict[str, str]) -> None:
    """Any right settings build a config that upstream's decoder reads back equal, and that holds no venue key."""
    settings = TradingNodeSettings.from_env(variables)
    event(f"{len(settings.accounts)} clients")
    config = TradingNodeConfigFactory.from_settings(settings)
    assert _survives(config)
    assert list(config.exec_clients) == [account.client for account in settings.accounts]
    text = config.json().decode()
    keys = {value.get_secret_value() for value in adapter_environment(settings).values()}
    assert not [key for key in keys if key in text]


@cases(usual=60)
@given(right=right_variables(), wrong=st.dictionaries(st.sampled_from(KNOWN), TEXT, min_size=1, max_size=6))
def test_any_text_is_taken_or_refused_by_name(right: dict[str, str], wrong: dict[str, str]) -> None:
    """Any text in any variable is either accepted and buildable, or refused with known names and without secrets."""
    variables = {name: text for name, text in {**right, **wrong}.items() if name not in FILES}
    problems: tuple[Problem, ...] = ()
    try:
        assert _survives(TradingNodeConfigFactory.from_settings(TradingNodeSettings.from_env(variables)))
    except ConfigurationError as error:
        problems = error.problems
    event("refused" if problems else "accepted")
    assert {problem.variable for problem in problems} <= set(KNOWN)
    assert all(problem.problem and problem.fix for problem in problems)
    masked = [problem.value_masked for problem in problems if problem.variable in SECRET]
    assert set(masked) <= {"********", "(not set)"}


@cases(usual=60)
@given(
    secret=st.text("abcdefghkmnpqrstuvwxyz23456789", min_size=16, max_size=64).filter(lambda text: len(set(text)) > 4),
    elsewhere=st.sampled_from([name for name in KNOWN if name not in SECRET]),
)
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
