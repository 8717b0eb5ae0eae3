"""Which strategy owns the orders and positions at the venue that no strategy of this node opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nodecfg.errors import ConfigurationError, Problem, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_FIX = "write {instrument_ids: [BTCUSDT-PERP.BINANCE]} or {claim_all: true}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalOrderClaimConfig:
    """What one strategy claims.

    An unclaimed position belongs to nobody: `close_all_positions` skips it, no strategy sees its fills. Upstream's own
    `external_order_claims` has no "all": None and an empty list claim nothing.

    Attributes:
        instrument_ids: The instruments; exclusive with claim_all.
        claim_all: Every instrument that the node loads.

    Raises:
        ConfigurationError: Both, neither, or something that is no instrument id.
    """

    instrument_ids: tuple[str, ...] = ()
    claim_all: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        problems = list(claim_problems("ExternalOrderClaimConfig", self.instrument_ids, self.claim_all))
        if problems:
            raise ConfigurationError(problems)

    def resolve(self, loaded: Sequence[str]) -> tuple[str, ...]:
        """Return the claimed instruments, given those that the node loads."""
        return tuple(loaded) if self.claim_all else self.instrument_ids


def parse_claims(where: str, value: object) -> ExternalOrderClaimConfig:
    """Read the `claims` of an entry of strategies.yaml.

    Raises:
        ConfigurationError: With every problem.
    """
    if not isinstance(value, dict):
        name = shown(type(value).__name__, secret=False)
        raise ConfigurationError([Problem(variable=where, value_masked=name, problem="is not a mapping", fix=_FIX)])
    problems = [
        Problem(variable=f"{where}.{key}", value_masked="(key)", problem="is not known here", fix=_FIX)
        for key in value
        if key not in ("instrument_ids", "claim_all")
    ]
    ids, everything = value.get("instrument_ids", ()), value.get("claim_all", False)
    problems.extend(claim_problems(where, ids, everything))
    if problems:
        raise ConfigurationError(problems)
    return ExternalOrderClaimConfig(instrument_ids=tuple(ids), claim_all=everything)


def claim_problems(where: str, ids: Any, everything: Any) -> Iterator[Problem]:  # noqa: ANN401 as YAML gave them
    """Yield what is wrong with a claim."""

    def problem(name: str, value: object, problem: str) -> Problem:
        shown_value = shown(value, secret=False)
        return Problem(variable=f"{where}.{name}", value_masked=shown_value, problem=problem, fix=_FIX)

    if not isinstance(everything, bool):
        yield problem("claim_all", everything, "is neither true nor false")
        return
    if not isinstance(ids, (list, tuple)) or any(not isinstance(text, str) for text in ids):
        yield problem("instrument_ids", type(ids).__name__, "is not a list of instrument ids")
        return
    if everything and ids:
        yield problem("claim_all", "true", "excludes instrument_ids: all of them are claimed already")
    if not everything and not ids:
        yield problem("instrument_ids", None, "is missing; a claim of nothing claims nothing")
    for text in ids:
        symbol, _, venue = text.rpartition(".")
        if not symbol or not venue or not text.isascii() or not text.isprintable() or " " in text:
            yield problem("instrument_ids", text, "is not an instrument id, SYMBOL.VENUE")
    yield from (problem("instrument_ids", text, "is claimed twice") for text in _twice(ids))


def _twice(ids: Iterable[str]) -> list[str]:
    seen = list(ids)
    return sorted({text for text in seen if seen.count(text) > 1})
