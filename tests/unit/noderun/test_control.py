"""The control socket: one line in, one line out, and clear words when nobody answers."""

from __future__ import annotations

import json
import os
import pwd
import socket
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from noderun.control.client import ControlError, ask
from noderun.control.protocol import Command, RefusedError, Request
from noderun.control.server import ControlServer
from noderun.states import Failure
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


STATUS = Request(command=Command.STATUS)


def _answer(request: Request, who: str) -> dict[str, Any]:
    match request.command:
        case Command.STATUS:
            return {"state": "RUNNING"}
        case Command.HALT:
            return {"who": who, "why": request.why}
        case Command.FLATTEN:
            raise RefusedError("halted, but not flat")
    raise TimeoutError


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """The socket of a running server whose dump does not answer."""
    server = ControlServer(tmp_path / "control.sock", _answer)
    yield tmp_path / "control.sock"
    server.close()


def test_answers_and_is_closed_to_others(path: Path) -> None:
    """A command gets its document, and only owner and group can ask."""
    assert ask(path, STATUS) == {"state": "RUNNING"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


@pytest.mark.parametrize("request_line", [b"status\n", b"{}\n", b'{"command": "explode"}\n', b"[]\n", b"\xff\n"])
def test_a_request_that_makes_no_sense_is_told_what_does(path: Path, request_line: bytes) -> None:
    """Any bad request gets an error that lists the commands, and the server lives on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(5 * PATIENCE)
        channel.connect(str(path))
        channel.sendall(request_line)
        answer = json.loads(channel.makefile("rb").readline())
    assert "status, dump" in answer["error"]
    assert ask(path, STATUS) == {"state": "RUNNING"}


@pytest.mark.parametrize(
    ("request_line", "text"),
    [
        (b'{"command": "halt"}\n', "needs a reason"),
        (b'{"command": "halt", "why": "  "}\n', "needs a reason"),
        (b'{"command": "halt", "why": "two\\nlines"}\n', "one line"),
        (b'{"command": "halt", "why": 5}\n', "one line"),
        (b'{"command": "stop-strategy", "why": "because"}\n', "needs the id"),
        (b'{"command": "halt", "why": "because", "who": "root"}\n', "send"),
    ],
)
def test_an_act_without_its_words_is_refused(path: Path, request_line: bytes, text: str) -> None:
    """An act needs a reason of one line, and cannot say who asks."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(5 * PATIENCE)
        channel.connect(str(path))
        channel.sendall(request_line)
        assert text in json.loads(channel.makefile("rb").readline())["error"]


def test_the_kernel_says_who_asks(path: Path) -> None:
    """An act is done in the name of the user at the other end of the socket."""
    who = pwd.getpwuid(os.getuid()).pw_name
    assert ask(path, Request(command=Command.HALT, why="test")) == {"who": who, "why": "test"}


def test_an_act_that_failed_says_so(path: Path) -> None:
    """What was not carried out is an error, not an answer."""
    with pytest.raises(ControlError, match="halted, but not flat"):
        ask(path, Request(command=Command.FLATTEN, why="test"))


def test_a_stuck_loop_is_told(path: Path) -> None:
    """A command that needs the event loop says that it does not answer."""
    with pytest.raises(ControlError, match="event loop does not answer"):
        ask(path, Request(command=Command.DUMP))


def test_nobody_there_is_told(tmp_path: Path) -> None:
    """No socket, a dead one and a silent one each get their own words, in time."""
    with pytest.raises(ControlError, match="not running"):
        ask(tmp_path / "none.sock", STATUS)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
        with pytest.raises(ControlError, match="has died"):
            ask(tmp_path / "dead.sock", STATUS)
        dead.listen()
        with pytest.raises(ControlError, match="did not answer within 2 s"):
            ask(tmp_path / "dead.sock", STATUS)


def test_a_stale_socket_is_replaced_a_live_one_is_not(path: Path) -> None:
    """A second server on a live socket fails with 69; what a crash left behind is no obstacle."""
    with pytest.raises(Failure, match="already answers") as refused:
        ControlServer(path, _answer)
    assert refused.value.code == 69
    stale = path.with_name("stale.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(stale))
    ControlServer(stale, _answer).close()
    assert not stale.exists()


def test_a_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    """A socket that cannot be made ends with 78 and the path."""
    with pytest.raises(Failure, match=r"missing/control\.sock") as refused:
        ControlServer(tmp_path / "missing" / "control.sock", _answer)
    assert refused.value.code == 78
    assert "control" not in [thread.name for thread in threading.enumerate()]


WITHOUT_MEMORY = """
import resource, socket, sys
from pathlib import Path
from noderun.control.client import ask
from noderun.control.protocol import Command, Request
from noderun.control.server import ControlServer

path = Path(sys.argv[1])
server = ControlServer(path, lambda request, who: {"state": "RUNNING"})
ask(path, Request(command=Command.STATUS))
clients = [socket.socket(socket.AF_UNIX) for _ in range(60)]
before = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (1, before[1]))
for client in clients:
    try:
        client.settimeout(0.3)
        client.connect(str(path))
        client.send(b'{"command":"status"}\\n')
        client.recv(1)
    except (OSError, MemoryError):
        pass
resource.setrlimit(resource.RLIMIT_AS, before)
for client in clients:
    client.close()
print(ask(path, Request(command=Command.STATUS))["state"])
"""


def test_server_answers_again_after_a_want_of_memory(tmp_path: Path) -> None:
    """A thread that had no memory to begin costs its own client the answer, and nobody else's."""
    line = [sys.executable, "-c", WITHOUT_MEMORY, str(tmp_path / "control.sock")]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60 * PATIENCE, check=False)
    assert done.stdout.strip() == "RUNNING", done.stderr
