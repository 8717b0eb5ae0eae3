"""Canaries: numbered values that the cache writes in turn under a few keys, so that a lost one is seen.

Upstream writes the records of the cache one after the other. So a canary that is missing although a later one has come
was lost, and with it whatever was written at the same time.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

KEYS: Final = tuple(f"tradingnode-canary-{number}" for number in range(8))
"""Keys in the cache's general store, used in turn."""


class Canaries:
    """Those that are on their way. May be used from any thread.

    Attributes:
        lag: Seconds that the last one that arrived took until it was seen; None before the first.
        lost: Whether one was lost.
        newest: Number of the last one that arrived, -1 before the first.
    """

    def __init__(self) -> None:
        """Start without any; another process's have another token."""
        self._token = f"{time.time_ns():x}"
        self._lock = threading.Lock()
        self._sent: dict[int, float] = {}
        self._count = 0
        self._left: frozenset[str] | None = None
        self.lag: float | None = None
        self.lost = False
        self.newest = -1

    @property
    def following(self) -> int:
        """The number of the one that is sent next."""
        with self._lock:
            return self._count

    def send(self) -> tuple[str, bytes]:
        """Return the key and the value to write now."""
        with self._lock:
            number = self._count
            self._count += 1
            self._sent[number] = time.monotonic()
            return KEYS[number % len(KEYS)], f"{self._token}:{number}".encode()

    def waited(self) -> float:
        """Return for how many seconds the oldest has been on its way, 0 when all have arrived."""
        with self._lock:
            return time.monotonic() - min(self._sent.values()) if self._sent else 0.0

    def arrived(self, values: Collection[str]) -> None:
        """Take the values of all keys as Redis has them now."""
        with self._lock:
            foreign = frozenset(value for value in values if not value.startswith(self._token))
            if self._left is None:
                self._left = foreign
            numbers = {int(value.partition(":")[2]) for value in values if value.startswith(self._token)}
            if not numbers:
                return
            self.newest = newest = max(numbers)
            if newest in self._sent:
                self.lag = time.monotonic() - self._sent[newest]
            # One whose key has been used again since cannot be told from one that was lost.
            alive = range(self._count - len(KEYS), newest)
            # A holder of the lease that woke from a long pause writes once more, under these keys too: ours are gone,
            # not lost. What an earlier process left was there from the beginning.
            if foreign <= self._left:
                self.lost |= any(number in alive and number not in numbers for number in self._sent)
            self._sent = {number: when for number, when in self._sent.items() if number > newest}
