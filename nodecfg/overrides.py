"""overrides.yaml: any field of upstream's TradingNodeConfig by dotted path, merged last and proven by its struct."""

from __future__ import annotations

import re
import types
import typing
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import msgspec
from nautilus_trader.common.config import ImportableConfig, resolve_path
from nautilus_trader.live.config import TradingNodeConfig

from nodecfg.errors import MASK, NOT_SET, ConfigurationError, Problem, shown
from nodecfg.importing import SECRET_KEY, masked, type_name, undecodable
from nodecfg.override_rules import forbidden
from nodecfg.yamlfile import read_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_EXAMPLE: Final = "write one field a line, such as 'exec_engine.inflight_check_retries: 7'"
_USER_INFO = re.compile(r"://[^/@\s]*@")
_CLIENT_MAPS: Final = ("data_clients", "exec_clients")
_NEARLY: Final = 0.6
_DEEPEST: Final = 12


def load_overrides(path: Path) -> dict[str, Any]:
    """Read the file into one value per dotted path; nested mappings and dotted keys may be mixed.

    Raises:
        ConfigurationError: The file cannot be read, or sets one field twice.
    """
    document = read_mapping(path, example=_EXAMPLE, named_by="NAUTILUS_OVERRIDES_FILE or --overrides")
    tree: dict[str, Any] = {}
    problems = list(_nest(path.name, document, tree, ()))
    if problems:
        raise ConfigurationError(problems)
    return tree


def apply_overrides(config: TradingNodeConfig, path: Path) -> TradingNodeConfig:
    """Return the config with the overrides of a file merged into it.

    Raises:
        ConfigurationError: With every problem: unknown paths, wrong types, secrets, and values that lose money.
    """
    tree = load_overrides(path)
    merged: dict[str, Any] = config.json_primitives()
    problems = list(_merge(path.name, (), merged, tree, TradingNodeConfig))
    named = tuple(problem.variable for problem in problems)
    # One problem a field: what is not there at all need not be forbidden too.
    problems.extend(rule for rule in forbidden(path.name, dict(leaves(tree))) if not rule.variable.startswith(named))
    if problems:
        raise ConfigurationError(problems)
    try:
        decoded: TradingNodeConfig = TradingNodeConfig.parse(msgspec.json.encode(merged))
    except (msgspec.MsgspecError, TypeError, ValueError, KeyError) as error:
        raise ConfigurationError(
            [
                Problem(
                    variable=path.name,
                    value_masked="(file)",
                    problem=f"is refused by upstream's decoder: {shown(error, secret=False, longest=200)}",
                    fix="correct the field that it names",
                )
            ]
        ) from None
    return decoded


