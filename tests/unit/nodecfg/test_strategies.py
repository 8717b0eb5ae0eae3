"""strategies.yaml is accepted only when every strategy in it can be imported, constructed and kept apart."""

from __future__ import annotations

import importlib
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from nodecfg import ConfigurationError, TradingNodeConfigFactory, TradingNodeSettings, load_strategies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODULE = """
from decimal import Decimal
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import TimeInForce
from nautilus_trader.model.identifiers import ClientId, InstrumentId
from nautilus_trader.model.objects import Price
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy


class QuoterConfig(StrategyConfig, frozen=True):
    instrument_id: InstrumentId
    spread: Decimal = Decimal("0.001")
    levels: int = 3
    hedge: list[InstrumentId] = []
    sizes: dict[str, list[InstrumentId]] = {}
    bars: BarType | None = None
    client: ClientId | None = None
    tick: Price | None = None
    api_secret: str | None = None

    def __post_init__(self):
        if self.levels > 10:
            raise ValueError("too many levels")


class OtherConfig(StrategyConfig, frozen=True):
    pass


class Quoter(Strategy):
    def __init__(self, config: QuoterConfig) -> None:
        super().__init__(config)


class Needy(Strategy):
    def __init__(self, config: QuoterConfig, extra: int) -> None:
        super().__init__(config)


class NotAStrategy:
    pass
"""

