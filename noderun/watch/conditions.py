"""What is wrong with a running node: which conditions hold, since when, and which have lasted too long."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Subject(StrEnum):
    """What a condition is about."""

    LINK = "link"
    REQUESTS = "requests"
    DATA = "data"
    PERSISTENCE = "persistence"
    DIFFERENCE = "difference"
    CLOCK = "clock"
    FROZEN_CLOCK = "frozen clock"
    LEASE = "lease"


EXITS: Final[dict[Subject, Exit]] = {
    Subject.LINK: Exit.NOT_CONNECTED,
    Subject.DATA: Exit.NOT_CONNECTED,
    Subject.PERSISTENCE: Exit.REDIS,
    Subject.DIFFERENCE: Exit.NOT_RECONCILED,
    Subject.FROZEN_CLOCK: Exit.NOT_CONNECTED,
}
"""What the process ends with when a condition lasts too long.

It mends no clock and no lost lease, and a start needs the answers that a node lacks whose requests fail.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that is wrong.

    Attributes:
        name: Tells it from others of its subject; the same over time while it is the same trouble.
        reason: One line for people: the thing, the problem, the fix where there is one.
        fatal: Waiting cannot mend it: the node is restarted at once.
    """

    subject: Subject
    name: str
    reason: str
    fatal: bool = False


class Conditions:
    """The conditions that hold, oldest first."""

    def __init__(self, limits: Mapping[Subject, float]) -> None:
        """Take the seconds that the conditions of each subject may last; a subject without a limit may for ever."""
        self._limits = limits
        self._since: dict[tuple[Subject, str], float] = {}
        self._active: dict[tuple[Subject, str], Condition] = {}

    def update(self, found: Iterable[Condition], now: float) -> None:
        """Replace what holds by what was found now (seconds of a monotonic clock)."""
        active = {(condition.subject, condition.name): condition for condition in found}
        self._since = {key: self._since.get(key, now) for key in active}
        self._active = dict(sorted(active.items(), key=lambda item: self._since[item[0]]))

    @property
    def reasons(self) -> list[str]:
        """One line for each condition, the oldest first."""
        return [condition.reason for condition in self._active.values()]

    def ages(self, now: float) -> dict[tuple[Subject, str], float]:
        """Return how many seconds each condition has held."""
        return {key: now - since for key, since in self._since.items()}

    def overdue(self, now: float) -> Failure | None:
        """Return why the node must be restarted, None while it need not."""
        for key, condition in self._active.items():
            limit = self._limits.get(condition.subject)
            if condition.fatal:
                return Failure(EXITS[condition.subject], condition.reason)
            if limit is not None and now - self._since[key] >= limit:
                return Failure(EXITS[condition.subject], f"{condition.reason} (for {limit:g} s)")
        return None
