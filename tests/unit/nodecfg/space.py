"""The whole space of settings as hypothesis strategies, for the tests that build configs and nodes from it.

Every switch, number and choice is drawn over its whole range as its model declares it (`simple`), so a new setting of
that kind is in the space at once; text, lists and what depends on other settings is drawn by hand.
"""

from __future__ import annotations

import os
import string
import types
import typing
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Any

import annotated_types
import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from nodecfg.settings import SECTIONS
from nodecfg.settings.rules import VENUES
from nodecfg.settings.streaming import STREAMABLE
from nodecfg.settings.values import OrOff
from tests.unit.nodecfg.space_clients import clients, nets_derivatives
from tests.unit.nodecfg.space_files import overrides, strategies

if TYPE_CHECKING:
    from pathlib import Path

    from nodecfg.settings.section import Section

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
FLAG = st.sampled_from(["true", "false", "1", "0", "yes", "no", "on", "off", "True"])
WORD = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=7)
PUBLIC_HOST = st.sampled_from(["redis-1.internal.example.net", "redis.example.com", "9.9.9.9"])
HOST = st.one_of(st.sampled_from(["localhost", "127.0.0.1", "redis", "redis.internal", "10.1.2.3"]), PUBLIC_HOST)
PASSWORD = st.text(string.ascii_letters + string.digits + "-_@:+&=!$~.,;*()", min_size=8, max_size=64).map(
    lambda text: f"pw{text}"
)
USER = st.from_regex(r"[a-z][a-z0-9_-]{2,30}", fullmatch=True)
COMPONENT = st.sampled_from(["RiskEngine", "ExecClient-BINANCE", "MarketMaker-001", "Cache"])


def profile(usual: int, nightly: int = 2000) -> settings:
    """Return how many cases are tried: few usually, many with HYPOTHESIS_PROFILE=nightly."""
    slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(max_examples=nightly if NIGHTLY else usual, deadline=None, suppress_health_check=slow)


@dataclass(frozen=True)
class Drawn:
    """Variables, and the files that they shall name."""

    variables: dict[str, str]
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def placed(self, directory: Path) -> dict[str, str]:
        """Write the files into a directory and return the variables with their paths."""
        variables = dict(self.variables)
        for name, document in self.files.items():
            path = directory / f"{name}.yaml"
            path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
            variables[f"NAUTILUS_{name.upper()}_FILE"] = str(path)
        return variables


def simple(section: type[Section]) -> dict[str, st.SearchStrategy[str]]:
    """Return a strategy for every variable of a section that is a switch, a number or a choice."""
    found = {}
    for name, info in section.model_fields.items():
        values = _values(info.annotation, info.metadata)
        if values is not None:
            found[section.variable(name)] = values
    return found


def _values(kind: Any, metadata: list[Any]) -> st.SearchStrategy[str] | None:  # noqa: ANN401 any annotation
    if typing.get_origin(kind) is typing.Annotated:
        inner, *more = typing.get_args(kind)
        flat = [one for part in more for one in (part.metadata if isinstance(part, FieldInfo) else [part])]
        return _values(inner, [*metadata, *flat])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        (inner,) = [part for part in typing.get_args(kind) if part is not type(None)]
        values = _values(inner, metadata)
        return st.one_of(st.just("off"), values) if values is not None and OrOff in metadata else values
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return st.sampled_from([member.value for member in kind])
    return FLAG if kind is bool else _numbers(kind, metadata)


def _numbers(kind: Any, metadata: list[Any]) -> st.SearchStrategy[str] | None:  # noqa: ANN401 any annotation
    low: Any = next((one.ge for one in metadata if isinstance(one, annotated_types.Ge)), None)
    high: Any = next((one.le for one in metadata if isinstance(one, annotated_types.Le)), None)
    if kind not in (int, float) or low is None or high is None:
        return None
    return (st.integers(low, high) if kind is int else st.floats(low, high)).map(str)


