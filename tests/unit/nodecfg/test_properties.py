"""Whatever the variables hold: right ones build a config, wrong ones give named problems, nothing crashes or leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis
import msgspec
import pytest
from hypothesis import Phase, event, given
from hypothesis import strategies as st
from msgspec.structs import replace
from nautilus_trader.live.config import TradingNodeConfig

from nodecfg import ConfigurationError, Problem, TradingNodeConfigFactory, TradingNodeSettings, adapter_environment
from nodecfg.overrides import field_paths
from nodecfg.render import render
from nodecfg.settings import SECTIONS
from tests.unit.nodecfg.space import Drawn, profile, right_settings

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = [name for section in SECTIONS.values() for name in section.variables()]
SECRET = [name for section in SECTIONS.values() for name in section.secret_variables()]
PATHS = [*field_paths(), "no.such_field", "data_clients.BINANCE.us", "exec_clients.BYBIT.max_retries"]
PLACES = ("overrides.yaml", "strategies.yaml")
SINGLE = {
    *("SPOT_HEDGE_MODE", "SPOT_LEVERAGES", "SPOT_MARGIN_TYPES", "COIN_FUTURES_US", "COIN_FUTURES_DEMO"),
    *("US", "MARGIN_HEDGE_MODE", "MARGIN_LEVERAGES", "MARGIN_MARGIN_TYPES", "MARGIN_US", "NAUTILUS_CATALOG_PATH"),
}
FILES = [name for name in KNOWN if name.endswith("_FILE")]
# Printable and not: quotes, line breaks, NUL, surrogates' neighbours, right-to-left marks, huge numbers.
TEXT = st.one_of(
    st.text(max_size=40),
    st.text("0123456789-+.eE_naif", max_size=12),
    st.sampled_from(
        ["\x00", "'", '"', "\u202e", "1e400", "9" * 4301, "true ", "{}", "[]", "null", "a=b", "off", "\U0010ffff"]
    ),
)

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT.filter(lambda text: "\x00" not in text)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("ab.", max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def _survives(config: TradingNodeConfig) -> bool:
    # Types are what upstream writes and cannot read; nodecfg.factory tells.
    if config.streaming is not None:
        assert config.streaming.include_types
        config = replace(config, streaming=replace(config.streaming, include_types=None))
    return bool(TradingNodeConfig.parse(config.json()) == config)


@profile(usual=60)
@given(drawn=right_settings())
def test_right_settings_build_a_config_that_survives_upstream(drawn: Drawn, tmp_path: Path) -> None:
    """Any right settings build a config that upstream's decoder reads back equal, and that holds no venue key."""
    settings = TradingNodeSettings.from_env(drawn.placed(tmp_path))
    event(f"{len(settings.accounts)} clients")
    config = TradingNodeConfigFactory.from_settings(settings)
    assert _survives(config)
    assert list(config.exec_clients) == [account.client for account in settings.accounts]
    assert len(config.strategies) == len(drawn.files.get("strategies", {}).get("strategies", []))
    text = config.json().decode()
    keys = {value.get_secret_value() for value in adapter_environment(settings).values()}
    assert not [key for key in keys if key in text]


@profile(usual=40)
@given(drawn=right_settings())
def test_render_is_taken_by_upstreams_module_or_names_the_variable(drawn: Drawn, tmp_path: Path) -> None:
    """What is rendered is decoded as upstream's own command does, or each field in the way is named."""
    settings = TradingNodeSettings.from_env(drawn.placed(tmp_path))
    rendered = render(settings, as_default_trader=True, with_secrets=True)
    event("refused" if rendered.refused else "taken")
    named = {problem.variable for problem in rendered.refused}
    assert named <= {*KNOWN, "overrides.yaml instance_id"}
    if not named:
        module = msgspec.json.decode(rendered.text, type=TradingNodeConfig)
        built = TradingNodeConfigFactory.from_settings(settings)
        assert replace(module, trader_id=built.trader_id, data_clients={}, exec_clients={}) == replace(
            built, data_clients={}, exec_clients={}
        )
    elif named != {"NAUTILUS_CATALOG_INCLUDE_TYPES"}:  # types are left out, as upstream reads them nowhere
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(rendered.text, type=TradingNodeConfig)


