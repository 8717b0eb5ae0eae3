"""One entry of strategies.yaml: a class and its config by path, both imported, the config decoded field by field."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from nautilus_trader.common.actor import Actor
from nautilus_trader.common.config import ActorConfig, ImportableActorConfig
from nautilus_trader.execution.algorithm import ExecAlgorithm
from nautilus_trader.execution.config import ExecAlgorithmConfig, ImportableExecAlgorithmConfig
from nautilus_trader.trading.config import ImportableStrategyConfig, StrategyConfig
from nautilus_trader.trading.strategy import Strategy

from nodecfg.errors import NOT_SET, Problem, shown
from nodecfg.importing import CannotImportError, decode_config, did_you_mean, import_class, masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A list of strategies.yaml.

    Attributes:
        key: Name of the list.
        path_key: Key of an entry that names the class.
        base: What the class derives from.
        config_base: What its config class derives from.
        importable: Upstream's importable config.
        extra_keys: Further keys that an entry may have.
    """

    key: str
    path_key: str
    base: type[Any]
    config_base: type[Any]
    importable: type[Any]
    extra_keys: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that an entry may have."""
        return (self.path_key, "config_path", "config", *self.extra_keys)


STRATEGIES: Final = Kind(
    key="strategies",
    path_key="strategy_path",
    base=Strategy,
    config_base=StrategyConfig,
    importable=ImportableStrategyConfig,
    extra_keys=("claims",),
)
ACTORS: Final = Kind(
    key="actors", path_key="actor_path", base=Actor, config_base=ActorConfig, importable=ImportableActorConfig
)
EXEC_ALGORITHMS: Final = Kind(
    key="exec_algorithms",
    path_key="exec_algorithm_path",
    base=ExecAlgorithm,
    config_base=ExecAlgorithmConfig,
    importable=ImportableExecAlgorithmConfig,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedComponent:
    """One entry that holds.

    Attributes:
        where: Its place in the file, for messages.
        importable: What the node is given.
        config: The same, decoded into the component's own config class.
    """

    where: str
    importable: Any
    config: Any


def load_component(kind: Kind, where: str, entry: object) -> LoadedComponent | list[Problem]:
    """Import and decode one entry; return it, or every problem of it."""
    if not isinstance(entry, dict):
        name = shown(type(entry).__name__, secret=False)
        fix = f"write {', '.join(kind.keys)}"
        return [Problem(variable=where, value_masked=name, problem="is not a mapping", fix=fix)]
    problems = list(unknown_keys(f"{where}.", entry, kind.keys))
    found = _import(f"{where}.{kind.path_key}", entry.get(kind.path_key), kind.base, problems)
    config_class = _import(f"{where}.config_path", entry.get("config_path"), kind.config_base, problems)
    if found and config_class:
        problems.extend(_mismatch(where, kind, entry, found, config_class))
    config = entry.get("config")
    config = {} if config is None else config
    decoded: Any = None
    if not isinstance(config, dict):
        name = shown(type(config).__name__, secret=False)
        fix = "write the fields of the config class, one a line"
        problems.append(Problem(variable=f"{where}.config", value_masked=name, problem="is not a mapping", fix=fix))
    elif config_class:
        decoded, wrong = decode_config(f"{where}.config", config, config_class)
        problems.extend(wrong)
    if problems or decoded is None:
        return problems
    # JSON primitives, so that the node's config is equal to itself after a round trip.
    primitives = msgspec.json.decode(msgspec.json.encode(config))
    importable = kind.importable(
        **{kind.path_key: entry[kind.path_key], "config_path": entry["config_path"], "config": primitives}
    )
    return LoadedComponent(where=where, importable=importable, config=decoded)


def unknown_keys(where: str, mapping: dict[Any, Any], known: tuple[str, ...]) -> Iterator[Problem]:
    """Yield the keys of a mapping that nobody reads."""
    for key, value in mapping.items():
        if key not in known:
            yield Problem(
                variable=f"{where}{key}",
                value_masked=masked(str(key), value),
                problem="is not known here",
                fix=did_you_mean(str(key), known),
            )


def same_ids(kind: Kind, loaded: Sequence[LoadedComponent]) -> Iterator[Problem]:
    """Yield actors or algorithms of one id; upstream refuses to add the second. Ids go into Redis keys."""
    field = "component_id" if kind is ACTORS else "exec_algorithm_id"
    taken: dict[str, str] = {}
    for component in loaded:
        own = getattr(component.config, field)
        name = str(own) if own is not None else getattr(component.importable, kind.path_key).partition(":")[2]
        variable = f"{component.where}.config.{field}"
        if set(name) & set(":*?[]^\\"):
            yield Problem(
                variable=variable,
                value_masked=shown(name, secret=False),
                problem="holds ':' or a glob character; its state in Redis would not be found again",
                fix="use letters, digits, '_' and '-'",
            )
        owner = taken.setdefault(name, component.where)
        if owner != component.where:
            yield Problem(
                variable=variable,
                value_masked=NOT_SET if own is None else shown(name, secret=False),
                problem=f"makes the id {name}, which {owner} has already",
                fix=f"give each its own {field}",
            )


def _import(where: str, path: object, base: type[Any], problems: list[Problem]) -> type[Any] | None:
    try:
        return import_class(path, base)
    except CannotImportError as error:
        value = shown(path, secret=False)
        problems.append(Problem(variable=where, value_masked=value, problem=error.problem, fix=error.fix))
        return None


def _mismatch(where: str, kind: Kind, entry: dict[str, Any], found: type[Any], config: type[Any]) -> Iterator[Problem]:
    if not _takes_config(found):
        yield Problem(
            variable=f"{where}.{kind.path_key}",
            value_masked=shown(entry[kind.path_key], secret=False),
            problem=f"{found.__name__} cannot be constructed with its config alone",
            fix=f"write def __init__(self, config: {config.__name__})",
        )
    try:
        wanted = typing.get_type_hints(found.__init__).get("config")
    except Exception:
        # Hints that only a type checker can resolve are no error of the configuration.
        return
    if inspect.isclass(wanted) and not issubclass(config, wanted):
        yield Problem(
            variable=f"{where}.config_path",
            value_masked=shown(entry["config_path"], secret=False),
            problem=f"{found.__name__} takes {wanted.__name__}, not {config.__name__}",
            fix=f"write {wanted.__module__}:{wanted.__name__}",
        )


def _takes_config(found: type[Any]) -> bool:
    try:
        inspect.signature(found).bind(config=None)
    except TypeError:
        return False
    except ValueError:
        # A compiled class without a signature; upstream's own Strategy is one.
        return True
    return True
