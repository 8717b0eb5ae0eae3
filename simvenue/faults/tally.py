"""How often each endpoint was called, and on request one line of JSON for each call."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

log = logging.getLogger(__name__)

_SECRET = re.compile(r"signature|sign|api_?key|secret|listen_?key|token|passphrase", re.IGNORECASE)
_MAX_ENDPOINTS = 10_000
_MAX_TEXT = 4_096


class RequestLogError(Exception):
    """The log of requests cannot be written; the message names path, problem and fix."""


class Tally:
    """Counts of requests by venue, method and endpoint, since the start or the last reset."""

    def __init__(self) -> None:
        """Start at zero."""
        self._counts: dict[tuple[str, str, str], list[int]] = {}
        self._log: FileIO | None = None

    def add(self, venue: str, method: str, path: str) -> None:
        """Count a request."""
        key = (venue, method, path)
        entry = self._counts.get(key)
        if entry is None:
            if len(self._counts) >= _MAX_ENDPOINTS:
                return
            entry = self._counts[key] = [0, 0]
        entry[0] += 1
        entry[1] = time.time_ns() // 1_000_000

    def reset(self) -> None:
        """Start again at zero."""
        self._counts.clear()

    def rows(self, venue: str | None = None) -> list[dict[str, Any]]:
        """Counts by venue, method and path; ``last_ms`` is when the last one came, by the machine's clock."""
        return [
            {"venue": key[0], "method": key[1], "path": key[2], "count": count, "last_ms": last}
            for key, (count, last) in sorted(self._counts.items())
            if venue in {None, key[0]}
        ]

    @property
    def logging(self) -> bool:
        """Whether requests are written to a file."""
        return self._log is not None

    def log_to(self, path: Path) -> None:
        """Append one line of JSON for each answered request to a file from now on.

        Raises:
            RequestLogError: the file cannot be written.
        """
        self.close()
        try:
            self._log = path.open("ab", buffering=0)
        except OSError as error:
            message = f"faults.request_log {path}: {error.strerror}; set it to a file that this user can write"
            raise RequestLogError(message) from error

    def close(self) -> None:
        """Write no more lines."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def write(self, line: dict[str, Any]) -> None:
        """Write one line, when a file was asked for."""
        if self._log is None:
            return
        try:
            self._log.write(json.dumps({"time_ms": time.time_ns() // 1_000_000, **line}).encode() + b"\n")
        except OSError as error:
            # A full disk ends the log, not the venue.
            log.warning("no more requests are written to %s: %s", self._log.name, error.strerror)
            self.close()


def parameters(query: str, body: bytes) -> dict[str, Any]:
    """What a request asked for, without what would let somebody else ask for it."""
    found: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    text = body[:_MAX_TEXT].decode("utf-8", "replace")
    try:
        document = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        document = dict(parse_qsl(text, keep_blank_values=True))
    found.update(document if isinstance(document, dict) else {"body": document})
    return {str(name): _open(value) for name, value in found.items() if not _SECRET.search(str(name))}


def _open(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict):
        return {name: _open(inner) for name, inner in value.items() if not _SECRET.search(name)}
    if isinstance(value, list):
        return [_open(inner) for inner in value[:100]]
    return value[:_MAX_TEXT] if isinstance(value, str) else value
