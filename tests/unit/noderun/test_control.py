"""The control socket: one line in, one line out, and clear words when nobody answers."""

from __future__ import annotations

import json
import socket
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest

from noderun.control.client import ControlError, ask
from noderun.control.protocol import Command
from noderun.control.server import ControlServer
from noderun.states import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _stuck() -> dict[str, Any]:
    raise TimeoutError


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """The socket of a running server whose dump does not answer."""
    server = ControlServer(
        tmp_path / "control.sock", {Command.STATUS: lambda: {"state": "RUNNING"}, Command.DUMP: _stuck}
    )
    yield tmp_path / "control.sock"
    server.close()


def test_answers_and_is_closed_to_others(path: Path) -> None:
    """A command gets its document, and only owner and group can ask."""
    assert ask(path, Command.STATUS) == {"state": "RUNNING"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


@pytest.mark.parametrize("request_line", [b"status\n", b"{}\n", b'{"command": "explode"}\n', b"[]\n", b"\xff\n"])
def test_a_request_that_makes_no_sense_is_told_what_does(path: Path, request_line: bytes) -> None:
    """Any bad request gets an error that lists the commands, and the server lives on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(5)
        channel.connect(str(path))
        channel.sendall(request_line)
        answer = json.loads(channel.makefile("rb").readline())
    assert "status, dump" in answer["error"]
    assert ask(path, Command.STATUS) == {"state": "RUNNING"}


def test_a_stuck_loop_is_told(path: Path) -> None:
    """A command that needs the event loop says that it does not answer."""
    with pytest.raises(ControlError, match="event loop does not answer"):
        ask(path, Command.DUMP)


def test_nobody_there_is_told(tmp_path: Path) -> None:
    """No socket, a dead one and a silent one each get their own words, in time."""
    with pytest.raises(ControlError, match="not running"):
        ask(tmp_path / "none.sock", Command.STATUS)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
        with pytest.raises(ControlError, match="has died"):
            ask(tmp_path / "dead.sock", Command.STATUS)
        dead.listen()
        with pytest.raises(ControlError, match="did not answer within 2 s"):
            ask(tmp_path / "dead.sock", Command.STATUS)


def test_a_stale_socket_is_replaced_a_live_one_is_not(path: Path) -> None:
    """A second server on a live socket fails with 69; what a crash left behind is no obstacle."""
    with pytest.raises(Failure, match="already answers") as refused:
        ControlServer(path, {})
    assert refused.value.code == 69
    stale = path.with_name("stale.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(stale))
    ControlServer(stale, {}).close()
    assert not stale.exists()


def test_a_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    """A socket that cannot be made ends with 78 and the path."""
    with pytest.raises(Failure, match=r"missing/control\.sock") as refused:
        ControlServer(tmp_path / "missing" / "control.sock", {})
    assert refused.value.code == 78
    assert "control" not in [thread.name for thread in threading.enumerate()]
