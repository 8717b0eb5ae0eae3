"""A recording as one stream in order of time, whatever number of files it came in."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from simvenue.market.recordings.files import rows
from simvenue.market.recordings.records import BookUpdate, RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from simvenue.market.recordings.records import Record

_TRIED = 1000
"""Records that are read before the first is played, so that a wrong file is refused at the start."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Files that are played together, merged by time; read anew from disk each time.

    Raises:
        RecordingError: at construction, when a file is missing, of no known format, empty or wrong at its start.
    """

    files: tuple[Path, ...]

    def __post_init__(self) -> None:
        """Try the start of every file."""
        for path in self.files:
            if not list(islice(_records(path), _TRIED)):
                raise RecordingError(f"{path} holds nothing to play; set it to a recording that does")

    @property
    def identity(self) -> str:
        """Tell this recording from every other: names and sizes."""
        return ":".join(f"{path.name}:{path.stat().st_size}" for path in self.files)

    def records(self) -> Iterator[Record]:
        """Read it from the beginning.

        Raises:
            RecordingError: at the row that cannot be used.
        """
        return heapq.merge(*(_records(path) for path in self.files), key=attrgetter("time_ms"))


def _records(path: Path) -> Iterator[Record]:
    return _joined(_in_order(path))


def _in_order(path: Path) -> Iterator[Record]:
    last = 0
    for number, found in rows(path):
        for record in found:
            if record.time_ms < last:
                raise RecordingError(f"{path} row {number} is earlier than the one before; sort it by time")
            last = record.time_ms
            yield record


def _joined(records: Iterable[Record]) -> Iterator[Record]:
    # Binance's book files have a row for each level: what stands together in time is one update.
    waiting: BookUpdate | None = None
    for record in records:
        if (
            waiting
            and isinstance(record, BookUpdate)
            and (waiting.time_ms, waiting.snapshot) == (record.time_ms, record.snapshot)
            and len(record.bids) + len(record.asks) == 1
        ):
            waiting = BookUpdate(
                waiting.time_ms, waiting.snapshot, waiting.bids + record.bids, waiting.asks + record.asks
            )
            continue
        if waiting:
            yield waiting
            waiting = None
        if isinstance(record, BookUpdate):
            waiting = record
        else:
            yield record
    if waiting:
        yield waiting
