"""The relay itself: reads what the node writes until the node has ended, and passes it on as JSON lines.

A process of its own, because a thread of the node could not read while native code holds the interpreter, would take
the interpreter from the order path, and would lose what is in the pipe when the node is killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from datetime import UTC, datetime
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from noderun.redaction import Redactor
from noderun.relay import shape
from noderun.relay.sinks import RotatedFile, Sink, Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTROL: Final = b"\x01"
"""First byte of a line that is for the relay; no JSON begins with it."""
FLUSH: Final = "noderun-flush-"
"""Begins the mark that is sent through upstream's logger; no line with it is passed on."""
FILE_NAME: Final = "noderun.jsonl"
_CHUNK: Final = 262_144
_LONGEST_LINE: Final = 1_000_000
_QUIET_SECONDS: Final = 0.1
"""A flush has found the end of upstream's lines when none has come for so long, or its mark was seen."""
_LAST_SECONDS: Final = 5.0
ENDED: Final = "ended"
"""Event of the line that says what the process ends with, its last."""
_TELL_EVERY: Final = 1.0


class Relay:
    """Pipes in, sinks out."""

    def __init__(self, streams: Mapping[int, str], own: int, answer: int, out: int, *, text: bool) -> None:
        """Take the descriptors.

        Args:
            streams: Pipes that the node's stdout and stderr lead to, with their names.
            own: Pipe of the service's own lines and of what is told to the relay.
            answer: Where a flush is answered.
            out: Where lines go.
            text: Write text for people instead of JSON.
        """
        self._streams = streams
        self._own = own
        self._answer = answer
        self._redactor = Redactor()
        self._identity: dict[str, Any] = {}
        self._least = 0
        self._rests: dict[int, bytes] = dict.fromkeys([*streams, own], b"")
        self._flush: str | None = None
        self._mark_seen = False
        self._last_read = 0.0
        self._stream = Sink(Stream(out).write)
        self._render = _renderer() if text else None
        self._prefixed = not text and _is_journal(out)
        self._rotated: RotatedFile | None = None
        self._file: Sink | None = None
        self._foretold: dict[str, Any] | None = None
        self._ended = self._spoke = False
        self._told: dict[str, int] = {}
        self._tell_again = 0.0

    def run(self) -> None:
        """Go on until nobody can write any more."""
        held: list[shape.Record] = []
        while self._rests or held:
            waiting = self._flush is not None
            patience = 0.0 if held else 0.01 if waiting else self._patience()
            ready, _, _ = select.select(list(self._rests), [], [], patience)
            # From here on another pipe may get a line that is older than what a pipe read later has by then.
            until = max(_now(), *map(_when, held))
            if ready:
                ready, _, _ = select.select(list(self._rests), [], [], 0)
            # The service's own words first: they say whose and which secrets the other lines are.
            read = [self._read(descriptor) for descriptor in sorted(ready, key=lambda one: one != self._own)]
            # What came through several pipes is told in the order in which it was written.
            come = list(merge(held, *read, key=_when))
            late = (number for number, record in enumerate(come) if ready and _when(record) > until)
            cut = next(late, len(come))
            for record in come[:cut]:
                self._emit(record, self._identity)
            held = come[cut:]
            self._speak_for_the_node()
            if waiting and (not ready and (self._mark_seen or time.monotonic() - self._last_read > _QUIET_SECONDS)):
                self._answer_flush()
            self._tell_lost()
        for sink in self._sinks():
            sink.drain(_LAST_SECONDS)

    def _read(self, descriptor: int) -> list[shape.Record]:
        chunk = os.read(descriptor, _CHUNK)
        self._last_read = time.monotonic()
        *lines, rest = (self._rests[descriptor] + chunk).split(b"\n")
        if not chunk:
            del self._rests[descriptor]
        if not chunk or len(rest) > _LONGEST_LINE:
            lines, rest = [*lines, *([rest] if rest else [])], b""
        if chunk:
            self._rests[descriptor] = rest
        if descriptor == self._own:
            return [record for line in lines for record in self._take(line)]
        return self._take_stream(lines, self._streams[descriptor])

    def _take_stream(self, lines: list[bytes], name: str) -> list[shape.Record]:
        texts = [line.decode(errors="backslashreplace") for line in lines]
        if any(FLUSH in text for text in texts):
            self._mark_seen |= any(self._flush is not None and self._flush in text for text in texts)
            texts = [text for text in texts if FLUSH not in text]
        return [{**record, "event": self._redactor.text(record["event"])} for record in shape.records(texts, name)]

    def _take(self, line: bytes) -> list[shape.Record]:
        if line.startswith(CONTROL):
            self._obey(json.loads(line[1:]))
            return []
        try:
            record = json.loads(line)
            record["event"] = str(record["event"])
        except (ValueError, TypeError, KeyError):
            return self._take_stream([line], "stderr")
        if record["event"] == ENDED:
            if self._spoke:
                return []
            self._ended = True
        return [self._redactor.tree(record)]

    def _patience(self) -> float:
        if self._foretold is None or self._ended:
            return _TELL_EVERY
        return min(_TELL_EVERY, max(0.0, float(self._foretold["at"]) - time.monotonic()))

    def _speak_for_the_node(self) -> None:
        # The node itself cannot: native code holds its interpreter, and is about to be ended by a timer.
        if self._ended or self._foretold is None or time.monotonic() < self._foretold["at"]:
            return
        self._ended = self._spoke = True
        line = {"event": ENDED, "level": "error", "timestamp": _now(), "component": "relay", "source": "noderun"}
        self._emit({**self._redactor.tree(self._foretold["line"]), **line}, self._identity)

    def _obey(self, words: dict[str, Any]) -> None:
        for word, value in words.items():
            match word:
                case "identity":
                    self._identity.update(value)
                case "secrets":
                    self._redactor.learn(value)
                case "least":
                    self._least = shape.LEVELS[value]
                case "file":
                    self._log_to(Path(value["directory"]))
                    self._limit(value)
                case "limits":
                    self._limit(value)
                case "foretold":
                    self._foretold = value
                case "flush":
                    self._flush, self._mark_seen = value, False

    def _log_to(self, directory: Path) -> None:
        if self._rotated is None:
            self._rotated = RotatedFile(directory, FILE_NAME, lambda text: self._say("error", text))
            self._file = Sink(self._rotated.write)
        self._rotated.directory = directory

    def _limit(self, limits: Mapping[str, Any]) -> None:
        if self._rotated is not None:
            self._rotated.size = limits.get("size") or self._rotated.size
            self._rotated.count = limits.get("count", self._rotated.count)

    def _emit(self, record: dict[str, Any], identity: Mapping[str, Any]) -> None:
        level = record.get("level", "info")
        if shape.LEVELS.get(level, 0) < self._least:
            return
        lines = [f"{line}\n".encode(errors="backslashreplace") for line in shape.encode(record, identity)]
        if self._file is not None:
            for line in lines:
                self._file.put(line)
        if self._render is not None:
            lines = [f"{self._render(dict(record))}\n".encode(errors="backslashreplace")]
        prefix = f"<{shape.PRIORITIES.get(level, 6)}>".encode() if self._prefixed else b""
        for line in lines:
            self._stream.put(prefix + line)

    def _say(self, level: str, text: str) -> None:
        # Also called on the thread of a sink: only to the stream, which is never the one in trouble then.
        record = {"event": text, "level": level, "timestamp": _now(), "component": "relay", "source": "noderun"}
        prefix = f"<{shape.PRIORITIES[level]}>" if self._prefixed else ""
        line = json.dumps({**self._identity, **record}) if self._render is None else self._render(record)
        self._stream.put(f"{prefix}{line}\n".encode())

    def _answer_flush(self) -> None:
        for sink in self._sinks():
            sink.drain(1.0)
        with contextlib.suppress(OSError):
            os.write(self._answer, f"{self._flush}\n".encode())
        self._flush = None

    def _tell_lost(self) -> None:
        if time.monotonic() < self._tell_again:
            return
        self._tell_again = time.monotonic() + _TELL_EVERY
        lost = self._stream.lost
        if lost != self._told.get("stream", 0):
            self._told["stream"] = lost
            self._say("error", f"{lost} lines were lost: nobody read them here in time")

    def _sinks(self) -> list[Sink]:
        return [sink for sink in (self._stream, self._file) if sink is not None]