def leaves(tree: dict[str, Any], parents: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every value with its dotted path; a client's `.config.` is left out of the path."""
    for key, value in tree.items():
        inner = (*parents, key)
        if isinstance(value, dict) and value:
            yield from leaves(value, inner)
        else:
            yield _dotted(inner), value


def _dotted(parts: tuple[str, ...]) -> str:
    client = len(parts) > 3 and parts[0] in _CLIENT_MAPS and parts[2] == "config"  # noqa: PLR2004 MAP.NAME.config.field
    return ".".join((*parts[:2], *parts[3:]) if client else parts)


def _nest(where: str, document: dict[Any, Any], tree: dict[str, Any], parents: tuple[str, ...]) -> Iterator[Problem]:
    for key, value in document.items():
        parts = str(key).split(".") if isinstance(key, str) else []
        path = ".".join((*parents, str(key)))
        if not parts or not all(parts) or len(parents) + len(parts) > _DEEPEST:
            name = shown(path, secret=False)
            problem = Problem(variable=f"{where} {name}", value_masked=MASK, problem="is not a path", fix=_EXAMPLE)
            yield problem
            continue
        inner = tree
        clash = False
        for part in parts[:-1]:
            inner = inner.setdefault(part, {})
            clash = clash or not isinstance(inner, dict)
            if clash:
                break
        last = parts[-1]
        if clash or (last in inner and not (isinstance(value, dict) and isinstance(inner[last], dict))):
            fix = "keep one of the two"
            yield Problem(variable=f"{where} {path}", value_masked=MASK, problem="is set twice", fix=fix)
        elif isinstance(value, dict) and value:
            yield from _nest(where, value, inner.setdefault(last, {}), (*parents, *parts))
        else:
            inner[last] = value


def _merge(
    where: str, parents: tuple[str, ...], current: dict[str, Any], tree: dict[str, Any], cls: type[Any]
) -> Iterator[Problem]:
    """Merge the tree into the primitives of one struct, and yield what the struct does not take."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(cls)}
    for key, value in tree.items():
        path = (*parents, key)
        field = fields.get(key)
        if field is None:
            yield _unknown(where, path, value, fields)
            continue
        if secret := _secret(where, path, value):
            yield secret
            continue
        struct = _struct_in(field.type)
        if not parents and key in _CLIENT_MAPS and isinstance(value, dict):
            yield from _merge_clients(where, key, current[key], value)
        elif struct is not None and isinstance(value, dict):
            if current.get(key) is None:
                current[key] = {}
            yield from _merge(where, path, current[key], value, struct)
            yield from _missing(where, path, current[key], struct)
        else:
            given = _rejoined(value, field.type) if isinstance(value, dict) else value
            before = current.get(key)
            merged = {**before, **given} if isinstance(given, dict) and isinstance(before, dict) else given
            if reason := undecodable(merged, field.type):
                fix = f"write a value of type {type_name(field.type)}"
                yield _problem(where, path, given, reason, fix)
            current[key] = merged


def _rejoined(value: dict[str, Any], kind: object) -> dict[str, Any]:
    """Return a mapping whose keys hold dots themselves, such as instrument ids, as it was meant."""
    whole = dict(leaves(value))
    return whole if undecodable(value, kind) and not undecodable(whole, kind) else value


def _merge_clients(where: str, kind: str, clients: dict[str, Any], tree: dict[str, Any]) -> Iterator[Problem]:
    for name, changes in tree.items():
        client = clients.get(name)
        if client is None:
            fix = _did_you_mean(name, tuple(clients), f"{kind}.")
            yield _problem(where, (kind, name), NOT_SET, "is not a client of this node", fix)
        elif not isinstance(changes, dict):
            fix = f"write {kind}.{name}.FIELD: value"
            yield _problem(where, (kind, name), changes, "is a client, its fields are overridden one by one", fix)
        else:
            # A field of the client's own config needs no `.config.` in its path.
            inner = dict(changes)
            nested = inner.pop("config", {})
            if not isinstance(nested, dict):
                yield _problem(where, (kind, name, "config"), nested, "is not a mapping", _EXAMPLE)
                continue
            for field in ImportableConfig.__struct_fields__:
                if field in inner:
                    reason = "decides which adapter is used; it is not a field of the client"
                    yield _problem(where, (kind, name, field), inner.pop(field), reason, "remove it")
            yield from _merge(where, (kind, name), client["config"], {**nested, **inner}, resolve_path(client["path"]))


def _missing(where: str, path: tuple[str, ...], current: dict[str, Any], struct: type[Any]) -> Iterator[Problem]:
    for field in msgspec.structs.fields(struct):
        if field.required and field.encode_name not in current:
            fix = f"set it to a value of type {type_name(field.type)}"
            yield _problem(where, (*path, field.encode_name), None, "is missing", fix)


def _unknown(where: str, path: tuple[str, ...], value: object, fields: dict[str, Any]) -> Problem:
    parent = ".".join(path[:-1])
    names = tuple(fields)
    near = get_close_matches(path[-1], names, n=1, cutoff=_NEARLY)
    if not near:
        # The right name in the wrong place is as common as a slip.
        everywhere = {known.rpartition(".")[2]: known for known in field_paths()}
        elsewhere = get_close_matches(path[-1], tuple(everywhere), n=1, cutoff=_NEARLY)
        fix = f"did you mean {everywhere[elsewhere[0]]}?" if elsewhere else _did_you_mean(path[-1], names, "")
    else:
        fix = f"did you mean {f'{parent}.' if parent else ''}{near[0]}?"
    what = f"is not a field of {parent}" if parent else "is not a field of TradingNodeConfig"
    return _problem(where, path, value, what, fix)


def field_paths() -> tuple[str, ...]:
    """Return the dotted path of every field of upstream's config that is not inside a client or a list."""
    return tuple(_paths(TradingNodeConfig, ()))


def _paths(cls: type[Any], parents: tuple[str, ...]) -> Iterator[str]:
    for field in msgspec.structs.fields(cls):
        path = (*parents, field.encode_name)
        yield ".".join(path)
        if (struct := _struct_in(field.type)) is not None:
            yield from _paths(struct, path)


def _struct_in(kind: Any) -> type[Any] | None:  # noqa: ANN401 any annotation
    """Return the struct of a field that holds one, or one or None."""
    origin = typing.get_origin(kind)
    options = typing.get_args(kind) if origin in (typing.Union, types.UnionType) else (kind,)
    for option in options:
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return option
    return None


def _secret(where: str, path: tuple[str, ...], value: object) -> Problem | None:
    in_url = isinstance(value, str) and _USER_INFO.search(value) is not None
    if not in_url and not SECRET_KEY.search(path[-1]):
        return None
    return Problem(
        variable=f"{where} {_dotted(path)}",
        value_masked=MASK,
        problem="is a secret, and overrides.yaml is a plain file that upstream writes into its own config",
        fix="remove it; secrets have variables: REDIS_PASSWORD, BINANCE_API_KEY, BINANCE_API_SECRET and so on",
    )


def _problem(where: str, path: tuple[str, ...], value: object, problem: str, fix: str) -> Problem:
    name = shown(_dotted(path), secret=False, longest=120)
    return Problem(variable=f"{where} {name}", value_masked=masked(path[-1], value), problem=problem, fix=fix)


def _did_you_mean(name: str, known: tuple[str, ...], prefix: str) -> str:
    near = get_close_matches(name, known, n=1, cutoff=_NEARLY)
    if near:
        return f"did you mean {prefix}{near[0]}?"
    return f"use one of {', '.join(f'{prefix}{k}' for k in sorted(known)[:40])}" if known else "remove it"
