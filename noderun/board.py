"""The one owner of the service's state: what it is, since when and why, told to log and systemd in the same words."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from noderun import logs
from noderun.states import MAY_FOLLOW, MEANING, STARTED, Exit, State

if TYPE_CHECKING:
    from noderun.notify import Notifier

_TRADING = "connected, reconciled, trading"


class Board:
    """State and reasons, written by the main thread and by a deadline, read by the control socket's threads.

    Attributes:
        state: What the service is doing.
        reasons: What is wrong or waited for, one line each; empty while it is RUNNING.
        seconds_to_ready: How long the start took, None before its end.
        transitions: How often each state turned into each other.
    """

    def __init__(self, notifier: Notifier) -> None:
        """Start the clock."""
        self.notifier = notifier
        self.state = State.STARTING
        self.reasons: list[str] = []
        self.transitions: Counter[tuple[State, State]] = Counter()
        self._wrong: list[str] = []
        self._halted: str | None = None
        self._started = datetime.now(UTC)
        self._started_clock = time.monotonic()
        self._ready: datetime | None = None
        self.seconds_to_ready: float | None = None

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started_clock

    def enter(self, state: State, *reasons: str) -> None:
        """Go over to a state.

        Raises:
            AssertionError: The present state never turns into that one.
        """
        if state not in MAY_FOLLOW[self.state]:
            raise AssertionError(f"{state} cannot follow {self.state}")
        before, self.state = self.state, state
        self.transitions[before, state] += 1
        logs.identify(state=state.value)
        log = logs.get().warning if state is State.DEGRADED else logs.get().info
        log("state", before=before.value, reason="; ".join(reasons))
        self._show(*reasons)

    def tell(self, progress: str) -> None:
        """Say what the present state waits for; repeated lines are said once."""
        if self.reasons == [progress]:
            return
        logs.get().info("progress", reason=progress)
        self._show(progress)

    def ready(self) -> None:
        """The start is over, and the node trades or is halted: tell systemd."""
        self._ready = datetime.now(UTC)
        self.seconds_to_ready = self.age
        state, reasons = self._wanted()
        self.enter(state, *reasons)
        logs.get().info("ready", seconds_to_ready=round(self.seconds_to_ready, 3))
        self.notifier.ready(self._line())

    def show(self, wrong: list[str]) -> None:
        """Let the state of a started node follow what is wrong with it, and whether somebody halted it."""
        self._wrong = wrong
        self._follow()

    def halted(self, why: str | None) -> None:
        """Somebody halted the node, with that line for people; None: resumed it."""
        self._halted = why
        self._follow()

    def _wanted(self) -> tuple[State, list[str]]:
        if self._halted is not None:
            return State.HALTED, [self._halted, *self._wrong]
        return State.DEGRADED if self._wrong else State.RUNNING, self._wrong

    def _follow(self) -> None:
        state, reasons = self._wanted()
        if self.state not in STARTED or (self.state is state and self.reasons == reasons):
            return
        if self.state is state:
            logs.get().warning("reasons", reason="; ".join(reasons))
            self._show(*reasons)
        else:
            self.enter(state, *reasons)

    def stopping(self, reason: str) -> None:
        """The stop has begun."""
        self.enter(State.STOPPING, reason)
        self.notifier.stopping(f"{self.state}: {reason}")

    def ended(self, code: int, reason: str) -> None:
        """The process ends with that code: leave the reason where `systemctl status` shows it."""
        meaning = MEANING[Exit(code)]
        if code == Exit.STOPPED:
            logs.get().info("ended", code=code, meaning=meaning, reason=reason)
        else:
            logs.get().error("ended", code=code, meaning=meaning, reason=reason)
        self.reasons = [reason]
        self.notifier.ended(f"{int(code)} {reason}")

    def will_end(self, at: float | None, code: int, reason: str) -> None:
        """The process may end without a word of its own, at that time of the monotonic clock; None: it will not."""
        logs.foretell(at, code=code, meaning=MEANING[Exit(code)], reason=reason)

    def as_dict(self) -> dict[str, Any]:
        """Return the board's part of the status document."""
        return {
            "state": self.state.value,
            "reasons": list(self.reasons),
            "started_at": self._started.isoformat(timespec="milliseconds"),
            "ready_at": self._ready.isoformat(timespec="milliseconds") if self._ready else None,
            "seconds_to_ready": round(self.seconds_to_ready, 3) if self.seconds_to_ready is not None else None,
        }

    def _show(self, *reasons: str) -> None:
        self.reasons = list(reasons)
        self.notifier.status(self._line())

    def _line(self) -> str:
        return f"{self.state}: {'; '.join(self.reasons) or _TRADING}"
