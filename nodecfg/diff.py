"""What differs between two configurations: settings by variable, then upstream's fields by dotted path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from nodecfg.errors import MASK, NOT_SET, shown
from nodecfg.factory import TradingNodeConfigFactory
from nodecfg.importing import SECRET_KEY
from nodecfg.settings import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nodecfg.settings import TradingNodeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that is not the same; secrets are compared, and shown as masks.

    Attributes:
        kind: "setting" or "upstream".
        name: Variable, or dotted path in TradingNodeConfig.
        first: Value in the first configuration, as it may be shown.
        second: Value in the second one.
    """

    kind: str
    name: str
    first: str
    second: str


def differences(first: TradingNodeSettings, second: TradingNodeSettings) -> tuple[Difference, ...]:
    """Return everything that differs.

    Raises:
        ConfigurationError: One of them does not build a config.
    """
    settings = _compare("setting", _variables(first), _variables(second))
    return (*settings, *_compare("upstream", _fields(first), _fields(second)))


def _compare(kind: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*first, *second)):
        one, other = first.get(name), second.get(name)
        if one != other:
            yield Difference(kind=kind, name=name, first=_shown(name, one), second=_shown(name, other))


def _shown(name: str, value: object) -> str:
    if isinstance(value, SecretStr):
        return MASK
    if value in (None, "", (), [], {}):
        return NOT_SET
    return shown(value, secret=SECRET_KEY.search(name) is not None)


def _variables(settings: TradingNodeSettings) -> dict[str, Any]:
    found = {}
    for name, section in SECTIONS.items():
        current = getattr(settings, name)
        for field in section.model_fields:
            value = None if current is None else getattr(current, field)
            found[section.variable(field)] = ",".join(map(str, value)) if isinstance(value, tuple) else value
    return found


def _fields(settings: TradingNodeSettings) -> dict[str, Any]:
    return dict(_flat("", TradingNodeConfigFactory.from_settings(settings).json_primitives()))


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 JSON
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat(f"{path}.{key}" if path else key, item)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _flat(f"{path}[{number}]", item)
    else:
        yield path, value
