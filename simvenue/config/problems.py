"""From what pydantic found to sentences for the operator: key, problem, fix, and never a secret."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from simvenue.config.models import (
    AccountConfig,
    Endpoint,
    FaultsConfig,
    KeyConfig,
    ReplayConfig,
    SimvenueConfig,
    VenueConfig,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError

    from simvenue.config.models import Model

_PARTS: dict[type[Model], dict[str, type[Model]]] = {
    SimvenueConfig: {
        "admin": Endpoint,
        "venues": VenueConfig,
        "accounts": AccountConfig,
        "market": ReplayConfig,
        "faults": FaultsConfig,
    },
    AccountConfig: {"keys": KeyConfig},
}
_MOVED = {
    "binance_futures": "venues are listed now: write venues: {binance_futures: {host: …, port: …, instruments: […]}}",
    "instruments": "it belongs to each venue now: write venues: {binance_futures: {…, instruments: […]}}",
    "api_key": 'an account has a list of keys now: write keys: [{api_key: "…", api_secret: "…"}]',
    "api_secret": 'an account has a list of keys now: write keys: [{api_key: "…", api_secret: "…"}]',
}
"""What stood elsewhere before there were several venues."""


def sentences(error: ValidationError) -> list[str]:
    """Tell every problem once, in the file's order."""
    found: list[dict[str, Any]] = [dict(details) for details in error.errors()]
    # A list whose elements are wrong is also reported as too short: only the elements' own problems are told.
    inner = [tuple(details["loc"]) for details in found]
    return [
        _sentence(details)
        for details in found
        if not any(len(loc) > len(details["loc"]) and loc[: len(details["loc"])] == details["loc"] for loc in inner)
    ]


def suggest(name: str, known: Iterable[str]) -> str:
    """Say which known name was meant, or all there are."""
    choices = list(known)
    close = difflib.get_close_matches(name, choices, n=1)
    return f"did you mean {close[0]}?" if close else f"choose from {', '.join(choices)}"


def _sentence(details: dict[str, Any]) -> str:
    location = [part for part in details["loc"] if part not in {"synthetic", "replay", "[key]"}]
    key = ".".join(str(part) for part in location)
    kind = details["type"]
    if kind == "extra_forbidden":
        name, model = str(location[-1]), _model_at(location[:-1])
        if name in _MOVED and model in {SimvenueConfig, AccountConfig}:
            return f"{key} stands in the wrong place; {_MOVED[name]}"
        return f"{key} is not a known key; {suggest(name, model.model_fields if model else ())}"
    if kind == "missing":
        return f"{key} is missing; {_fix(location)}"
    if kind == "one_way_to_sign":
        return f"{key} {details['msg']}"
    if kind.startswith("union_tag"):
        return f"{key}.kind is missing or neither synthetic nor replay; set it to one of them"
    # Within an account only name and balances may be repeated; anything else could be, or hold, a secret.
    harmless = location[0] != "accounts" or {"name", "balances", "permissions"} & set(location)
    shown = f" {details['input']!r}" if harmless and not isinstance(details["input"], (dict, list)) else ""
    problem = details["msg"].removeprefix("Input ").removeprefix("Value ")
    return f"{key}{shown}: {problem[0].lower()}{problem[1:]}; {_fix(location)}"


def _model_at(location: list[Any]) -> type[Model] | None:
    model: type[Model] | None = SimvenueConfig
    names = [part for part in location if not isinstance(part, int)]
    if len(names) > 1 and names[0] == "venues":
        names.pop(1)  # the venue's own name is no field
    for name in names:
        model = _PARTS.get(model, {}).get(str(name)) if model else None
    return model


def _fix(location: list[Any]) -> str:
    # The innermost field on the way that says how to set it.
    for end in range(len(location), 0, -1):
        model = _model_at(location[: end - 1])
        field = model.model_fields.get(str(location[end - 1])) if model else None
        if field and field.description:
            return field.description
    return "correct it"