@profile(usual=60)
@given(drawn=right_settings(), wrong=st.dictionaries(st.sampled_from(KNOWN), TEXT, min_size=1, max_size=6))
def test_any_text_is_taken_or_refused_by_name(drawn: Drawn, wrong: dict[str, str], tmp_path: Path) -> None:
    """Any text in any variable is either accepted and buildable, or refused by variable or place, without secrets."""
    variables = {**drawn.placed(tmp_path), **{name: text for name, text in wrong.items() if name not in FILES}}
    problems: tuple[Problem, ...] = ()
    try:
        assert _survives(TradingNodeConfigFactory.from_settings(TradingNodeSettings.from_env(variables)))
    except ConfigurationError as error:
        problems = error.problems
    event("refused" if problems else "accepted")
    # A file can be wrong beside a changed variable: an instrument that is no longer loaded, a client that is gone.
    assert {problem.variable for problem in problems if not problem.variable.startswith(PLACES)} <= set(KNOWN)
    assert all(problem.problem and problem.fix for problem in problems)
    masked = [problem.value_masked for problem in problems if problem.variable in SECRET]
    assert set(masked) <= {"********", "(not set)"}


@st.composite
def _files(draw: st.DrawFn) -> Drawn:
    """Draw right settings with files that are right, too, or wrong in one of them or in both."""
    drawn = draw(right_settings())
    files = dict(drawn.files)
    wrong = draw(st.sampled_from(["overrides", "strategies", "both", "neither"]))
    if wrong in {"overrides", "both"}:
        files["overrides"] = draw(st.dictionaries(st.sampled_from(PATHS), JSON, min_size=1, max_size=4))
    if wrong in {"strategies", "both"}:
        place = draw(st.sampled_from(["strategies", "actors", "exec_algorithms"]))
        keys = st.sampled_from(["strategy_path", "config_path", "config", "claims", "x"])
        entry = draw(st.dictionaries(keys, JSON, min_size=1))
        files["strategies"] = {**files.get("strategies", {}), place: [entry]}
    event("wrong: " + wrong)
    return Drawn(drawn.variables, files)


@profile(usual=60)
@given(drawn=_files())
def test_any_file_is_taken_or_refused_by_place(drawn: Drawn, tmp_path: Path) -> None:
    """Any value at any path of upstream, and any entry among the strategies, is built or refused by its place."""
    variables = drawn.placed(tmp_path)
    problems: tuple[Problem, ...] = ()
    try:
        assert _survives(TradingNodeConfigFactory.from_settings(TradingNodeSettings.from_env(variables)))
    except ConfigurationError as error:
        problems = error.problems
    event("refused" if problems else "accepted")
    assert all(problem.variable.startswith(PLACES) for problem in problems), problems
    assert all(problem.problem and problem.fix for problem in problems)


def test_the_space_reaches_every_variable() -> None:
    """Every variable of every model is drawn, most with several values: a new setting cannot stay outside."""
    drawn: dict[str, set[str]] = {name: set() for name in KNOWN}

    @hypothesis.settings(profile(700), max_examples=700, derandomize=True, database=None, phases=[Phase.generate])
    @given(one=right_settings())
    def draw(one: Drawn) -> None:
        for name, text in one.variables.items():
            drawn[name].add(text)
        for name in one.files:
            drawn[f"NAUTILUS_{name.upper()}_FILE"].add(str(one.files[name]))

    draw()
    assert [name for name, values in drawn.items() if not values] == []
    single = {name for name, values in drawn.items() if len(values) == 1}
    # Switches that the account type cannot have at all, the path of the catalog, and US, which is seldom true.
    assert {name.rpartition("BINANCE_")[2] for name in single} <= SINGLE


@profile(usual=60)
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