_SIMPLE = {
    name: values
    for key, section in SECTIONS.items()
    if key not in (*VENUES, "environment", "timeouts", "shutdown", "message_bus", "streaming")
    for name, values in simple(section).items()
    if name not in {"NAUTILUS_LOG_LEVEL", "NAUTILUS_LOG_FILE_LEVEL"}
}
_RATE = st.tuples(st.integers(1, 10**9 - 1), st.integers(0, 999), st.integers(0, 59), st.integers(1, 59)).map(
    lambda parts: "{}/{:02d}:{:02d}:{:02d}".format(*parts)
)
_NAMES = st.lists(st.from_regex(r"[A-Z][A-Z0-9]{1,8}", fullmatch=True), min_size=1, max_size=3, unique=True).map(
    ",".join
)
_TEXT: dict[str, st.SearchStrategy[str]] = {
    "NAUTILUS_LOG_COMPONENT_LEVELS": st.dictionaries(
        COMPONENT, st.sampled_from(["TRACE", "debug", "Info", "WARN", "error"]), min_size=1
    ).map(lambda levels: ",".join(f"{name}={level}" for name, level in levels.items())),
    "NAUTILUS_DATA_EXTERNAL_CLIENTS": _NAMES,
    "NAUTILUS_EXEC_EXTERNAL_CLIENTS": _NAMES,
    "REDIS_HOST": HOST,
    "HEALTH_HOST": HOST,
    "RISK_MAX_ORDER_SUBMIT_RATE": _RATE,
    "RISK_MAX_ORDER_MODIFY_RATE": _RATE,
    "RECONCILIATION_FILTERED_CLIENT_ORDER_IDS": st.lists(
        st.from_regex(r"O-[0-9]{8}-[0-9]{6}-[0-9]{3}", fullmatch=True), min_size=1, max_size=3, unique=True
    ).map(",".join),
}


@st.composite
def right_settings(draw: st.DrawFn, catalog: str = "/nowhere/catalog") -> Drawn:
    """Draw settings that are right by themselves and together, with the files that belong to them."""
    variables = draw(st.fixed_dictionaries({}, optional=_SIMPLE | _TEXT))
    name, tag = draw(WORD), draw(WORD)
    variables["NAUTILUS_TRADER_ID"] = f"{name}-{tag}"
    real = draw(st.booleans())
    variables |= draw(clients(real=real))
    if not real:
        variables |= draw(st.fixed_dictionaries({}, optional={"NAUTILUS_DEBUG": FLAG}))
        variables |= draw(st.fixed_dictionaries({}, optional={"NAUTILUS_ENVIRONMENT": st.just("SANDBOX")}))
    variables.setdefault("NAUTILUS_ENVIRONMENT", draw(st.sampled_from(["LIVE", ""])))
    variables |= draw(_account("REDIS"))
    _certify(draw, variables, "REDIS")
    variables |= draw(_logs())
    variables |= draw(_times())
    variables |= draw(_bus())
    variables |= draw(_catalog(catalog))
    _settle_engines(draw, variables)
    loaded = instruments(variables)
    for variable in ("READY_DATA_EXCEPT", "RECONCILIATION_INSTRUMENT_IDS"):
        if draw(st.booleans()):
            variables[variable] = ",".join(draw(_some(loaded)))
    if draw(st.booleans()):
        limits = ", ".join(f'"{one}": {draw(st.integers(1, 10**15 - 1))}' for one in draw(_some(loaded)))
        variables["RISK_MAX_NOTIONAL_PER_ORDER"] = f"{{{limits}}}"
    files = {}
    if draw(st.booleans()):
        files["strategies"] = draw(strategies(loaded, trader_tag=tag))
    if draw(st.booleans()):
        files["overrides"] = draw(overrides(loaded_clients(variables)))
    return Drawn(variables, files)


def loaded_clients(variables: dict[str, str]) -> list[str]:
    """Return the clients that have a key."""
    prefixes = {name: section.model_config["env_prefix"] for name, section in SECTIONS.items() if name in VENUES}
    return [prefix[:-1] for prefix in prefixes.values() if f"{prefix}API_KEY" in variables]


def instruments(variables: dict[str, str]) -> list[str]:
    """Return the instruments of all clients."""
    return [one for name in loaded_clients(variables) for one in variables[f"{name}_INSTRUMENT_IDS"].split(",")]


def _some(items: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(items), min_size=1, max_size=3, unique=True)


@st.composite
def _account(draw: st.DrawFn, prefix: str) -> dict[str, str]:
    password = draw(st.one_of(st.none(), PASSWORD))
    if password is None:
        return {}
    user = draw(st.one_of(st.none(), USER))
    return {f"{prefix}_PASSWORD": password, **({f"{prefix}_USERNAME": user} if user else {})}


def _certify(draw: st.DrawFn, variables: dict[str, str], prefix: str) -> None:
    """Upstream's TLS trusts public authorities only, so a host with TLS has a public name."""
    if variables.get(f"{prefix}_SSL", "").lower() in {"true", "1", "yes", "on"}:
        variables[f"{prefix}_HOST"] = draw(PUBLIC_HOST)


