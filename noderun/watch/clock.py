"""Watches how far this host's clock is from each venue's: signed requests with a wrong time are refused.

A clock that is set shows against the monotonic one, and the venues are asked at once; one that drifts is found in time.

"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from nodecfg.doctor import accesses
from nodecfg.doctor.retrying import NoAnswerError
from nodecfg.doctor.venue import clock
from noderun import logs
from noderun.watch.conditions import Condition, Subject

if TYPE_CHECKING:
    from nodecfg import TradingNodeSettings

_LOOK_EVERY: Final = 60.0
_LOOK_AGAIN: Final = 5.0
_JUMP_EVERY: Final = 1.0


def _wall_minus_monotonic() -> float:
    return time.time() - time.monotonic()


class ClockWatch:
    """A thread that asks every venue for its time.

    Attributes:
        offsets: Seconds by which this host is ahead, by client; of the venues that answered.
    """

    def __init__(self, settings: TradingNodeSettings) -> None:
        """Start looking."""
        self.offsets: dict[str, float] = {}
        self._looked_at = _wall_minus_monotonic()
        self._accesses = list(accesses(settings))
        self._max_offset = settings.health.clock_max_offset
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, name="clock-watch", daemon=True).start()

    def stop(self) -> None:
        """Stop looking."""
        self._stopped.set()

    @property
    def right(self) -> bool:
        """Whether every venue that answered agrees with this host's clock as it is now, and one did."""
        return bool(self.offsets) and not self._jumped(self._looked_at) and not self.conditions()

    def conditions(self) -> list[Condition]:
        """Return which venues' clocks are too far away."""
        return [
            Condition(
                subject=Subject.CLOCK,
                name=client,
                reason=f"this host's clock is {abs(offset):.1f} s {'ahead of' if offset > 0 else 'behind'} {client}'s; "
                "run chrony, the venue refuses requests with a wrong time",
            )
            for client, offset in self.offsets.copy().items()
            if abs(offset) > self._max_offset
        ]

    def _watch(self) -> None:
        while not self._stopped.is_set():
            now = _wall_minus_monotonic()
            if self._look():
                self._looked_at = now
            self._rest(_LOOK_AGAIN if self.conditions() else _LOOK_EVERY, now)

    def _look(self) -> bool:
        answered = False
        for access in self._accesses:
            try:
                offset_ms, took_ms = clock(access)
            except NoAnswerError:
                # A venue that does not answer is for others to tell.
                continue
            except Exception:
                logs.get().exception("watching the clocks")
                continue
            # Half of the round trip is the error of the measure.
            sure = max(0.0, abs(offset_ms) - took_ms / 2) / 1000
            self.offsets[access.client] = sure if offset_ms > 0 else -sure
            answered = True
        return answered

    def _rest(self, seconds: float, looked_at: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._stopped.wait(_JUMP_EVERY) and not self._jumped(looked_at):
            pass

    def _jumped(self, since: float) -> bool:
        return abs(_wall_minus_monotonic() - since) > self._max_offset
