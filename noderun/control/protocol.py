"""Words on the control socket: one JSON line in, one JSON line out."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Final

LONGEST_REQUEST: Final = 65_536
"""Bytes of one request line."""


class Command(StrEnum):
    """What can be asked."""

    STATUS = "status"
    DUMP = "dump"


class RequestError(Exception):
    """A request that cannot be understood; the text says what would be."""


def encode(document: dict[str, Any]) -> bytes:
    """Return the document as one line."""
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def decode_request(line: bytes) -> Command:
    """Return the command of a request line.

    Raises:
        RequestError: It is not {"command": one of ours}.
    """
    known = ", ".join(Command)
    try:
        request = json.loads(line)
        return Command(request["command"])
    except (ValueError, TypeError, KeyError):
        raise RequestError(f'send {{"command": …}} with one of: {known}') from None
