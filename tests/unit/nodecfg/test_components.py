"""Actors, execution algorithms and claims of strategies.yaml reach upstream's config, or are refused by their place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from nodecfg import ConfigurationError, ExternalOrderClaimConfig, TradingNodeConfigFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nautilus_trader.live.config import TradingNodeConfig

MODULE = """
from nautilus_trader.common.actor import Actor
from nautilus_trader.common.config import ActorConfig
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy


class WatcherConfig(ActorConfig, frozen=True):
    threshold: int
    watched: list[InstrumentId] = []


class Watcher(Actor):
    def __init__(self, config: WatcherConfig) -> None:
        super().__init__(config)


class QuietConfig(StrategyConfig, frozen=True):
    pass


class Quiet(Strategy):
    def __init__(self, config: QuietConfig) -> None:
        super().__init__(config)
"""
ACTOR = "  - {actor_path: 'own_parts:Watcher', config_path: 'own_parts:WatcherConfig', config: {threshold: 3%s}}\n"
TWAP = "nautilus_trader.examples.algorithms.twap:TWAPExecAlgorithm"
ALGORITHM = f"  - {{exec_algorithm_path: '{TWAP}', config_path: '{TWAP}Config', config: {{}}}}\n"
STRATEGY = (
    "  - {strategy_path: 'own_parts:Quiet', config_path: 'own_parts:QuietConfig', config: {order_id_tag: '%s'%s}%s}\n"
)


@pytest.fixture
def build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> Iterator[Callable[[str], TradingNodeConfig]]:
    """Builds the node's config with the text of a strategies.yaml."""
    (tmp_path / "own_parts.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    both = {"BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE,ETHUSDT-PERP.BINANCE"}

    def from_text(text: str) -> TradingNodeConfig:
        path = tmp_path / "strategies.yaml"
        path.write_text(text)
        return TradingNodeConfigFactory.from_env({**variables, **both, "NAUTILUS_STRATEGIES_FILE": str(path)})

    yield from_text
    sys.modules.pop("own_parts", None)


def test_actors_and_algorithms_reach_the_node(build: Callable[[str], TradingNodeConfig]) -> None:
    """A file may list actors and execution algorithms beside or without strategies."""
    config = build("actors:\n" + ACTOR % "" + "exec_algorithms:\n" + ALGORITHM)
    assert [actor.config for actor in config.actors] == [{"threshold": 3}]
    assert [found.exec_algorithm_path for found in config.exec_algorithms] == [TWAP]
    assert config.strategies == []


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("actors:\n" + ACTOR % ", treshold: 4", "actors[0].config.treshold", "is not a field of WatcherConfig"),
        ("actors:\n" + ACTOR.replace("Watcher'", "Watchman'") % "", "actors[0].actor_path", "has no class 'Watchman'"),
        ("actors:\n" + (ACTOR % "") * 2, "actors[1].config.component_id", "which strategies.yaml actors[0] has"),
        ("actors:\n" + ACTOR % ", component_id: 'a:b'", "actors[0].config.component_id", "holds ':'"),
        (
            "actors:\n" + ACTOR % ", watched: [X-PERP.BINANCE]",
            "actors[0].config.watched",
            "PERP.BINANCE is not loaded",
        ),
        ("actors:\n" + ACTOR % ", watched: [BTCUSDT-PERP.BINANC]", "actors[0].config.watched", "is not loaded"),
        ("actors: []\nexec_algorithms:\n" + ALGORITHM, " actors", "is missing or empty"),
        ("exec_algorithms:\n" + ALGORITHM * 2, "exec_algorithms[1].config.exec_algorithm_id", "has already"),
        ("exec_algorithms:\n" + ALGORITHM.replace("config: {", "config: {x: 1"), "config.x", "is not a field of"),
        ("actors:\n  - 5\n", "actors[0]", "is not a mapping"),
        ("actors:\n  - {strategy_path: 'a:B'}\n", "actors[0].strategy_path", "is not known here"),
    ],
)
def test_a_wrong_component_is_refused_by_its_place(
    build: Callable[[str], TradingNodeConfig], text: str, place: str, reason: str
) -> None:
    """Each wrong actor or algorithm gives a problem that names its place in the file and the reason."""
    with pytest.raises(ConfigurationError) as caught:
        build(text)
    assert any(place in problem.variable and reason in problem.problem for problem in caught.value.problems)