# YAML of one entry's lines, the place that is blamed, a part of the reason, a part of the fix.
BAD: list[tuple[str, str, str, str]] = [
    (
        "config: {instrument_id: BTCUSDT-PERP.BINANCE, spraed: 1}",
        "config.spraed",
        "not a field",
        "did you mean spread?",
    ),
    ("config: {}", "config.instrument_id", "is missing", "InstrumentId"),
    ("config:", "config.instrument_id", "is missing", "InstrumentId"),
    ("config: 5", "config", "is not a mapping", "fields"),
    ("config: {instrument_id: BTCUSDT}", "config.instrument_id", "missing '.'", "InstrumentId"),
    ("config: {instrument_id: 5}", "config.instrument_id", "expected text, got int", "InstrumentId"),
    ("config: {instrument_id: 'Ä-PERP.BINANCE'}", "config.instrument_id", "aborts the process", "InstrumentId"),
    ("config: {instrument_id: ''}", "config.instrument_id", "is empty", "InstrumentId"),
    ("config: {instrument_id: A.BINANCE, levels: many}", "config.levels", "expected 'int'", "int"),
    ("config: {instrument_id: A.BINANCE, levels: 11}", "config", "too many levels", "correct"),
    ("config: {instrument_id: A.BINANCE, spread: wide}", "config.spread", "", "Decimal"),
    ("config: {instrument_id: A.BINANCE, hedge: [A]}", "config.hedge", "missing '.'", "InstrumentId"),
    ("config: {instrument_id: A.BINANCE, bars: hourly}", "config.bars", "BarType", "BarType"),
    ("config: {instrument_id: A.BINANCE, client: 'Ä'}", "config.client", "aborts the process", "ClientId"),
    ("config: {instrument_id: A.BINANCE, tick: '1e40'}", "config.tick", "range", "Price"),
    ("config: {instrument_id: A.BINANCE, tick: inf}", "config.tick", "Infinity", "Price"),
    (
        "config: {instrument_id: A.BINANCE, oms_type: HEDGE}",
        "config.oms_type",
        "aborts the process",
        "NETTING or HEDGING",
    ),
    ("config: {instrument_id: A.BINANCE, strategy_id: MM-1}", "config.strategy_id", "TypeError", "order_id_tag"),
    ("config: {instrument_id: A.BINANCE, strategy_id: 'a--'}", "config.strategy_id", "NAME-TAG", "StrategyId"),
    ("config: {instrument_id: A.BINANCE, order_id_tag: 'a:b'}", "config.order_id_tag", "split at ':'", "'001'"),
    ("config: {instrument_id: A.BINANCE, order_id_tag: ''}", "config.order_id_tag", "letters and digits", "'001'"),
    ("config: {instrument_id: A.BINANCE, order_id_tag: 1}", "config.order_id_tag", "expected", "str"),
    (
        "config: {instrument_id: A.BINANCE, market_exit_time_in_force: SOON}",
        "config.market_exit_time_in_force",
        "expected 'int'",
        "1 = GTC",
    ),
    ("config: {instrument_id: A.BINANCE, levels: .nan}", "config.levels", "expected 'int'", "int"),
    ("strategy_path: lab_strategies:Quotre", "strategy_path", "no class 'Quotre'", "did you mean Quoter?"),
    ("strategy_path: lab_strategies:NotAStrategy", "strategy_path", "not a subclass of Strategy", "derives from"),
    ("strategy_path: lab_strategies:Needy", "strategy_path", "cannot be constructed", "def __init__(self, config"),
    ("strategy_path: lab_strategies.Quoter", "strategy_path", "not package.module:Class", "one colon"),
    ("strategy_path:", "strategy_path", "is missing", "package.module:Class"),
    ("config_path:", "config_path", "is missing", "package.module:Class"),
    ("config: {instrument_id: A.BINANCE, sizes: {a: [B]}}", "config.sizes", "missing '.'", "InstrumentId"),
    ("strategy_path: 7", "strategy_path", "not package.module:Class", "one colon"),
    (
        "strategy_path: no_such_package.quoter:Quoter",
        "strategy_path",
        "no module named 'no_such_package'",
        "correct the path",
    ),
    ("strategy_path: lab_broken:Quoter", "strategy_path", "ZeroDivisionError", "correct the module"),
    ("strategy_path: lab_needs:Quoter", "strategy_path", "no module named 'no_such_library'", "beside it"),
    ("strategy_path: lab_exits:Quoter", "strategy_path", "SystemExit", "correct the module"),
    ("config_path: lab_strategies:OtherConfig", "config_path", "takes QuoterConfig", "lab_strategies:QuoterConfig"),
    ("config_path: lab_strategies:Quoter", "config_path", "not a subclass of StrategyConfig", "derives from"),
    ("strategy_pth: lab_strategies:Quoter", "strategy_pth", "not known here", "did you mean strategy_path?"),
]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Importable modules: one with strategies, others that fail in every way."""
    for name, source in {
        "lab_strategies": MODULE,
        "lab_broken": "1 / 0",
        "lab_needs": "import no_such_library",
        "lab_exits": "raise SystemExit(3)",
    }.items():
        (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a strategies.yaml and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "strategies.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _entry(line: str = "config: {instrument_id: BTCUSDT-PERP.BINANCE}") -> str:
    fields = {
        "strategy_path": "lab_strategies:Quoter",
        "config_path": "lab_strategies:QuoterConfig",
        "config": "{instrument_id: BTCUSDT-PERP.BINANCE}",
    }
    name, _, value = line.partition(":")
    fields[name] = value.strip()
    first, *rest = (f"{key}: {value}" for key, value in fields.items())
    return "\n".join([f"  - {first}", *(f"    {other}" for other in rest)]) + "\n"


@pytest.mark.usefixtures("package")
def test_loads_what_upstream_takes(write: Callable[[str], Path]) -> None:
    """A right file becomes upstream's importable configs, with plain JSON values."""
    config = "config: {instrument_id: BTCUSDT-PERP.BINANCE, spread: '0.002', order_id_tag: '001', oms_type: netting}"
    (loaded,) = load_strategies(write("strategies:\n" + _entry(config)))
    assert loaded.strategy_path == "lab_strategies:Quoter"
    assert loaded.config == {
        "instrument_id": "BTCUSDT-PERP.BINANCE",
        "spread": "0.002",
        "order_id_tag": "001",
        "oms_type": "netting",
    }


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(("line", "place", "reason", "fix"), BAD, ids=[f"{b[1]}-{i}" for i, b in enumerate(BAD)])
def test_refuses(write: Callable[[str], Path], line: str, place: str, reason: str, fix: str) -> None:
    """What is wrong with an entry is told by its place, reason and fix; nothing aborts the process."""
    with pytest.raises(ConfigurationError) as caught:
        load_strategies(write("strategies:\n" + _entry(line)))
    blamed = [p for p in caught.value.problems if p.variable == f"strategies.yaml strategies[0].{place}"]
    assert blamed, caught.value
    assert reason in blamed[0].problem
    assert fix in blamed[0].fix


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("- 1\n", "is not a mapping"),
        ("strategies: 1\n", "is not a list"),
        ("strategies: []\n", "is missing or empty"),
        ("strategies: [1]\n", "is not a mapping"),
        ("strategis: []\n", "did you mean strategies?"),
        ("strategies:\n  - a: 1\n    a: 2\n", "key 'a' is given twice (line 3, column 5)"),
        ("strategies:\n\t- a\n", "is not YAML"),
        ("strategies: [", "is not YAML"),
        ("a: !!python/object:os.system {}\n", "is not YAML"),
        ("a: 2024-13-45\n", "is not YAML"),
        ("[" * 5000, "is nested too deeply"),
    ],
)
def test_refuses_files_of_another_shape(write: Callable[[str], Path], text: str, reason: str) -> None:
    """A file that is no list of strategies says why, with the line where YAML ends."""
    with pytest.raises(ConfigurationError) as caught:
        load_strategies(write(text))
    assert reason in str(caught.value)
    assert "strategies.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"#" * 1_000_001, "larger than 1 MB"),
        (b"a: \xe9\n", "is not UTF-8 text"),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_names_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """A huge file, one of another encoding and a directory are named with the reason."""
    path = tmp_path / "strategies.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=reason):
        load_strategies(path)