@st.composite
def _logs(draw: st.DrawFn) -> dict[str, str]:
    levels = st.sampled_from(["TRACE", "debug", "Info", "WARN", "warning", "ERROR"])
    found = draw(st.fixed_dictionaries({}, optional={"NAUTILUS_LOG_LEVEL": levels, "NAUTILUS_LOG_FILE_LEVEL": levels}))
    if "NAUTILUS_LOG_FILE_LEVEL" in found or draw(st.booleans()):
        found["NAUTILUS_LOG_DIRECTORY"] = draw(st.sampled_from(["/var/log/tradingnode/main", "logs"]))
    return found


@st.composite
def _times(draw: st.DrawFn) -> dict[str, str]:
    found = draw(st.fixed_dictionaries({}, optional=simple(SECTIONS["timeouts"]) | simple(SECTIONS["shutdown"])))
    post_stop, disconnection = "NAUTILUS_TIMEOUT_POST_STOP", "NAUTILUS_TIMEOUT_DISCONNECTION"
    # The stop has 80 s at most, 5 of them to cancel tasks.
    for name in (post_stop, disconnection):
        if name in found and float(found[name]) > 37:
            found[name] = "37"
    needed = ceil(float(found.get(post_stop, 5)) + float(found.get(disconnection, 10)) + 5)
    if "SHUTDOWN_TIMEOUT" in found or needed > 45:
        found["SHUTDOWN_TIMEOUT"] = str(draw(st.integers(needed, 80)))
    return found


@st.composite
def _bus(draw: st.DrawFn) -> dict[str, str]:
    plain = simple(SECTIONS["message_bus"])
    streams = st.lists(WORD, min_size=1, max_size=2, unique=True).map(",".join)
    found = draw(
        st.fixed_dictionaries(
            {},
            optional={**plain, "NAUTILUS_BUS_STREAMS_PREFIX": WORD, "NAUTILUS_BUS_EXTERNAL_STREAMS": streams},
        )
    )
    if draw(st.booleans()):
        found |= {"NAUTILUS_BUS_HOST": draw(HOST), **draw(_account("NAUTILUS_BUS"))}
        _certify(draw, found, "NAUTILUS_BUS")
    return found


@st.composite
def _catalog(draw: st.DrawFn, path: str) -> dict[str, str]:
    found = draw(st.fixed_dictionaries({}, optional=simple(SECTIONS["streaming"])))
    if draw(st.booleans()):
        types_ = draw(st.lists(st.sampled_from(STREAMABLE), min_size=1, max_size=5, unique=True))
        found |= {"NAUTILUS_CATALOG_PATH": path, "NAUTILUS_CATALOG_INCLUDE_TYPES": ",".join(types_)}
    return found


def _settle_engines(draw: st.DrawFn, variables: dict[str, str]) -> None:
    """Make what was drawn independently fit together."""
    prefix = "RECONCILIATION_"
    on = variables.get(f"{prefix}ENABLED", "").lower() in {"true", "1", "yes", "on"}
    off = variables.get(f"{prefix}PRESET") == "DISABLED" or (f"{prefix}ENABLED" in variables and not on)
    if off and not on:
        variables[f"{prefix}FORCE_DISABLED"] = "true"
    if f"{prefix}LOOKBACK_MINS" in variables:
        variables[f"{prefix}ALLOW_LIMITED_LOOKBACK"] = "true"
    interval, threshold = f"{prefix}INFLIGHT_CHECK_INTERVAL_MS", f"{prefix}INFLIGHT_CHECK_THRESHOLD_MS"
    if interval in variables or threshold in variables:
        longest = int(variables.get(threshold, "600000"))
        variables[threshold] = str(longest)
        variables[interval] = str(draw(st.integers(0, longest)))
    if not nets_derivatives(variables):
        variables[f"{prefix}POSITION_CHECK_INTERVAL_SECS"] = "off"
    lookback = f"{prefix}OPEN_CHECK_LOOKBACK_MINS"
    if draw(st.booleans()):
        variables[lookback] = str(draw(st.integers(60, 43_200)))
    audit, books = "NAUTILUS_EXEC_OWN_BOOKS_AUDIT_INTERVAL_SECS", "NAUTILUS_EXEC_MANAGE_OWN_ORDER_BOOKS"
    if audit in variables:
        variables[books] = "true"
