"""strategies.yaml: which strategies run, each proven importable and spelt right before a node is built."""

from __future__ import annotations

import importlib
import inspect
import re
import typing
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import msgspec
import yaml
from nautilus_trader.common.config import msgspec_decoding_hook
from nautilus_trader.model.identifiers import AccountId, Identifier, StrategyId, TraderId
from nautilus_trader.trading.config import ImportableStrategyConfig, StrategyConfig
from nautilus_trader.trading.strategy import Strategy

from nodecfg.errors import NOT_SET, ConfigurationError, Problem, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LIST: Final = "strategies"
_KEYS: Final = ("strategy_path", "config_path", "config")
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_SECRET_KEY = re.compile(r"secret|password|passwd|token|api_?key|private", re.IGNORECASE)
# Upstream splits Redis keys at ':' and finds them by pattern; anything but printable ASCII aborts the process.
_SAFE_ID = re.compile(r"[\x21-\x7e]+", re.ASCII)
_KEY_BREAKERS: Final = frozenset(":*?[]^\\")
_LARGEST_FILE: Final = 1_000_000


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
        result = _entry(f"{path.name} {_LIST}[{number}]", entry)
        if isinstance(result, LoadedStrategy):
            loaded.append(result)
        else:
            problems.extend(result)
    problems.extend(_ambiguous_ids(loaded, total=len(entries)))
    if problems:
        raise ConfigurationError(problems)
    return tuple(loaded)


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's safe loader that refuses a key given twice; plain YAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 overridden signature
        seen: set[object] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.tag != "tag:yaml.org,2002:merge":
                key = (key_node.tag, key_node.value)
                if key in seen:
                    problem = f"key {key_node.value!r} is given twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
                seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _entries(path: Path) -> list[Any]:
    example = f"write '{_LIST}:' and under it a list of entries with {', '.join(_KEYS)}"
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise _file_error(path, "is larger than 1 MB", "name a strategies.yaml")
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506 derived from SafeLoader
    except FileNotFoundError:
        raise _file_error(
            path, "does not exist", "create it, or correct NAUTILUS_STRATEGIES_FILE or --strategies"
        ) from None
    except UnicodeDecodeError:
        raise _file_error(path, "is not UTF-8 text", "save it as UTF-8") from None
    except OSError as error:
        raise _file_error(path, f"cannot be read: {error.strerror}", "name a readable file") from None
    except RecursionError:
        raise _file_error(path, "is nested too deeply", example) from None
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: a scalar such as 2024-13-45 that only looks like a date.
        raise _file_error(path, _yaml_reason(error), "correct the YAML there") from None
    if not isinstance(document, dict):
        raise _file_error(path, "is empty" if document is None else "is not a mapping", example)
    problems = [
        Problem(
            variable=f"{path.name} {key}",
            value_masked="(section)",
            problem="is not known here",
            fix=_did_you_mean(str(key), (_LIST,)),
        )
        for key in document
        if key != _LIST
    ]
    entries = document.get(_LIST)
    if not isinstance(entries, list) or not entries:
        problem = "is missing or empty" if not entries else "is not a list"
        problems.append(Problem(variable=f"{path.name} {_LIST}", value_masked=NOT_SET, problem=problem, fix=example))
    if problems:
        raise ConfigurationError(problems)
    return list(entries or ())


