"""Where each effective value comes from: a default, a preset, the environment, a file, an override."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nodecfg.errors import shown
from nodecfg.settings import SECTIONS
from nodecfg.sources import SourceKind
from nodecfg.template import follows_preset

if TYPE_CHECKING:
    from nodecfg.settings import TradingNodeSettings
    from nodecfg.sources import Source


def origins(source: Source, settings: TradingNodeSettings) -> dict[str, str]:
    """Return the origin of every variable of the configured sections: default, preset, env or file."""
    given = "env" if source.kind is SourceKind.ENVIRONMENT else "file"
    found: dict[str, str] = {}
    for name, section in SECTIONS.items():
        current = getattr(settings, name)
        if current is None:
            continue
        for field, info in section.model_fields.items():
            variable = section.variable(field)
            if source.variables.get(variable):
                found[variable] = given
            else:
                found[variable] = "preset" if follows_preset(info) else "default"
    return found


def shown_overrides(settings: TradingNodeSettings) -> dict[str, Any]:
    """Return what overrides.yaml sets, by dotted path, as it may be shown.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    if settings.overrides_file is None:
        return {}
    from nodecfg.importing import masked  # noqa: PLC0415 imports nautilus_trader
    from nodecfg.overrides import leaves, load_overrides  # noqa: PLC0415 see above

    found = {}
    for path, value in leaves(load_overrides(settings.overrides_file)):
        plain = isinstance(value, bool | int | float)
        found[shown(path, secret=False, longest=200)] = value if plain else masked(path, value)
    return found
