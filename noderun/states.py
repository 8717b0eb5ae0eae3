"""What the service can be doing, and what each way of ending means: the one table of states and exit codes."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


class State(StrEnum):
    """What the service is doing.

    DEGRADED trades with something wrong; HALTED sends no order because somebody said so. Only RUNNING is ready.
    """

    STARTING = "STARTING"
    CONNECTING = "CONNECTING"
    RECONCILING = "RECONCILING"
    RUNNING = "RUNNING"
    DEGRADED = "DEGRADED"
    HALTED = "HALTED"
    STOPPING = "STOPPING"


STARTED: Final = frozenset({State.RUNNING, State.DEGRADED, State.HALTED})
"""States of a node whose start is over; it goes to and fro between them."""
MAY_FOLLOW: Final[dict[State, frozenset[State]]] = {
    State.STARTING: frozenset({State.CONNECTING}),
    State.CONNECTING: frozenset({State.RECONCILING, State.STOPPING}),
    State.RECONCILING: frozenset({State.RUNNING, State.HALTED, State.STOPPING}),
    State.RUNNING: frozenset({State.DEGRADED, State.HALTED, State.STOPPING}),
    State.DEGRADED: frozenset({State.RUNNING, State.HALTED, State.STOPPING}),
    State.HALTED: frozenset({State.RUNNING, State.DEGRADED, State.STOPPING}),
    State.STOPPING: frozenset(),
}
"""What each state may turn into. Before CONNECTING there is nothing to stop: a process that fails there just ends."""


class Exit(IntEnum):
    """Exit codes, acted on by systemd and by alerts. Free numbers of sysexits.h where one fits."""

    STOPPED = 0
    FENCED = 69
    UNEXPECTED = 70
    HANDLER = 71
    NOT_RECONCILED = 72
    NOT_CONNECTED = 73
    STRATEGY_START = 74
    REDIS = 75
    CACHE_UNREADABLE = 76
    STOP_DEADLINE = 77
    CONFIGURATION = 78


MEANING: Final[dict[Exit, str]] = {
    Exit.STOPPED: "asked to stop, stopped clean",
    Exit.FENCED: "fenced out: another node holds this trader id",
    Exit.UNEXPECTED: "anything unexpected",
    Exit.HANDLER: "a strategy or engine handler raised",
    Exit.NOT_RECONCILED: "state not reconciled in time, or not equal to the venue",
    Exit.NOT_CONNECTED: "a venue not connected in time",
    Exit.STRATEGY_START: "a strategy failed to start",
    Exit.REDIS: "Redis not available, not writable, wrong password",
    Exit.CACHE_UNREADABLE: "cached state cannot be read",
    Exit.STOP_DEADLINE: "the stop deadline passed and the process ended itself",
    Exit.CONFIGURATION: "configuration wrong",
}

STAY_DOWN: Final = frozenset({Exit.STOPPED, Exit.CACHE_UNREADABLE, Exit.CONFIGURATION})
"""Codes after which the unit must not start again by itself (RestartPreventExitStatus=)."""


class Failure(Exception):  # noqa: N818 a failed run, told by its exit code, is what it is
    """The service cannot go on; it stops what it started and ends.

    Attributes:
        code: What the process ends with.
        reason: One line that names the thing, the problem and the fix.
    """

    def __init__(self, code: Exit, reason: str) -> None:
        """Keep code and reason."""
        self.code = code
        self.reason = reason
        super().__init__(f"{int(code)} {reason}")