def _entry(where: str, entry: object) -> LoadedStrategy | list[Problem]:
    if not isinstance(entry, dict):
        return [
            Problem(
                variable=where,
                value_masked=shown(type(entry).__name__, secret=False),
                problem="is not a mapping",
                fix=f"write {', '.join(_KEYS)}",
            )
        ]
    problems = [
        Problem(
            variable=f"{where}.{key}",
            value_masked=_masked(str(key), value),
            problem="is not known here",
            fix=_did_you_mean(str(key), _KEYS),
        )
        for key, value in entry.items()
        if key not in _KEYS
    ]
    strategy_class = _import(f"{where}.strategy_path", entry.get("strategy_path"), Strategy, problems)
    config_class = _import(f"{where}.config_path", entry.get("config_path"), StrategyConfig, problems)
    if strategy_class and config_class:
        problems.extend(_mismatch(where, entry, strategy_class, config_class))
    config = entry.get("config")
    if config is None:
        config = {}
    decoded: StrategyConfig | None = None
    if not isinstance(config, dict):
        problems.append(
            Problem(
                variable=f"{where}.config",
                value_masked=shown(type(config).__name__, secret=False),
                problem="is not a mapping",
                fix="write the fields of the config class, one a line",
            )
        )
    elif config_class:
        decoded = _decode(f"{where}.config", config, config_class, problems)
    if problems or decoded is None:
        return problems
    importable = ImportableStrategyConfig(
        strategy_path=entry["strategy_path"],
        config_path=entry["config_path"],
        # JSON primitives, so that the node's config is equal to itself after a round trip.
        config=msgspec.json.decode(msgspec.json.encode(config)),
    )
    return LoadedStrategy(where=where, importable=importable, config=decoded)


def _import(where: str, path: object, base: type[Any], problems: list[Problem]) -> type[Any] | None:
    def wrong(problem: str, fix: str) -> None:
        problems.append(Problem(variable=where, value_masked=shown(path, secret=False), problem=problem, fix=fix))

    if path is None:
        wrong("is missing", "set it to package.module:Class")
        return None
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        wrong("is not package.module:Class", "separate module and class by one colon")
        return None
    module_name, _, class_name = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        if module_name == missing or module_name.startswith(f"{missing}."):
            wrong(
                f"no module named {missing!r}", "correct the path, or install the package into the node's environment"
            )
        else:
            wrong(f"importing {module_name} fails: no module named {missing!r}", f"install {missing!r} beside it")
        return None
    except (Exception, SystemExit) as error:
        wrong(
            f"importing {module_name} fails: {type(error).__name__}: {shown(error, secret=False)}", "correct the module"
        )
        return None
    found = getattr(module, class_name, None)
    if found is None:
        classes = [name for name, value in vars(module).items() if inspect.isclass(value)]
        wrong(f"module {module_name} has no class {class_name!r}", _did_you_mean(class_name, tuple(classes)))
        return None
    if not inspect.isclass(found) or not issubclass(found, base):
        wrong(f"{class_name} is not a subclass of {base.__name__}", f"name a class that derives from {base.__name__}")
        return None
    return found


def _mismatch(where: str, entry: dict[str, Any], strategy: type[Any], config: type[Any]) -> Iterator[Problem]:
    try:
        wanted = typing.get_type_hints(strategy.__init__).get("config")
    except Exception:
        return
    if inspect.isclass(wanted) and not issubclass(config, wanted):
        yield Problem(
            variable=f"{where}.config_path",
            value_masked=shown(entry["config_path"], secret=False),
            problem=f"{strategy.__name__} takes {wanted.__name__}, not {config.__name__}",
            fix=f"write {wanted.__module__}:{wanted.__name__}",
        )


