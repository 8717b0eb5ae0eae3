"""What is wrong with a configuration, told all at once: variable, masked value, problem, fix."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

EXIT_CONFIGURATION = 78
"""Exit code of a command that stops over its configuration (sysexits.h EX_CONFIG); systemd does not restart on it."""

MASK = "********"
NOT_SET = "(not set)"

_LONGEST_SHOWN = 60
_SHORTEST_SCRUBBED = 6
# A key pasted into the wrong variable is still a key.
_LOOKS_LIKE_A_KEY = re.compile(r"[A-Za-z0-9+/=_-]{32,}")
_USER_INFO = re.compile(r"://[^/@\s]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        variable: Environment variable, or file (with line or key), that has to change.
        value_masked: Its value as it may be shown; never a secret.
        problem: What is wrong, with the reason.
        fix: What to write instead.
    """

    variable: str
    value_masked: str
    problem: str
    fix: str

    def __str__(self) -> str:
        """Return the problem on one line."""
        return f"{self.variable} = {self.value_masked}: {self.problem}; {self.fix}"


class ConfigurationError(Exception):
    """The configuration cannot be used; holds every problem that was found.

    Attributes:
        problems: At least one problem, in the order of the settings.
        exit_code: 78, what a command that meets this error ends with.
    """

    exit_code = EXIT_CONFIGURATION

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems; their text is the message."""
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self._text())

    def _text(self) -> str:
        count = len(self.problems)
        head = "1 problem in the configuration" if count == 1 else f"{count} problems in the configuration"
        return "\n".join([f"{head}:", *(f"  {problem}" for problem in self.problems)])

    def as_dict(self) -> dict[str, object]:
        """Return the error as JSON-ready data."""
        return {"ok": False, "problems": [asdict(problem) for problem in self.problems]}


def shown(value: object, *, secret: bool, longest: int = _LONGEST_SHOWN) -> str:
    """Return a value as it may be printed: secrets and what looks like one masked, control characters escaped, cut."""
    if value is None or value == "":
        return NOT_SET
    if secret:
        return MASK
    text = str(value)
    if _LOOKS_LIKE_A_KEY.fullmatch(text) or _USER_INFO.search(text):
        return MASK
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii", "replace") for c in text)
    return printable if len(printable) <= longest else printable[: longest - 1] + "…"


def scrubbed(problems: Iterable[Problem], secrets: Iterable[str]) -> tuple[Problem, ...]:
    """Return the problems with every occurrence of a secret value masked: the last line of defence.

    Very short values are left alone, they would blank out ordinary words.
    """
    hidden = sorted({s for s in secrets if len(s) >= _SHORTEST_SCRUBBED}, key=len, reverse=True)

    def scrub(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, MASK)
        return text

    return tuple(
        Problem(
            variable=scrub(p.variable), value_masked=scrub(p.value_masked), problem=scrub(p.problem), fix=scrub(p.fix)
        )
        for p in problems
    )
