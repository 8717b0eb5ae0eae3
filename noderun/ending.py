"""Why and how the service ends: the first reason counts, whoever has it, and from then on the clock runs."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from noderun.states import Exit, Failure

if TYPE_CHECKING:
    import signal

    from noderun.deadline import Deadline

_HURRY_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What the process will end with.

    Attributes:
        asked: True when somebody asked for the stop, False when something failed.
    """

    code: Exit
    text: str
    asked: bool


class Ending:
    """Takes the wish to end from any thread.

    Attributes:
        seconds: SHUTDOWN_TIMEOUT; set again when the settings are known.
        reason: Why the process ends, None while it does not.
        hurry: Set by a second signal.
    """

    def __init__(self, deadline: Deadline, seconds: float) -> None:
        """Take the deadline that the first wish arms; it ends the process when the stop does not."""
        self.seconds = seconds
        self.reason: Reason | None = None
        self._deadline = deadline
        self._wished = threading.Event()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wished_on_loop = asyncio.Event()
        self.hurry = asyncio.Event()

    def on_signal(self, number: signal.Signals) -> None:
        """Take a stop signal; a second one hurries."""
        if not self.wish(Exit.STOPPED, f"received {number.name}", asked=True):
            self._deadline.arm(min(self._deadline.remaining(), _HURRY_SECONDS), *self._cut())
            self._on_loop(self.hurry)

    def wish(self, code: Exit, text: str, *, asked: bool = False) -> bool:
        """End with that code and reason; False when an end is under way already."""
        with self._lock:
            if self.reason is not None:
                return False
            self.reason = Reason(code=code, text=text, asked=asked)
            self._deadline.arm(self.seconds, *self._cut())
        self._wished.set()
        self._on_loop(self._wished_on_loop)
        return True

    def at_once(self, code: Exit, text: str) -> None:
        """End the process now, from any thread and without a stop: it has no right to write anything any more."""
        self._deadline.arm(0, code, text)

    def wait(self, seconds: float) -> bool:
        """Sleep on the main thread, before the loop runs; True when the end is wished."""
        return self._wished.wait(seconds)

    def limit(self, seconds: float, code: Exit, text: str) -> None:
        """Give the next step of a start its time, after which the process ends itself with code and text.

        Raises:
            Failure: With the reason, when the end is wished already.
        """
        with self._lock:
            if self.reason is None:
                self._deadline.arm(seconds, code, text)
        self.raise_if_wished()

    def unlimited(self) -> None:
        """The start is over: from now on only a stop has a deadline."""
        with self._lock:
            if self.reason is None:
                self._deadline.disarm()

    def shorten(self, seconds: float) -> None:
        """Give an end that is under way no more than seconds from now."""
        with self._lock:
            self._deadline.arm(min(self._deadline.remaining(), seconds), *self._cut())

    def raise_if_wished(self) -> None:
        """Leave a start between two steps.

        Raises:
            Failure: With the reason, when the end is wished.
        """
        if self.reason is not None:
            raise Failure(self.reason.code, self.reason.text)

    async def wished(self) -> Reason:
        """Wait on the loop for the wish to end."""
        self._loop = asyncio.get_running_loop()
        if self.reason is None:
            await self._wished_on_loop.wait()
        if self.reason is None:
            raise AssertionError("an ending without a reason")
        return self.reason

    def _cut(self) -> tuple[Exit, str]:
        reason = self.reason
        if reason is None or reason.code is Exit.STOPPED:
            return Exit.STOP_DEADLINE, "the stop did not end in time (SHUTDOWN_TIMEOUT), the process ended itself"
        return reason.code, f"{reason.text}; and the stop did not end in time"

    def _on_loop(self, event: asyncio.Event) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(event.set)
