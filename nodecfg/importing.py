"""Imports what a configuration names by path and decodes its fields one by one, so that each wrong one is named."""

from __future__ import annotations

import importlib
import inspect
import re
from difflib import get_close_matches
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import msgspec
from nautilus_trader.common.config import msgspec_decoding_hook
from nautilus_trader.model.identifiers import AccountId, Identifier, StrategyId, TraderId

from nodecfg.errors import MASK, Problem, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
SECRET_KEY: Final = re.compile(r"secret|password|passwd|token|api_?key|private", re.IGNORECASE)
_SAFE_ID = re.compile(r"[\x21-\x7e]+")
# Upstream splits Redis keys at ':' and finds them by pattern.
_KEY_BREAKERS: Final = frozenset(":*?[]^\\")
_LONGEST_REASON: Final = 200
_TAGGED: Final = (StrategyId, TraderId, AccountId)


class CannotImportError(Exception):
    """A path does not lead to the class it should.

    Attributes:
        problem: What is wrong.
        fix: What to write instead.
    """

    def __init__(self, problem: str, fix: str) -> None:
        """Keep both texts."""
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


def import_class(path: object, base: type[Any]) -> type[Any]:
    """Import `package.module:Class`, which must derive from base.

    Raises:
        CannotImportError: The path is malformed, nothing is there, the import fails or the class is another kind.
    """
    if path is None:
        raise CannotImportError("is missing", "set it to package.module:Class")
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise CannotImportError("is not package.module:Class", "separate module and class by one colon")
    module_name, _, class_name = path.partition(":")
    module = _import_module(module_name)
    found = getattr(module, class_name, None)
    if found is None:
        classes = tuple(name for name, value in vars(module).items() if inspect.isclass(value))
        raise CannotImportError(f"module {module_name} has no class {class_name!r}", did_you_mean(class_name, classes))
    if not inspect.isclass(found) or not issubclass(found, base):
        raise CannotImportError(
            f"{class_name} is not a subclass of {base.__name__}", f"name a class that derives from {base.__name__}"
        )
    return found


def _import_module(name: str) -> Any:  # noqa: ANN401 a module has whatever attributes it has
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        problem = f"no module named {missing!r}"
        if name == missing or name.startswith(f"{missing}."):
            fix = "correct the path, or install the package into the node's environment"
        else:
            problem, fix = f"importing {name} fails: {problem}", f"install {missing!r} beside it"
    except (Exception, SystemExit) as error:
        # A user's module may raise anything, exit included.
        problem = (
            f"importing {name} fails: {type(error).__name__}: {shown(error, secret=False, longest=_LONGEST_REASON)}"
        )
        fix = "correct the module"
    raise CannotImportError(problem, fix)


def decode_config(where: str, config: dict[Any, Any], cls: type[Any]) -> tuple[Any | None, list[Problem]]:
    """Decode a mapping into a config class of upstream's kind.

    Args:
        where: Place of the mapping, for the problems.
        config: The mapping as YAML gave it.
        cls: Subclass of `NautilusConfig`.

    Returns:
        The decoded config, or None with every problem.
    """
    problems = list(_field_problems(where, config, cls))
    if problems:
        return None, problems
    try:
        return msgspec.json.decode(msgspec.json.encode(config), type=cls, dec_hook=_decoding_hook), []
    except Exception as error:  # a config's own __post_init__ may raise anything
        problem = f"is refused by {cls.__name__}: {_reason(error)}"
        return None, [
            Problem(variable=where, value_masked=MASK, problem=problem, fix="correct the values that it names")
        ]


def _field_problems(where: str, config: dict[Any, Any], cls: type[Any]) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(cls)}
    for key, value in config.items():
        field = fields.get(key)
        if field is None:
            problem, fix = f"is not a field of {cls.__name__}", did_you_mean(str(key), tuple(fields))
        elif reason := undecodable(value, field.type):
            problem, fix = reason, f"write a value of type {type_name(field.type)}"
        else:
            continue
        yield Problem(variable=f"{where}.{key}", value_masked=masked(str(key), value), problem=problem, fix=fix)
    for name, field in fields.items():
        if field.required and name not in config:
            fix = f"set it to a value of type {type_name(field.type)}"
            yield Problem(variable=f"{where}.{name}", value_masked=masked(name, None), problem="is missing", fix=fix)


def undecodable(value: object, kind: object) -> str | None:
    """Return why upstream's decoder would refuse a value for a field of this type, None when it would not."""
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=kind, dec_hook=_decoding_hook)
    except Exception as error:  # upstream's constructors raise KeyError, OverflowError, decimal.InvalidOperation …
        return _reason(error)
    return None


def _decoding_hook(kind: type[Any], value: Any) -> Any:  # noqa: ANN401 upstream's hook takes and returns anything
    """Decode as upstream does, but refuse first what would abort the whole process in upstream's Rust side."""
    if issubclass(kind, Identifier):
        if not isinstance(value, str):
            msg = f"expected text, got {type(value).__name__}"
            raise TypeError(msg)
        reason = _unsafe(value, breakers=kind in _TAGGED)
        if reason is None and kind in _TAGGED and not all(value.rpartition("-")[::2]):
            reason = "is not NAME-TAG"
        if reason:
            raise ValueError(reason)
    return msgspec_decoding_hook(kind, value)


def _unsafe(text: str, *, breakers: bool) -> str | None:
    if not _SAFE_ID.fullmatch(text):
        return "is empty or holds a space or a non-ASCII character, on which upstream aborts the process"
    if breakers and _KEY_BREAKERS & set(text):
        return "holds ':' or a glob character; Redis keys are split at ':', so the state would not be found again"
    return None


def masked(key: str, value: object) -> str:
    """Return the value of a config key as it may be shown."""
    return shown(value, secret=SECRET_KEY.search(key) is not None)


def did_you_mean(name: str, known: tuple[str, ...]) -> str:
    """Return the fix for a name that is not known."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"use one of {', '.join(sorted(known)[:40])}" if known else "remove it"


def type_name(kind: object) -> str:
    """Return the name of a field's type as it may stand in a message."""
    if inspect.isclass(kind) and issubclass(kind, int) and issubclass(kind, Enum):
        # Upstream's compiled enums are int flags, and msgspec reads those as numbers only.
        members = ", ".join(f"{member.value} = {name}" for name, member in kind.__members__.items())
        return f"{kind.__name__}, as a number: {members}"
    if inspect.isclass(kind):
        return kind.__name__
    # Annotated[int, Meta(gt=0)] reads better without its module names.
    return re.sub(r"\b(?:typing|msgspec|nautilus_trader(?:\.\w+)*)\.", "", str(kind))


def _reason(error: BaseException) -> str:
    # msgspec writes "Expected `int`, got `str` - at `$`"; the variable tells the place already.
    text = re.sub(r" - at '\$'$", "", str(error).replace("`", "'")) or type(error).__name__
    return shown(text[0].lower() + text[1:], secret=False, longest=_LONGEST_REASON)