def test_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A path that leads nowhere is named together with the variable it came from."""
    with pytest.raises(ConfigurationError, match="does not exist; create it, or correct NAUTILUS_STRATEGIES_FILE"):
        load_strategies(tmp_path / "nowhere.yaml")


@pytest.mark.usefixtures("package")
def test_tells_the_problems_of_all_entries(write: Callable[[str], Path]) -> None:
    """Every entry is checked, whatever is wrong with the one before it."""
    text = "strategies:\n" + _entry("strategy_path: lab_strategies:Quotre") + _entry("config: {levels: x, spraed: 1}")
    with pytest.raises(ConfigurationError) as caught:
        load_strategies(write(text))
    assert [problem.variable.partition(" ")[2] for problem in caught.value.problems] == [
        "strategies[0].strategy_path",
        "strategies[1].config.levels",
        "strategies[1].config.spraed",
        "strategies[1].config.instrument_id",
    ]


@pytest.mark.usefixtures("package")
def test_two_strategies_need_tags_of_their_own(write: Callable[[str], Path]) -> None:
    """Two strategies without tags, or with one tag, would take over each other's orders and state."""
    with pytest.raises(ConfigurationError, match="by their order in the file"):
        load_strategies(write("strategies:\n" + _entry() * 2))
    tagged = _entry("config: {instrument_id: BTCUSDT-PERP.BINANCE, order_id_tag: '001'}")
    with pytest.raises(ConfigurationError, match=r"is taken by strategies.yaml strategies\[0\]"):
        load_strategies(write("strategies:\n" + tagged * 2))
    assert len(load_strategies(write("strategies:\n" + tagged + tagged.replace("001", "002")))) == 2


@pytest.mark.usefixtures("package")
def test_secret_looking_keys_are_masked(write: Callable[[str], Path]) -> None:
    """The value of a key that names a secret is not printed."""
    with pytest.raises(ConfigurationError) as caught:
        load_strategies(write("strategies:\n" + _entry("config: {api_secret: [hunter22], api_key: hunter22}")))
    assert "hunter22" not in str(caught.value)


