"""The event loop's heartbeat: when it last ran, and how late it was."""

from __future__ import annotations

import asyncio
import time
from typing import Final

STUCK_SECONDS: Final = 5.0
"""A loop that has not run for so long is called stuck."""
_BEAT_EVERY: Final = 0.1


class Pulse:
    """Written on the loop, read on any thread.

    Attributes:
        lag: Seconds by which the last beat was late.
        worst_lag: The largest of all.
    """

    def __init__(self) -> None:
        """Count nothing before the loop's first moment."""
        self.lag = 0.0
        self.worst_lag = 0.0
        self._last: float | None = None

    @property
    def age(self) -> float:
        """Seconds since the last beat, 0 before the loop runs."""
        return 0.0 if self._last is None else time.monotonic() - self._last

    async def beat(self) -> None:
        """Beat until cancelled."""
        while True:
            self._last = asked = time.monotonic()
            await asyncio.sleep(_BEAT_EVERY)
            self.lag = max(0.0, time.monotonic() - asked - _BEAT_EVERY)
            self.worst_lag = max(self.worst_lag, self.lag)
