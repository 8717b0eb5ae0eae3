"""strategies.yaml: which strategies, actors and execution algorithms run, each proven importable and spelt right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace
from nautilus_trader.model.identifiers import InstrumentId

from nodecfg.claims import ExternalOrderClaimConfig, parse_claims
from nodecfg.components import (
    ACTORS,
    EXEC_ALGORITHMS,
    STRATEGIES,
    Kind,
    LoadedComponent,
    load_component,
    same_ids,
    unknown_keys,
)
from nodecfg.errors import NOT_SET, ConfigurationError, Problem, shown
from nodecfg.yamlfile import read_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nautilus_trader.trading.config import ImportableStrategyConfig, StrategyConfig

_KINDS: Final = (STRATEGIES, ACTORS, EXEC_ALGORITHMS)
_LISTS: Final = tuple(kind.key for kind in _KINDS)
_OMS_TYPES: Final = ("NETTING", "HEDGING", "UNSPECIFIED")
_TAG = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_EXAMPLE: Final = f"write 'strategies:' and under it a list of entries with {', '.join(STRATEGIES.keys[:3])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedStrategy:
    """One strategy of the file that holds.

    Attributes:
        where: Its place in the file, for messages.
        importable: What the node is given.
        config: The same, decoded into the strategy's own config class.
        claims: What it claims beside its config; None for nothing.
    """

    where: str
    importable: ImportableStrategyConfig
    config: StrategyConfig
    claims: ExternalOrderClaimConfig | None = None

    def claimed(self, loaded: Sequence[str]) -> LoadedStrategy:
        """Return the strategy with its claims written into its config, given the instruments that the node loads."""
        if self.claims is None:
            return self
        ids = self.claims.resolve(loaded)
        config = {**self.importable.config, "external_order_claims": list(ids)}
        return LoadedStrategy(
            where=self.where,
            importable=replace(self.importable, config=config),
            config=replace(self.config, external_order_claims=[InstrumentId.from_str(text) for text in ids]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """Everything that strategies.yaml lists."""

    strategies: tuple[LoadedStrategy, ...] = ()
    actors: tuple[LoadedComponent, ...] = ()
    exec_algorithms: tuple[LoadedComponent, ...] = ()


def load_strategies(path: Path) -> tuple[ImportableStrategyConfig, ...]:
    """Load the strategies of a file, as they stand there: `claim_all` is resolved by the factory.

    Raises:
        ConfigurationError: With every problem of the file.
    """
    return tuple(strategy.importable for strategy in load_file(path).strategies)


def load_file(path: Path) -> LoadedFile:
    """Load strategies, actors and execution algorithms of a file, strategies together with their decoded configs.

    Raises:
        ConfigurationError: With every problem of the file.
    """
    lists = _lists(path)
    problems: list[Problem] = []
    strategies: list[LoadedStrategy] = []
    others: dict[str, list[LoadedComponent]] = {ACTORS.key: [], EXEC_ALGORITHMS.key: []}
    for kind in _KINDS:
        for number, entry in enumerate(lists[kind.key]):
            where = f"{path.name} {kind.key}[{number}]"
            try:
                component = _component(kind, where, entry)
                if kind is STRATEGIES:
                    strategies.append(_strategy(where, entry, component))
                else:
                    others[kind.key].append(component)
            except ConfigurationError as error:
                problems.extend(error.problems)
    problems.extend(_ambiguous_ids(strategies, total=len(lists[STRATEGIES.key])))
    for kind in (ACTORS, EXEC_ALGORITHMS):
        problems.extend(same_ids(kind, others[kind.key]))
    if problems:
        raise ConfigurationError(problems)
    return LoadedFile(
        strategies=tuple(strategies),
        actors=tuple(others[ACTORS.key]),
        exec_algorithms=tuple(others[EXEC_ALGORITHMS.key]),
    )


def _lists(path: Path) -> dict[str, list[Any]]:
    document = read_mapping(path, example=_EXAMPLE, named_by="NAUTILUS_STRATEGIES_FILE or --strategies")
    problems = list(unknown_keys(f"{path.name} ", document, _LISTS))
    for key in _LISTS:
        entries = document.get(key)
        # A file of actors alone is a node that watches.
        needed = key == STRATEGIES.key and not any(document.get(other) for other in _LISTS[1:])
        if (needed or key in document) and (not isinstance(entries, list) or not entries):
            problem = "is not a list" if entries else "is missing or empty"
            fix = _EXAMPLE if key == STRATEGIES.key else "list at least one entry, or remove the key"
            problems.append(Problem(variable=f"{path.name} {key}", value_masked=NOT_SET, problem=problem, fix=fix))
    if problems:
        raise ConfigurationError(problems)
    return {key: list(document.get(key) or ()) for key in _LISTS}


def _component(kind: Kind, where: str, entry: object) -> LoadedComponent:
    result = load_component(kind, where, entry)
    if isinstance(result, LoadedComponent):
        return result
    if kind is STRATEGIES and isinstance(entry, dict):
        if isinstance(config := entry.get("config"), dict):
            result.extend(_unusable_values(f"{where}.config", config))
        if entry.get("claims") is not None:
            try:
                parse_claims(f"{where}.claims", entry["claims"])
            except ConfigurationError as error:
                result.extend(error.problems)
    raise ConfigurationError(result)


def _strategy(where: str, entry: dict[str, Any], component: LoadedComponent) -> LoadedStrategy:
    problems = list(_unusable_values(f"{where}.config", entry.get("config") or {}))
    claims = None
    if entry.get("claims") is not None:
        try:
            claims = parse_claims(f"{where}.claims", entry["claims"])
        except ConfigurationError as error:
            problems.extend(error.problems)
        if component.config.external_order_claims:
            problems.append(
                Problem(
                    variable=f"{where}.claims",
                    value_masked="(mapping)",
                    problem="stands beside config.external_order_claims: two lists of the same thing",
                    fix="keep one of them",
                )
            )
    if problems:
        raise ConfigurationError(problems)
    return LoadedStrategy(where=where, importable=component.importable, config=component.config, claims=claims)


def _unusable_values(where: str, config: dict[Any, Any]) -> Iterator[Problem]:
    """Yield the fields of StrategyConfig whose type is right and that upstream's Strategy cannot stand all the same."""

    def problem(key: str, problem: str, fix: str) -> Problem:
        value = shown(config[key], secret=False)
        return Problem(variable=f"{where}.{key}", value_masked=value, problem=problem, fix=fix)

    oms_type = config.get("oms_type")
    if isinstance(oms_type, str) and oms_type.upper() not in _OMS_TYPES:
        yield problem("oms_type", "is unknown; upstream aborts the process on it", f"use {' or '.join(_OMS_TYPES[:2])}")
    if config.get("strategy_id") is not None:
        yield problem(
            "strategy_id",
            "cannot be set: upstream's Strategy passes it to its logger as text, which raises TypeError (1.231.0)",
            "leave it out; the id becomes CLASS-order_id_tag",
        )
    tag = config.get("order_id_tag")
    if isinstance(tag, str) and not _TAG.fullmatch(tag):
        yield problem(
            "order_id_tag",
            "is not made of letters and digits; it goes into Redis keys, which are split at ':', and into order ids",
            "write for example '001'",
        )


def _ambiguous_ids(loaded: list[LoadedStrategy], total: int) -> Iterator[Problem]:
    tags: dict[str, str] = {}
    for strategy in loaded:
        tag = strategy.config.order_id_tag
        variable = f"{strategy.where}.config.order_id_tag"
        if tag is None and total > 1:
            yield Problem(
                variable=variable,
                value_masked=NOT_SET,
                problem="is missing; upstream would number the strategies by their order in the file, and a changed "
                "order would hand one strategy's state and orders to another",
                fix="give each strategy its own tag, such as '001'",
            )
        elif tag is not None and tag in tags:
            yield Problem(
                variable=variable,
                value_masked=shown(tag, secret=False),
                problem=f"is taken by {tags[tag]}; client order ids would collide",
                fix="give each strategy its own tag",
            )
        elif tag is not None:
            tags[tag] = strategy.where