CROSS: list[tuple[str, dict[str, str], str]] = [
    ("instrument_id: ETHUSDT-PERP.BINANCE", {}, "ETHUSDT-PERP.BINANCE is not loaded"),
    ("instrument_id: BTCUSDT-PERP.BINANCE, hedge: [SOLUSDT-PERP.BINANCE]", {}, "SOLUSDT-PERP.BINANCE is not loaded"),
    (
        "instrument_id: BTCUSDT-PERP.BINANCE, bars: ETHUSDT-PERP.BINANCE-1-MINUTE-LAST-EXTERNAL",
        {},
        "ETHUSDT-PERP.BINANCE is not loaded",
    ),
    ("instrument_id: BTCUSDT-PERP.BINANCE, sizes: {a: [ADAUSDT-PERP.BINANCE]}", {}, "ADAUSDT-PERP.BINANCE is not"),
    ("instrument_id: BTCUSDT-PERP.BINANCE, manage_stop: true", {}, "market exit may take 10 s"),
    (
        "instrument_id: BTCUSDT-PERP.BINANCE, order_id_tag: LONGTAG",
        {"NAUTILUS_TRADER_ID": "MM-LONG"},
        "client order ids would exceed",
    ),
]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(("config", "changes", "reason"), CROSS, ids=[str(i) for i in range(len(CROSS))])
def test_strategies_fit_the_settings(
    write: Callable[[str], Path], variables: dict[str, str], config: str, changes: dict[str, str], reason: str
) -> None:
    """A strategy that is right by itself is refused when the settings would make it lose orders or trade nothing."""
    path = write("strategies:\n" + _entry(f"config: {{{config}}}"))
    settings = TradingNodeSettings.from_env({**variables, **changes, "NAUTILUS_STRATEGIES_FILE": str(path)})
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeConfigFactory.from_settings(settings)
    assert reason in str(caught.value)
    assert "strategies.yaml strategies[0].config." in caught.value.problems[0].variable


@pytest.mark.usefixtures("package")
def test_an_instrument_has_one_claimant(write: Callable[[str], Path], variables: dict[str, str]) -> None:
    """Two strategies that claim external orders of one instrument are refused."""
    claim = "instrument_id: BTCUSDT-PERP.BINANCE, external_order_claims: [BTCUSDT-PERP.BINANCE]"
    entries = "".join(_entry(f"config: {{{claim}, order_id_tag: '{tag}'}}") for tag in ("1", "2"))
    path = write("strategies:\n" + entries)
    settings = TradingNodeSettings.from_env({**variables, "NAUTILUS_STRATEGIES_FILE": str(path)})
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeConfigFactory.from_settings(settings)
    (problem,) = caught.value.problems
    assert problem.variable == "strategies.yaml strategies[1].config.external_order_claims"
    assert "is claimed by strategies.yaml strategies[0] already" in problem.problem


def test_upstream_still_aborts_on_what_is_refused_for_that_reason() -> None:
    """Identifiers and the oms type are refused because upstream aborts on them; when it stops doing so, so can we."""
    for body in (
        "from nautilus_trader.model.identifiers import StrategyId; StrategyId('a--')",
        "from nautilus_trader.model.identifiers import ClientId; ClientId('\\u00c4')",
        """
        from nautilus_trader.trading.config import StrategyConfig
        from nautilus_trader.trading.strategy import Strategy
        Strategy(StrategyConfig(oms_type="HEDGE"))
        """,
    ):
        result = subprocess.run([sys.executable, "-c", dedent(body)], capture_output=True, check=False)
        assert result.returncode == -6, body


def test_upstream_still_cannot_take_a_strategy_id() -> None:
    """strategy_id is refused because upstream's Strategy raises on it; when it stops, so can we."""
    body = """
        from nautilus_trader.model.identifiers import StrategyId
        from nautilus_trader.trading.config import StrategyConfig
        from nautilus_trader.trading.strategy import Strategy
        Strategy(StrategyConfig(strategy_id=StrategyId("MM-1")))
    """
    result = subprocess.run([sys.executable, "-c", dedent(body)], capture_output=True, text=True, check=False)
    assert "TypeError" in result.stderr
