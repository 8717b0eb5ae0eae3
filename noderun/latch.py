"""The halt that outlives the process: a small file in the state directory, there before it is needed.

The file is made at the start and written in place, so that a full disk cannot keep a halt from being kept.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from pathlib import Path

_SIZE: Final = 4096
_LONGEST_WHY: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Who wanted that no order is sent, since when (ISO 8601, UTC) and why."""

    who: str
    since: str
    why: str

    def __str__(self) -> str:
        """Return the line for people."""
        return f"halted by {self.who} at {self.since}: {self.why}"


class Latch:
    """Remembers a halt over restarts.

    Attributes:
        halt: The one in force, None while orders may be sent.
    """

    def __init__(self, path: Path | None) -> None:
        """Read what an earlier process left; without a path a halt ends with the process.

        Raises:
            Failure: 78 when the file cannot be read or written; a node that cannot remember a halt must not trade.
        """
        self._path = path
        self.halt: Halt | None = None
        if path is None:
            return
        try:
            text = path.read_text() if path.exists() else ""
            document: dict[str, Any] = json.loads(text) if text.strip() else {}
            self.halt = Halt(**document) if document else None
            self._write(path)
        except (OSError, ValueError, TypeError) as error:
            why = getattr(error, "strerror", None) or "is not what this service writes"
            raise Failure(
                Exit.CONFIGURATION,
                f"{path}, which remembers a halt, cannot be used: {why}; check it, and remove it to trade again",
            ) from None

    def set(self, halt: Halt | None) -> None:
        """Keep a halt, or end it; on disk when this returns.

        Raises:
            OSError: It could not be written; the one before is still in force.
        """
        before, self.halt = self.halt, halt
        if self._path is None:
            return
        try:
            self._write(self._path)
        except OSError:
            self.halt = before
            raise

    def _write(self, path: Path) -> None:
        document = asdict(self.halt) if self.halt else {}
        if self.halt:
            document["why"] = self.halt.why[:_LONGEST_WHY]
        data = json.dumps(document).encode().ljust(_SIZE)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, data, 0)
            os.ftruncate(descriptor, len(data))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
