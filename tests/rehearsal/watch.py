"""What systemd says about a node, again and again, while something is done to its host."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Self

from tests.chaos.history import Poll

if TYPE_CHECKING:
    from types import TracebackType

    from tests.support.lab import Host

_LOOK_SECONDS = 0.7
_SHOW = "systemctl show tradingnode -p ActiveState,SubState,StatusText,MainPID,NRestarts,ExecMainStatus"
_MOST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One answer of systemd.

    Attributes:
        active: As `active`, `activating`.
        sub: As `running`, `auto-restart`.
        text: The status line: a state and its reason, of the last process too.
        pid: 0 while there is none.
        restarts: How often systemd has restarted it.
        status: Exit code of the last process.
    """

    active: str
    sub: str
    text: str
    pid: int
    restarts: int
    status: int

    @property
    def state(self) -> str:
        """What it does, in one word of the node's or of systemd's."""
        if self.sub.startswith("auto-restart"):
            return f"ended {self.status}" if self.status else "ended"
        if self.active in {"active", "activating"}:
            return self.text.partition(":")[0] or self.active
        return self.active

    @property
    def ready(self) -> bool:
        """Whether it trades."""
        return self.active == "active" and self.state == "RUNNING"

    @property
    def says(self) -> str:
        """The state and its reason."""
        return f"{self.active}, {self.text}" if self.text else self.active


def look(host: Host) -> Look | None:
    """Ask systemd; None when the host does not answer."""
    try:
        done = host.ssh(_SHOW, check=False, timeout=10)
    except subprocess.TimeoutExpired:
        return None
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    if done.returncode or "MainPID" not in said:
        return None
    return Look(
        active=said["ActiveState"],
        sub=said["SubState"],
        text=said["StatusText"],
        pid=int(said["MainPID"]),
        restarts=int(said["NRestarts"]),
        status=int(said["ExecMainStatus"]),
    )


class Watch:
    """Looks at a node from the beginning to the end of a `with` block.

    Attributes:
        seen: Every look with the seconds since the epoch of its answer; None when the host did not answer.
    """

    def __init__(self, host: Host) -> None:
        """Take a host; looking begins with the block."""
        self.seen: list[tuple[float, Look | None]] = []
        self._host = host
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._repeat, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def polls(self) -> tuple[Poll, ...]:
        """Return what checkers read."""
        return tuple(Poll(at=at, state=None if one is None else one.state) for at, one in list(self.seen))

    def meanwhile(self) -> str:
        """Tell the states the node went through, in their order; the middle of many is left out."""
        states = [state for state, _ in groupby("no host" if one is None else one.state for _, one in list(self.seen))]
        inner = states[states[:1] == ["RUNNING"] : len(states) - (states[1:] != [] and states[-1] == "RUNNING")]
        if len(inner) > _MOST:
            inner = [*inner[: _MOST // 2], f"({len(inner) - _MOST} more)", *inner[-_MOST // 2 :]]
        return " → ".join(inner) or "RUNNING"

    def reason(self) -> str:
        """Tell the first thing that the node said while it was not READY; empty when it was all the time."""
        said = (one.text for _, one in list(self.seen) if one is not None and not one.ready)
        return next((text for text in said if not text.startswith("RUNNING")), "")

    def _repeat(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.seen.append((time.time(), look(self._host)))
