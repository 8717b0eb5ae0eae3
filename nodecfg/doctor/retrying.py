"""Asks again while an answer can still come: at most five retries, 1, 2, 4, 8 and 16 s apart, never more than 32 s."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_RETRIES: Final = 5
_LONGEST_PAUSE: Final = 32.0


class NoAnswerError(Exception):
    """Nothing answered; the message says how, on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often to ask again.

    Attributes:
        retries: From 0 to 5.
        wait: Sleeps for seconds.
        tell: Told about every answer that did not come.
    """

    retries: int
    wait: Callable[[float], object]
    tell: Callable[[str], object]

    def until_answer[T](self, what: str, ask: Callable[[], T]) -> T:
        """Return the first answer.

        Args:
            what: What is asked, for the messages.
            ask: Asks once; raises NoAnswerError where asking again can help.

        Raises:
            NoAnswerError: The last one, when none came.
        """
        most = min(self.retries, MOST_RETRIES)
        for number in range(most):
            try:
                return ask()
            except NoAnswerError as error:
                pause = min(2.0**number, _LONGEST_PAUSE)
                self.tell(f"{what}: {error}; asking again in {pause:g} s ({number + 1} of {most})")
                self.wait(pause)
        return ask()


def plain(error: BaseException) -> str:
    """Return why something did not answer, on one line and without an address that holds a password."""
    cause = error.__cause__ or error.__context__ or error
    if isinstance(cause, socket.gaierror):
        return "the name does not resolve"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return str(error) or type(error).__name__