def _decode(where: str, config: dict[Any, Any], cls: type[Any], problems: list[Problem]) -> StrategyConfig | None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(cls)}
    before = len(problems)

    def wrong(key: str, value: object, problem: str, fix: str) -> None:
        masked = _masked(key, value)
        problems.append(Problem(variable=f"{where}.{key}", value_masked=masked, problem=problem, fix=fix))

    for key, value in config.items():
        field = fields.get(key)
        if field is None:
            wrong(str(key), value, f"is not a field of {cls.__name__}", _did_you_mean(str(key), tuple(fields)))
            continue
        try:
            msgspec.json.decode(msgspec.json.encode(value), type=field.type, dec_hook=_decoding_hook)
        except (msgspec.MsgspecError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            wrong(key, value, _decode_reason(error), f"write a value of type {_type_name(field.type)}")
        else:
            if key == "order_id_tag" and value is not None and (reason := _unsafe_id(str(value), breakers=True)):
                wrong(key, value, reason, "use letters and digits, such as 001")
    for name, field in fields.items():
        if field.required and name not in config:
            wrong(name, None, "is missing", f"set it to a value of type {_type_name(field.type)}")
    if len(problems) > before:
        return None
    try:
        decoded: StrategyConfig = msgspec.json.decode(msgspec.json.encode(config), type=cls, dec_hook=_decoding_hook)
    except Exception as error:
        problems.append(
            Problem(
                variable=where,
                value_masked=f"({cls.__name__})",
                problem=f"is refused by {cls.__name__}: {_decode_reason(error)}",
                fix="correct the values it names",
            )
        )
        return None
    return decoded


def _decoding_hook(kind: type[Any], value: Any) -> Any:  # noqa: ANN401 upstream's hook takes and returns anything
    """Decode as upstream does, but refuse first what would abort the whole process in upstream's Rust side."""
    if inspect.isclass(kind) and issubclass(kind, Identifier):
        if not isinstance(value, str):
            msg = f"expected text, got {type(value).__name__}"
            raise ValueError(msg)
        reason = _unsafe_id(value, breakers=kind in (StrategyId, TraderId))
        if reason is None and kind in (StrategyId, TraderId, AccountId) and not all(value.partition("-")[::2]):
            reason = "is not NAME-TAG"
        if reason is None and value.endswith("-"):
            reason = "ends with a hyphen"
        if reason:
            raise ValueError(reason)
    return msgspec_decoding_hook(kind, value)


def _unsafe_id(text: str, *, breakers: bool) -> str | None:
    if not _SAFE_ID.fullmatch(text):
        return "is empty or holds a space or a non-ASCII character, on which upstream aborts the process"
    if breakers and _KEY_BREAKERS & set(text):
        return "holds ':' or a glob character; Redis keys are split at ':', so the state would not be found again"
    return None


def _ambiguous_ids(loaded: list[LoadedStrategy], total: int) -> Iterator[Problem]:
    tags: dict[str, str] = {}
    for strategy in loaded:
        tag = strategy.config.order_id_tag
        if tag is None:
            if total > 1:
                yield Problem(
                    variable=f"{strategy.where}.config.order_id_tag",
                    value_masked=NOT_SET,
                    problem="is missing; upstream would number the strategies by their order in the file, and a changed "
                    "order would hand one strategy's state and orders to another",
                    fix="give each strategy its own tag, such as '001'",
                )
        elif tag in tags:
            yield Problem(
                variable=f"{strategy.where}.config.order_id_tag",
                value_masked=shown(tag, secret=False),
                problem=f"is taken by {tags[tag]}; client order ids would collide",
                fix="give each strategy its own tag",
            )
        else:
            tags[tag] = strategy.where


def _masked(key: str, value: object) -> str:
    return shown(value, secret=_SECRET_KEY.search(key) is not None)


def _did_you_mean(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    listed = ", ".join(sorted(known)[:40])
    return f"use one of {listed}" if listed else "remove it"


def _type_name(kind: object) -> str:
    return kind.__name__ if inspect.isclass(kind) else str(kind).replace("typing.", "")


def _decode_reason(error: BaseException) -> str:
    # msgspec writes "Expected `int`, got `str` - at `$.x`"; the variable tells the path already.
    text = re.sub(r" - at '\$'$", "", str(error).replace("`", "'")) or type(error).__name__
    return shown(text[0].lower() + text[1:], secret=False)


def _yaml_reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "a value cannot be read"
    return f"is not YAML: {what}" + (f" (line {mark.line + 1}, column {mark.column + 1})" if mark else "")


def _file_error(path: Path, problem: str, fix: str) -> ConfigurationError:
    return ConfigurationError([Problem(variable=str(path), value_masked="(file)", problem=problem, fix=fix)])
