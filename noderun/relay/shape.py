"""What was written to a file descriptor, as records: upstream's lines taken apart, everything else whole."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

type Record = dict[str, Any]

LEVELS: Final = {"trace": 5, "debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
"""Levels by weight; upstream's names in ours."""
PRIORITIES: Final = {"trace": 7, "debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""Levels as syslog(3) counts them, which journald does too."""
LONGEST_TEXT: Final = 16_384
"""Characters of one record. journald cuts lines at 48 KiB (journald.conf(5), LineMax=), and half a line is no JSON."""
_MOST_LINES: Final = 100
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*m")
# nautilus_common::logging: "{timestamp} [{level}] {trader_id}.{component}: {message}".
_UPSTREAM: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT[\d:.]+Z) \[(TRACE|DEBUG|INFO|WARN|ERROR)\] ([^\s.]+)\.(.+?): (.*)", re.DOTALL
)
_BEGINS_ANEW: Final = ("Traceback (most recent call last)", "thread '", "Fatal Python error", "Exception ignored")


def records(lines: list[str], stream: str) -> Iterator[Record]:
    """Make records of lines that were read at once; lines that only go on with a message belong to it.

    Args:
        lines: Without line ends.
        stream: stdout or stderr, which is all that is known of a line that is not upstream's.
    """
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    record: Record | None = None
    more: list[str] = []
    for raw in lines:
        line = _ANSI.sub("", raw) if "\x1b" in raw else raw
        parts = _UPSTREAM.fullmatch(line)
        if parts is None and record is not None and len(more) < _MOST_LINES and not line.startswith(_BEGINS_ANEW):
            more.append(line)
            continue
        if record is not None:
            yield _whole(record, more)
        more = []
        if parts is None:
            level = "error" if stream == "stderr" else "info"
            record = {"event": line, "level": level, "timestamp": now, "component": stream, "source": stream}
        else:
            timestamp, name, _, component, message = parts.groups()
            level = "warning" if name == "WARN" else name.lower()
            record = {
                "event": message,
                "level": level,
                "timestamp": timestamp,
                "component": component,
                "source": "upstream",
            }
    if record is not None:
        yield _whole(record, more)


def encode(record: Record, identity: Mapping[str, Any]) -> Iterator[str]:
    """Return the record as lines of JSON: one, or numbered parts of one that is too long for the journal."""
    text = json.dumps({**identity, **record}, ensure_ascii=False)
    if len(text) <= LONGEST_TEXT:
        yield text
        return
    rest: Record = {name: record[name] for name in ("level", "timestamp", "component", "source") if name in record}
    # A text goes on in the next part; anything else becomes its JSON, cut the same way.
    plain = set(record) == {"event", *rest}
    whole = record["event"] if plain else json.dumps(record, ensure_ascii=False)
    pieces = [whole[at : at + LONGEST_TEXT // 2] for at in range(0, len(whole), LONGEST_TEXT // 2)]
    for number, piece in enumerate(pieces, 1):
        part: Record = {**identity, **rest, "event": piece, "part": number, "parts": len(pieces)}
        yield json.dumps(part, ensure_ascii=False)


def _whole(record: Record, more: list[str]) -> Record:
    return {**record, "event": "\n".join([record["event"], *more])} if more else record
