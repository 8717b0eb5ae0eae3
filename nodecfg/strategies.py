"""strategies.yaml: which strategies run, each proven importable and spelt right before a node is built."""

from __future__ import annotations

import inspect
import re
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from nautilus_trader.trading.config import ImportableStrategyConfig, StrategyConfig
from nautilus_trader.trading.strategy import Strategy

from nodecfg.errors import NOT_SET, ConfigurationError, Problem, shown
from nodecfg.importing import CannotImportError, decode_config, did_you_mean, import_class, masked
from nodecfg.yamlfile import read_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LIST: Final = "strategies"
_KEYS: Final = ("strategy_path", "config_path", "config")
_OMS_TYPES: Final = ("NETTING", "HEDGING", "UNSPECIFIED")
_TAG = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_EXAMPLE: Final = f"write '{_LIST}:' and under it a list of entries with {', '.join(_KEYS)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedStrategy:
    """One entry of the file that holds.

    Attributes:
        where: Its place in the file, for messages.
        importable: What the node is given.
        config: The same, decoded into the strategy's own config class.
    """

    where: str
    importable: ImportableStrategyConfig
    config: StrategyConfig


def load_strategies(path: Path) -> tuple[ImportableStrategyConfig, ...]:
    """Load the strategies of a file.

    Raises:
        ConfigurationError: With every problem of the file.
    """
    return tuple(strategy.importable for strategy in load_checked(path))


def load_checked(path: Path) -> tuple[LoadedStrategy, ...]:
    """Load the strategies of a file together with their decoded configs.

    Raises:
        ConfigurationError: With every problem of the file.
    """
    entries = _entries(path)
    problems: list[Problem] = []
    loaded: list[LoadedStrategy] = []
    for number, entry in enumerate(entries):
        result = _load(f"{path.name} {_LIST}[{number}]", entry)
        if isinstance(result, LoadedStrategy):
            loaded.append(result)
        else:
            problems.extend(result)
    problems.extend(_ambiguous_ids(loaded, total=len(entries)))
    if problems:
        raise ConfigurationError(problems)
    return tuple(loaded)


def _entries(path: Path) -> list[Any]:
    document = read_mapping(path, example=_EXAMPLE, named_by="NAUTILUS_STRATEGIES_FILE or --strategies")
    problems = list(_unknown_keys(f"{path.name} ", document, (_LIST,)))
    entries = document.get(_LIST)
    if not isinstance(entries, list) or not entries:
        problem = "is not a list" if entries else "is missing or empty"
        variable = f"{path.name} {_LIST}"
        problems.append(Problem(variable=variable, value_masked=NOT_SET, problem=problem, fix=_EXAMPLE))
    if problems:
        raise ConfigurationError(problems)
    return list(entries or ())


def _load(where: str, entry: object) -> LoadedStrategy | list[Problem]:
    if not isinstance(entry, dict):
        kind = shown(type(entry).__name__, secret=False)
        fix = f"write {', '.join(_KEYS)}"
        return [Problem(variable=where, value_masked=kind, problem="is not a mapping", fix=fix)]
    problems = list(_unknown_keys(f"{where}.", entry, _KEYS))
    strategy_class = _import(f"{where}.strategy_path", entry.get("strategy_path"), Strategy, problems)
    config_class = _import(f"{where}.config_path", entry.get("config_path"), StrategyConfig, problems)
    if strategy_class and config_class:
        problems.extend(_mismatch(where, entry, strategy_class, config_class))
    config = entry.get("config")
    config = {} if config is None else config
    decoded: StrategyConfig | None = None
    if not isinstance(config, dict):
        kind = shown(type(config).__name__, secret=False)
        fix = "write the fields of the config class, one a line"
        problems.append(Problem(variable=f"{where}.config", value_masked=kind, problem="is not a mapping", fix=fix))
    elif config_class:
        decoded, wrong = decode_config(f"{where}.config", config, config_class)
        problems.extend([*wrong, *_unusable_values(f"{where}.config", config)])
    if problems or decoded is None:
        return problems
    importable = ImportableStrategyConfig(
        strategy_path=entry["strategy_path"],
        config_path=entry["config_path"],
        # JSON primitives, so that the node's config is equal to itself after a round trip.
        config=msgspec.json.decode(msgspec.json.encode(config)),
    )
    return LoadedStrategy(where=where, importable=importable, config=decoded)


def _unknown_keys(where: str, mapping: dict[Any, Any], known: tuple[str, ...]) -> Iterator[Problem]:
    for key, value in mapping.items():
        if key not in known:
            yield Problem(
                variable=f"{where}{key}",
                value_masked=masked(str(key), value),
                problem="is not known here",
                fix=did_you_mean(str(key), known),
            )


def _import(where: str, path: object, base: type[Any], problems: list[Problem]) -> type[Any] | None:
    try:
        return import_class(path, base)
    except CannotImportError as error:
        value = shown(path, secret=False)
        problems.append(Problem(variable=where, value_masked=value, problem=error.problem, fix=error.fix))
        return None


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


def _mismatch(where: str, entry: dict[str, Any], strategy: type[Any], config: type[Any]) -> Iterator[Problem]:
    if not _takes_config(strategy):
        yield Problem(
            variable=f"{where}.strategy_path",
            value_masked=shown(entry["strategy_path"], secret=False),
            problem=f"{strategy.__name__} cannot be constructed with its config alone",
            fix=f"write def __init__(self, config: {config.__name__})",
        )
    try:
        wanted = typing.get_type_hints(strategy.__init__).get("config")
    except Exception:
        # Hints that only a type checker can resolve are no error of the configuration.
        return
    if inspect.isclass(wanted) and not issubclass(config, wanted):
        yield Problem(
            variable=f"{where}.config_path",
            value_masked=shown(entry["config_path"], secret=False),
            problem=f"{strategy.__name__} takes {wanted.__name__}, not {config.__name__}",
            fix=f"write {wanted.__module__}:{wanted.__name__}",
        )


def _takes_config(strategy: type[Any]) -> bool:
    try:
        inspect.signature(strategy).bind(config=None)
    except TypeError:
        return False
    except ValueError:
        # A compiled class without a signature; upstream's own Strategy is one.
        return True
    return True


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
