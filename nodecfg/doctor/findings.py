"""What the doctor found: one verdict a line, and one over all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    FAILED = "failed"


class Area(StrEnum):
    """What was looked at."""

    REDIS = "redis"
    VENUE = "venue"
    HOST = "host"


_WORST_FIRST: Final = (Verdict.FAILED, Verdict.WARNING, Verdict.OK)
# The codes with which the service would end over the same thing (docs/ and noderun.states have the whole table).
_EXIT_CODES: Final = {Area.REDIS: 75, Area.VENUE: 73, Area.HOST: 70}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor.

    Attributes:
        area: What was looked at.
        check: Which of its checks.
        verdict: How bad it is.
        detail: What was seen; never a secret.
        fix: What to do, empty when there is nothing to do.
    """

    area: Area
    check: str
    verdict: Verdict
    detail: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the finding as JSON-ready data."""
        return {
            "area": self.area.value,
            "check": self.check,
            "verdict": self.verdict.value,
            "detail": self.detail,
            "fix": self.fix,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that was found, in the order it was looked at."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict; what was skipped counts for nothing by itself."""
        seen = {finding.verdict for finding in self.findings}
        return next((verdict for verdict in _WORST_FIRST if verdict in seen), Verdict.OK)

    @property
    def exit_code(self) -> int:
        """0 without a failure, else the code of the first area that failed."""
        failed = (_EXIT_CODES[f.area] for f in self.findings if f.verdict is Verdict.FAILED)
        return next(failed, 0)

    def as_dict(self) -> dict[str, Any]:
        """Return the diagnosis as JSON-ready data."""
        return {
            "verdict": self.verdict.value,
            "exit_code": self.exit_code,
            "findings": [finding.as_dict() for finding in self.findings],
        }
