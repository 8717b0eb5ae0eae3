"""Ends the process when a step takes too long, even while native code holds the interpreter.

Upstream's Redis client retries inside native code without releasing the interpreter lock
(nautilus_trader/cache/database.pyx `RedisCacheDatabase`): no Python thread and no signal handler runs then. So a POSIX
timer whose notification function is `_exit` itself stands behind the thread that ends the process with a message.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from noderun import logs

if TYPE_CHECKING:
    from collections.abc import Callable

_CLOCK_MONOTONIC = 1
_SIGEV_THREAD = 2
_NATIVE_GRACE = 1.0
"""Seconds that the Python thread has to say why before the native timer ends the process without a word."""

_SILENCE = 0.7
"""Seconds without a word from that thread after which nothing more is expected of it; the log's relay speaks then."""

_LAST_WORDS_SECONDS = 0.3
"""What was written leaves the process first, but nothing waits long for a log."""


class _SigEvent(ctypes.Structure):
    # struct sigevent of glibc, 64 bytes (bits/types/sigevent_t.h).
    _fields_ = (
        ("value", ctypes.c_long),
        ("signo", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("function", ctypes.c_void_p),
        ("attributes", ctypes.c_void_p),
        ("padding", ctypes.c_byte * 32),
    )


class _Interval(ctypes.Structure):
    _fields_ = (
        ("interval_seconds", ctypes.c_long),
        ("interval_nanoseconds", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
    )


class _NativeTimer:
    """A timer of libc that calls `_exit(code)` on a thread of its own."""

    def __init__(self, code: int, seconds: float) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._id = ctypes.c_void_p()
        event = _SigEvent(
            value=code,
            notify=_SIGEV_THREAD,
            function=ctypes.cast(self._libc._exit, ctypes.c_void_p),  # noqa: SLF001 the name of libc's function
        )
        if self._libc.timer_create(_CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(self._id)) != 0:
            raise OSError(ctypes.get_errno(), "timer_create failed, deadlines cannot be kept")
        whole = int(seconds)
        spec = _Interval(seconds=whole, nanoseconds=int((seconds - whole) * 1e9) or 1)
        self._libc.timer_settime(self._id, 0, ctypes.byref(spec), None)

    def cancel(self) -> None:
        self._libc.timer_delete(self._id)


class Deadline:
    """The hard end of the step that is going on; at most one is armed at a time."""

    def __init__(
        self, announce: Callable[[int, str], None], foretell: Callable[[float | None, int, str], None]
    ) -> None:
        """Start the thread.

        Args:
            announce: Called on it with code and reason, just before the process ends.
            foretell: Called at each change with the moment (monotonic clock) from which on nobody here can speak any
                more, None when there is no deadline, and with code and reason.
        """
        self._announce = announce
        self._foretell = foretell
        self._changed = threading.Condition()
        self._due: tuple[float, int, str] | None = None
        self._timer: _NativeTimer | None = None
        threading.Thread(target=self._watch, name="deadline", daemon=True).start()

    def arm(self, seconds: float, code: int, reason: str) -> None:
        """End the process with code after seconds, unless armed anew or disarmed before."""
        with self._changed:
            self._cancel_timer()
            self._due = (time.monotonic() + seconds, code, reason)
            self._timer = _NativeTimer(code, seconds + _NATIVE_GRACE)
            self._changed.notify()
            self._foretell(self._due[0] + _SILENCE, code, reason)

    def remaining(self) -> float:
        """Return the seconds that are left, infinity while disarmed."""
        with self._changed:
            return float("inf") if self._due is None else max(0.0, self._due[0] - time.monotonic())

    def disarm(self) -> None:
        """Let the next step take as long as it likes."""
        with self._changed:
            self._cancel_timer()
            self._due = None
            self._changed.notify()
            self._foretell(None, 0, "")

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        while True:
            with self._changed:
                due = self._due
                if due is None or due[0] > time.monotonic():
                    self._changed.wait(None if due is None else due[0] - time.monotonic())
                    continue
            _, code, reason = due
            self._announce(code, reason)
            sys.stdout.flush()
            sys.stderr.flush()
            logs.flush(_LAST_WORDS_SECONDS)
            os._exit(code)
