"""Which fault comes when: drawn from a seed, so that a run can be had again."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.chaos.fault import Fault

_HALTED_SHARE = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One round.

    Attributes:
        number: From 1.
        fault: Its name.
        before: Seconds of trading before the fault.
        lasting: Seconds between fault and heal.
        halted: Whether an operator halts the node before the fault.
        seed: Of what the fault draws itself.
    """

    number: int
    fault: str
    before: float
    lasting: float
    halted: bool
    seed: int


def plans(seed: int, faults: Sequence[Fault]) -> Iterator[Plan]:
    """Yield rounds without end; every fault comes once before any comes twice."""
    rng, number = Random(seed), 0  # noqa: S311 no secret hangs on it
    while True:
        for fault in rng.sample(list(faults), len(faults)):
            number += 1
            yield Plan(
                number=number,
                fault=fault.name,
                before=round(rng.uniform(1.0, 5.0), 2),
                lasting=round(rng.uniform(*fault.seconds), 2),
                halted=rng.random() < _HALTED_SHARE and fault.halt,
                seed=rng.randrange(2**31),
            )
