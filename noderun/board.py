"""The one owner of the service's state: what it is, since when and why, told to log and systemd in the same words."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from noderun import logs
from noderun.states import MEANING, Exit, State

if TYPE_CHECKING:
    from noderun.notify import Notifier


class Board:
    """State and reasons, written by the main thread and by a deadline, read by the control socket's threads.

    Attributes:
        state: What the service is doing.
        reasons: Why it is not trading, one line each; empty while it trades.
    """

    def __init__(self, notifier: Notifier) -> None:
        """Start the clock."""
        self.notifier = notifier
        self.state = State.STARTING
        self.reasons: list[str] = []
        self._started = datetime.now(UTC)
        self._started_clock = time.monotonic()
        self._ready: datetime | None = None
        self._seconds_to_ready: float | None = None

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started_clock

    def enter(self, state: State, reason: str) -> None:
        """Go over to a state."""
        before, self.state = self.state, state
        logs.identify(state=state.value)
        logs.get().info("state", before=before.value, reason=reason)
        self._show(reason)

    def tell(self, progress: str) -> None:
        """Say what the present state waits for; repeated lines are said once."""
        if self.reasons == [progress]:
            return
        logs.get().info("progress", reason=progress)
        self._show(progress)

    def ready(self) -> None:
        """The node trades: tell systemd."""
        self._ready = datetime.now(UTC)
        self._seconds_to_ready = self.age
        self.state, self.reasons = State.RUNNING, []
        logs.identify(state=self.state.value)
        logs.get().info("ready", seconds_to_ready=round(self._seconds_to_ready, 3))
        self.notifier.ready(f"{self.state}: connected, reconciled, trading")

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

    def as_dict(self) -> dict[str, Any]:
        """Return the board's part of the status document."""
        return {
            "state": self.state.value,
            "reasons": list(self.reasons),
            "started_at": self._started.isoformat(timespec="milliseconds"),
            "ready_at": self._ready.isoformat(timespec="milliseconds") if self._ready else None,
            "seconds_to_ready": round(self._seconds_to_ready, 3) if self._seconds_to_ready is not None else None,
        }

    def _show(self, reason: str) -> None:
        self.reasons = [reason]
        self.notifier.status(f"{self.state}: {reason}")
