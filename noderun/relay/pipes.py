"""The node's end of the relay: leads stdout and stderr into pipes, starts the relay, and waits for the last words."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import select
import subprocess
import sys
import threading
import time
import uuid
from typing import Any, Final

from noderun.relay.process import CONTROL, FLUSH

_PIPE_BYTES: Final = 1_048_576
"""What an unprivileged process may have (/proc/sys/fs/pipe-max-size)."""
_WRITE_SECONDS: Final = 0.5
"""How long a line of our own waits, once, for a relay that does not read; then lines are given up and counted."""
_TELL_SECONDS: Final = 1.0
_RESTART_SECONDS: Final = 0.5
_EXIT_SECONDS: Final = 3.0
_INHERITED: Final = (
    "PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONDONTWRITEBYTECODE",
    "JOURNAL_STREAM",
    "TERM",
    "NO_COLOR",
)
"""Of the environment, which may hold secrets, the relay gets only this."""


class Pipes:
    """Owns the pipes and the relay; every method may be called on any thread."""

    def __init__(self, *, text: bool) -> None:
        """Lead file descriptors 1 and 2 into the relay.

        Raises:
            OSError: No pipe, or no process, can be made; nothing was changed then.
        """
        self._text = text
        self._facts: dict[str, Any] = {"identity": {}}
        self._lock = threading.Lock()
        self._rest = b""
        self._lost = 0
        self._outer = os.dup(2)
        self._reads: list[int] = []
        writes: list[int] = []
        for _ in range(3):
            read, write = os.pipe()
            with contextlib.suppress(OSError):
                fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            self._reads.append(read)
            writes.append(write)
        self._answers, self._answer = os.pipe()
        self._own = writes[2]
        os.set_blocking(self._own, False)
        self._process = self._start()
        for descriptor, stream, write in zip((1, 2), (sys.stdout, sys.stderr), writes, strict=False):
            stream.flush()
            os.dup2(write, descriptor, inheritable=True)
            os.close(write)
            # What is printed must not wait in a buffer that a crash would take along.
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # the interpreter's own streams have it
        threading.Thread(target=self._keep, name="relay", daemon=True).start()
        atexit.register(self.flush, _EXIT_SECONDS)

    def tell(self, **words: Any) -> None:  # noqa: ANN401 JSON
        """Tell the relay: identity, secrets, least, file, foretold; kept for one that must be started again."""
        with self._lock:
            self._facts["identity"] |= words.get("identity", {})
            self._facts |= {name: value for name, value in words.items() if name not in {"identity", "flush"}}
            self._send(CONTROL + json.dumps(words).encode() + b"\n", _TELL_SECONDS)

    def write(self, text: str) -> None:
        """Pass on lines of our own."""
        with self._lock:
            if self._lost:
                text += json.dumps({**self._facts["identity"], **_lost_line(self._lost)}) + "\n"
            if self._send(text.encode(errors="backslashreplace"), 0 if self._lost else _WRITE_SECONDS):
                self._lost = 0
            else:
                self._lost += 1

    def flush(self, seconds: float = _TELL_SECONDS) -> bool:
        """Wait until everything written so far, also by upstream's logger, was passed on; False when out of time."""
        until = time.monotonic() + seconds
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        mark = f"{FLUSH}{uuid.uuid4().hex}"
        self.tell(flush=mark)
        _mark_upstream(mark)
        answers = b""
        while mark.encode() not in answers and (left := until - time.monotonic()) > 0:
            if select.select([self._answers], [], [], left)[0]:
                answers += os.read(self._answers, 4096)
        return mark.encode() in answers

    def _send(self, data: bytes, seconds: float) -> bool:
        until = time.monotonic() + seconds
        self._rest += data
        while self._rest:
            try:
                self._rest = self._rest[os.write(self._own, self._rest) :]
            except BlockingIOError:
                if time.monotonic() >= until:
                    whole = len(self._rest) >= len(data)
                    if whole:
                        self._rest = self._rest[: len(self._rest) - len(data)]
                    # The end of a line that was begun stays, and goes before the next.
                    return not whole
                time.sleep(0.001)
        return True

    def _start(self) -> subprocess.Popen[bytes]:
        numbers = [str(descriptor) for descriptor in (*self._reads, self._answer)]
        # -P: not whatever lies in the working directory.
        command = [sys.executable, "-P", "-m", "noderun.relay", *numbers, "text" if self._text else "json"]
        return subprocess.Popen(  # noqa: S603 our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._outer,
            stderr=self._outer,
            pass_fds=(*self._reads, self._answer),
            env={name: os.environ[name] for name in _INHERITED if name in os.environ},
        )

    def _keep(self) -> None:
        # The node keeps the reading ends too: while there is no relay, writers wait instead of failing.
        while True:
            code = self._process.wait()
            time.sleep(_RESTART_SECONDS)
            with self._lock, contextlib.suppress(OSError):
                self._process = self._start()
                self._send(CONTROL + json.dumps(self._facts).encode() + b"\n", 0)
                line = _line(
                    "error", f"the relay of the log ended with {code}, a new one goes on; lines may be missing"
                )
                self._send(json.dumps({**self._facts["identity"], **line}).encode() + b"\n", _WRITE_SECONDS)


def _mark_upstream(mark: str) -> None:
    # Upstream's lines are written by a thread of its own, in order: when the mark arrives, all before it have.
    upstream = sys.modules.get("nautilus_trader.core.nautilus_pyo3")
    component = sys.modules.get("nautilus_trader.common.component")
    if upstream is not None and component is not None and component.is_logging_initialized():
        upstream.logger_log(upstream.LogLevel.ERROR, upstream.LogColor.NORMAL, "noderun", mark)


def _lost_line(lost: int) -> dict[str, Any]:
    return _line("error", f"{lost} lines of the service are missing here, the relay of the log did not read them")


def _line(level: str, text: str) -> dict[str, Any]:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"event": text, "level": level, "timestamp": now, "component": "noderun", "source": "noderun"}
