"""Messages to the service manager."""

from __future__ import annotations

import resource
import socket
from typing import TYPE_CHECKING

import pytest

from noderun.notify import Notifier
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("abstract", [False, True])
def test_ready_and_status_arrive_as_one_message(tmp_path: Path, *, abstract: bool) -> None:
    """READY and its status line arrive together, on a path and on an abstract socket, newlines taken out."""
    address = f"@noderun-test-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address.replace("@", "\0", 1) if abstract else address)
        manager.settimeout(5 * PATIENCE)
        Notifier(address).ready("trading\nREADY=0")
        assert manager.recv(4096).decode() == "READY=1\nSTATUS=trading READY=0"


def test_nobody_listening_is_no_error(tmp_path: Path) -> None:
    """Outside of systemd, and with a manager that is gone, messages are dropped."""
    Notifier(None).ready("trading")
    Notifier(str(tmp_path / "gone")).ended("75 Redis")


def test_a_manager_that_does_not_read_costs_no_time_while_trading(tmp_path: Path) -> None:
    """The watchdog's food never blocks the event loop, even when the manager's queue is full."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        for _ in range(2000):
            Notifier(str(tmp_path / "notify")).watchdog()


def test_no_descriptor_left_is_no_error_and_no_silence(tmp_path: Path) -> None:
    """A process that can open nothing any more still tells the service manager what it does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5 * PATIENCE)
        notifier = Notifier(str(tmp_path / "notify"))
        notifier.watchdog()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, before[1]))
        try:
            notifier.stopping("no descriptors")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        assert [manager.recv(4096).decode() for _ in range(2)][1] == "STOPPING=1\nSTATUS=no descriptors"
