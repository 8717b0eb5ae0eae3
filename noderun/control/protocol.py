"""Words on the control socket: one JSON line in, one JSON line out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

LONGEST_REQUEST: Final = 65_536
"""Bytes of one request line."""


class Command(StrEnum):
    """What can be asked. The first ones look, those of `ACTS` do something."""

    STATUS = "status"
    DUMP = "dump"
    POSITIONS = "positions"
    ORDERS = "orders"
    STRATEGIES = "strategies"
    RECONCILE = "reconcile"
    HALT = "halt"
    RESUME = "resume"
    FLATTEN = "flatten"
    STOP_STRATEGY = "stop-strategy"
    START_STRATEGY = "start-strategy"
    RECONCILE_NOW = "reconcile-now"
    LOG_LEVEL = "log-level"


ACTS: Final = frozenset(
    {
        Command.HALT,
        Command.RESUME,
        Command.FLATTEN,
        Command.STOP_STRATEGY,
        Command.START_STRATEGY,
        Command.RECONCILE_NOW,
        Command.LOG_LEVEL,
    }
)
"""Commands that change something: they say why, and are recorded."""
ON_STRATEGY: Final = frozenset({Command.STOP_STRATEGY, Command.START_STRATEGY})
"""Commands that name a strategy."""
LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR")
"""Of log-level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    Attributes:
        why: Reason of an act, for the record.
        strategy: Id of a strategy.
        level: One of `LEVELS`.
    """

    command: Command
    why: str = ""
    strategy: str = ""
    level: str = ""


class RequestError(Exception):
    """A request that cannot be understood; the text says what would be."""


class RefusedError(Exception):
    """A request that was understood and not carried out, or not wholly; the text says why."""


def encode(document: dict[str, Any]) -> bytes:
    """Return the document as one line."""
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def decode_request(line: bytes) -> Request:
    """Return the request of a line.

    Raises:
        RequestError: It is not {"command": one of ours} with the words that command needs.
    """
    known = ", ".join(Command)
    try:
        document = json.loads(line)
        request = Request(**{**document, "command": Command(document["command"])})
    except (ValueError, TypeError, KeyError):
        raise RequestError(f'send {{"command": …}} with one of: {known}') from None
    if not all(isinstance(word, str) and word.isprintable() for word in (request.why, request.strategy, request.level)):
        raise RequestError("why, strategy and level are texts of one line")
    if request.command in ACTS and not request.why.strip():
        raise RequestError(f"{request.command} needs a reason (why), for the record")
    if request.command in ON_STRATEGY and not request.strategy:
        raise RequestError(f"{request.command} needs the id of a strategy (strategy)")
    if request.command is Command.LOG_LEVEL and request.level not in LEVELS:
        raise RequestError(f"{request.command} needs a level, one of: {', '.join(LEVELS)}")
    return request
