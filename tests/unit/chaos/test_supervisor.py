"""The harness plays systemd: it kills what does not feed the watchdog, and waits longer with each failed start."""

from __future__ import annotations

import sys
import textwrap
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.chaos import supervisor
from tests.chaos.supervisor import Supervisor
from tests.integration.node.world import Node, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAYS_READY = """
    import os, socket, time
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
        time.sleep(60)
"""
ENDS = "raise SystemExit(75)"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A node whose process each test writes itself."""
    node = Node(tmp_path / "node", {}, strategies=[])
    yield node
    node.stop()


def supervised(node: Node, program: str) -> Supervisor:
    """Returns a supervisor of a small program that ignores its arguments."""
    path = node.directory.parent / "program.py"
    path.write_text(textwrap.dedent(program))
    node.command = (sys.executable, str(path))
    return Supervisor(node)


def test_process_that_does_not_feed_the_watchdog_is_killed(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that said READY=1 and nothing since is killed when the watchdog's time is over, and started again."""
    monkeypatch.setattr(supervisor, "WATCHDOG_SECONDS", 1.0)
    watched = supervised(node, SAYS_READY)
    try:
        watched.start()
        eventually(lambda: len(watched.sessions) > 1, what="a second process")
    finally:
        watched.close()
    first = watched.sessions[0]
    assert first.starved
    assert first.code == -9
    assert first.ready is not None
    assert first.ended is not None
    assert first.ended - first.ready >= 1


def test_pause_grows_with_each_start_that_fails(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends before READY=1 again and again is started after longer and longer pauses."""
    monkeypatch.setattr(supervisor, "RESTART_SECONDS", 0.2)
    watched = supervised(node, ENDS)
    try:
        watched.start()
        eventually(lambda: len(watched.sessions) > 3, what="a fourth process")
    finally:
        watched.close()
    pauses = [after.started - (before.ended or 0) for before, after in pairwise(watched.sessions[:4])]
    assert pauses == sorted(pauses)
    assert pauses[2] > 2 * pauses[0]


def test_stopped_process_stays_down(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator stops between two starts is not started again."""
    monkeypatch.setattr(supervisor, "RESTART_SECONDS", 0.5)
    watched = supervised(node, ENDS)
    try:
        watched.start()
        eventually(lambda: watched.present.ended is not None, what="the end")
        watched.stop(5)
        before = len(watched.sessions)
        time.sleep(2.5)
        assert len(watched.sessions) == before
    finally:
        watched.close()
