"""Where lines go: a stream and rotated files, each on a thread of its own, so that a slow one holds up nobody."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MOST_WAITING: Final = 64_000_000
"""Bytes that may wait for a sink; beyond, the oldest are given up and counted."""
_BATCH: Final = 256
_RETRY_SECONDS: Final = 5.0
_MODE: Final = 0o600


class Sink:
    """Writes lines in order, on its thread.

    Attributes:
        lost: Lines given up so far.
    """

    def __init__(self, write: Callable[[bytes, int], int]) -> None:
        """Take what writes a batch: given bytes and the number of lines, it returns how many of them it lost."""
        self.lost = 0
        self._write = write
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._busy = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def put(self, line: bytes) -> None:
        """Queue a line, with its end."""
        with self._changed:
            self._waiting.append(line)
            self._size += len(line)
            while self._size > _MOST_WAITING:
                self._size -= len(self._waiting.popleft())
                self.lost += 1
            self._changed.notify_all()

    def drain(self, seconds: float) -> bool:
        """Wait until everything is written; False when it is not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
                self._size -= sum(map(len, batch))
                self._busy = True
            lost = self._write(b"".join(batch), len(batch))
            with self._changed:
                self.lost += lost


class Stream:
    """An inherited file descriptor."""

    def __init__(self, descriptor: int) -> None:
        """Take the descriptor."""
        self._descriptor = descriptor

    def write(self, data: bytes, lines: int) -> int:
        """Write all, however long the reader takes; nobody may be there any more."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError:
                return lines
        return 0


class RotatedFile:
    """A file that is renamed to .1, .2, … when it is full. A full or missing disk costs lines, counted, and no more."""

    def __init__(self, directory: Path, name: str, tell: Callable[[str], None]) -> None:
        """Write to a file of that name.

        Args:
            directory: Must exist.
            name: Of the file that is written to now.
            tell: Told, once each, that writing fails and that it works again.
        """
        self.size = 50_000_000
        self.count = 5
        self.directory = directory
        self._name = name
        self._tell = tell
        self._descriptor: int | None = None
        self._written = 0
        self._opened: Path | None = None
        self._failing = 0
        self._again = 0.0

    def write(self, data: bytes, lines: int) -> int:
        """Write all, or nothing for the next seconds when that failed; return the lines lost."""
        if self._failing and time.monotonic() < self._again:
            self._failing += lines
            return lines
        try:
            descriptor = self._ready(len(data))
        except OSError as error:
            return self._fail(error, lines)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as error:
            # No half line may stay before the next one.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, self._written)
            return self._fail(error, lines)
        self._written += len(data)
        if self._failing:
            self._tell(f"{self._opened} is written again, {self._failing} lines are missing in it")
            self._failing = 0
        return 0

    def _ready(self, coming: int) -> int:
        path = self.directory / self._name
        if self._descriptor is not None and self._opened != path:
            self._close()
        if self._descriptor is not None and self._written and self._written + coming > self.size:
            self._close()
            self._rotate(path)
        if self._descriptor is None:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
            self._written = os.fstat(self._descriptor).st_size
            self._opened = path
        return self._descriptor

    def _rotate(self, path: Path) -> None:
        for number in range(self.count, 1, -1):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(f"{self._name}.{number - 1}").replace(path.with_name(f"{self._name}.{number}"))
        if self.count:
            path.replace(path.with_name(f"{self._name}.1"))
        else:
            path.unlink(missing_ok=True)

    def _fail(self, error: OSError, lines: int) -> int:
        self._close()
        if not self._failing:
            self._tell(f"{self.directory / self._name} cannot be written: {error.strerror}; the stream has every line")
        self._failing += lines
        self._again = time.monotonic() + _RETRY_SECONDS
        return lines

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