def main() -> None:
    """Take the descriptors from the command line: stdout, stderr and own pipe, answer, json or text."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The node ends when it is told to, and its last words come after that.
        signal.signal(number, signal.SIG_IGN)
    out, err, own, answer = map(int, sys.argv[1:5])
    relay = Relay({out: "stdout", err: "stderr"}, own, answer, sys.stderr.fileno(), text=sys.argv[5] == "text")
    relay.run()
    # Threads of sinks may wait for ever for somebody who does not read.
    os._exit(0)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _when(record: shape.Record) -> str:
    return str(record.get("timestamp", ""))


def _is_journal(descriptor: int) -> bool:
    # systemd.exec(5), $JOURNAL_STREAM: device and inode of the stream, when the journal is at its other end.
    facts = os.fstat(descriptor)
    return os.environ.get("JOURNAL_STREAM") == f"{facts.st_dev}:{facts.st_ino}"


def _renderer() -> Any:  # noqa: ANN401 structlog's renderer takes and returns anything
    from structlog.dev import ConsoleRenderer  # noqa: PLC0415 only for people

    render = ConsoleRenderer()
    hidden = ("service", "instance", "trader_id", "version", "state", "source")

    def line(record: dict[str, Any]) -> str:
        shown = {name: value for name, value in record.items() if name not in hidden}
        if shown.get("component") == "noderun":
            del shown["component"]
        return str(render(None, record.get("level", "info"), shown))

    return line