def _claims(config: TradingNodeConfig) -> list[object]:
    return [strategy.config.get("external_order_claims") for strategy in config.strategies]


def test_claims_become_external_order_claims(build: Callable[[str], TradingNodeConfig]) -> None:
    """Named instruments are claimed as they are, claim_all becomes every loaded instrument."""
    named = build("strategies:\n" + STRATEGY % ("1", "", ", claims: {instrument_ids: [BTCUSDT-PERP.BINANCE]}"))
    assert _claims(named) == [["BTCUSDT-PERP.BINANCE"]]
    every = build("strategies:\n" + STRATEGY % ("1", "", ", claims: {claim_all: true}"))
    assert _claims(every) == [["BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"]]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ("{claim_all: true, instrument_ids: [BTCUSDT-PERP.BINANCE]}", "excludes instrument_ids"),
        ("{}", "a claim of nothing"),
        ("{claim_all: 'yes'}", "neither true nor false"),
        ("{instrument_ids: BTCUSDT-PERP.BINANCE}", "not a list"),
        ("{instrument_ids: [BTCUSDT]}", "is not an instrument id"),
        ("{instrument_ids: [A.BINANCE, A.BINANCE]}", "claimed twice"),
        ("{instruments: [A.BINANCE]}", "is not known here"),
        ("[A.BINANCE]", "is not a mapping"),
        ("{instrument_ids: [XRPUSDT-PERP.BINANCE]}", "is not loaded"),
    ],
)
def test_a_wrong_claim_is_refused(build: Callable[[str], TradingNodeConfig], claims: str, reason: str) -> None:
    """A claim that cannot be meant is refused with its reason."""
    with pytest.raises(ConfigurationError, match=reason):
        build("strategies:\n" + STRATEGY % ("1", "", f", claims: {claims}"))


def test_one_instrument_has_one_claimant(build: Callable[[str], TradingNodeConfig]) -> None:
    """Two strategies that claim one instrument are refused, also when one claims everything, or says it twice."""
    everything, one = ", claims: {claim_all: true}", ", external_order_claims: [BTCUSDT-PERP.BINANCE]"
    with pytest.raises(ConfigurationError, match=r"is claimed by strategies\.yaml strategies\[0\] already"):
        build("strategies:\n" + STRATEGY % ("1", "", everything) + STRATEGY % ("2", one, ""))
    with pytest.raises(ConfigurationError, match="two lists of the same"):
        build("strategies:\n" + STRATEGY % ("1", one, everything))


def test_claims_from_python() -> None:
    """The model itself refuses what the file may not say, and resolves what it may."""
    with pytest.raises(ConfigurationError, match="excludes instrument_ids"):
        ExternalOrderClaimConfig(instrument_ids=("A.B",), claim_all=True)
    assert ExternalOrderClaimConfig(claim_all=True).resolve(["A.B"]) == ("A.B",)


def test_the_example_holds(repository: Path, variables: dict[str, str]) -> None:
    """The example in docs builds a config in which both instruments are claimed."""
    both = {"BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE,ETHUSDT-PERP.BINANCE"}
    example = {"NAUTILUS_STRATEGIES_FILE": str(repository / "docs/examples/strategies.yaml")}
    config = TradingNodeConfigFactory.from_env({**variables, **both, **example})
    assert _claims(config) == [["BTCUSDT-PERP.BINANCE"], ["ETHUSDT-PERP.BINANCE"]]
    assert len(config.exec_algorithms) == 1


def test_instruments_from_elsewhere_need_not_be_loaded(
    build: Callable[[str], TradingNodeConfig], variables: dict[str, str]
) -> None:
    """A synthetic instrument is a component's own, and other venues' data may come over the message bus."""
    assert len(build("actors:\n" + ACTOR % ", watched: [BTC-ETH.SYNTH]").actors) == 1
    variables["NAUTILUS_DATA_EXTERNAL_CLIENTS"] = "BUS"
    assert len(build("actors:\n" + ACTOR % ", watched: [BTCUSDT.ELSEWHERE]").actors) == 1
