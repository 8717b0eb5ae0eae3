"""What Redis must hold of the records that grew lately: how long each list is, once the writes behind it have come."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from redis.client import NEVER_DECODE

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOKS: Final = 3
_AT_ONCE: Final = 1000
"""Records looked at in one go, so that the watch of Redis goes on in a burst of fills."""


@dataclass(frozen=True, slots=True)
class _Grown:
    length: int
    barrier: int
    looks: int = 0


class Written:
    """The records whose last write has not been seen in Redis yet. May be used from any thread.

    Attributes:
        missing: Keys of records that are not as long as they must be although later writes have come.
    """

    def __init__(self) -> None:
        """Start with nothing written."""
        self.missing: tuple[str, ...] = ()
        self._grown: dict[str, _Grown] = {}
        self._lock = threading.Lock()

    def grew(self, key: str, length: int, barrier: int) -> None:
        """Note that a record has so many parts now; it is looked at when that canary has arrived.

        Args:
            key: In Redis.
            length: Parts of the list.
            barrier: Number of the canary that is written next: it comes behind everything written so far.
        """
        with self._lock:
            self._grown[key] = _Grown(length, barrier)

    def look(self, client: Any, newest: int) -> None:  # noqa: ANN401 redis-py's client is generic
        """Compare the records whose writes must have come.

        A record may grow, or begin anew, between the write and our note of it: only what is missing in several looks
        without having been written to in between is lost.

        Args:
            client: Of Redis.
            newest: Number of the last canary that arrived.
        """
        with self._lock:
            due = [(key, grown) for key, grown in self._grown.items() if grown.barrier <= newest][:_AT_ONCE]
        if not due:
            return
        pipeline = client.pipeline(transaction=False)
        for key, grown in due:
            ask_length(pipeline, key, grown.length)
        for (key, grown), answer in zip(due, pipeline.execute(), strict=True):
            self._note(key, grown, right=len(answer) == 1)

    def _note(self, key: str, grown: _Grown, *, right: bool) -> None:
        with self._lock:
            if self._grown.get(key) is not grown:
                return  # Written to since.
            if right:
                del self._grown[key]
            elif grown.looks + 1 < _LOOKS:
                self._grown[key] = _Grown(grown.length, grown.barrier, grown.looks + 1)
            else:
                del self._grown[key]
                self.missing = (*self.missing, key)


def ask_length(pipeline: Any, key: str, length: int) -> None:  # noqa: ANN401 as above
    """Ask for the last part of a list and the one behind it: one part is the answer for a list of that length only.

    LLEN would do, and is a right that the node's user does not have.
    """
    pipeline.execute_command("LRANGE", key, length - 1, length, **{NEVER_DECODE: []})


type Grew = Callable[[str, int], None]
"""Told key and length of a record that was written to."""
