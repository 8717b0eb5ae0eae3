"""`noderun top` shows a running node, outlives its restart, and leaves when told."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import BIN, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.node.world import Node, Venue


class Screen:
    """A terminal of 120 columns and 60 lines with `noderun top` in it."""

    def __init__(self, node: Node) -> None:
        """Starts it."""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 120, 0, 0))
        line = [str(BIN / "noderun"), "top", "--socket", str(node.control)]
        # A session with that terminal, so that Ctrl-C in it is a signal: a job in the background inherits it as none.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "env", "--default-signal=INT", *line],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "60"},
        )
        os.close(slave)
        self.text = ""

    def shows(self, *words: str) -> bool:
        """Reads what was drawn and says whether each word was, since the last that was found."""
        while select.select([self.master], [], [], 0.1)[0]:
            try:
                self.text += os.read(self.master, 65536).decode(errors="replace")
            except OSError:
                break
        if found := all(word in self.text for word in words):
            self.text = ""
        return found

    def ends(self) -> int:
        """Waits for its end and returns the exit code; it draws until then, and who draws must be read."""

        def ended() -> bool:
            self.shows("never drawn")
            return self.process.poll() is not None

        eventually(ended, what="the end of the screen")
        self.shows("never drawn")
        return int(self.process.returncode)

    def press(self, key: bytes) -> None:
        """Presses a key."""
        os.write(self.master, key)

    def close(self) -> None:
        """Ends it, if it still runs."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def trading(node: Node, venue: Venue) -> Node:
    """A node with fills."""
    node.start().wait_ready()
    eventually(lambda: venue.ledger()["fills"], what="fills")
    return node


@pytest.fixture
def screen(trading: Node) -> Iterator[Screen]:
    """The live screen of that node."""
    started = Screen(trading)
    yield started
    started.close()


def test_once_prints_one_frame(trading: Node) -> None:
    """One frame names state, venue, strategy, orders, money, data ages, lags and the last act, and ends."""
    trading.act("reconcile-now", "--why", "look at it")
    eventually(lambda: trading.ask("status")["now"]["balances"], what="figures")
    line = [str(BIN / "noderun"), "top", "--once", "--socket", str(trading.control)]
    done = subprocess.run(line, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "120"})
    words = ("RUNNING", "MM-001", "BINANCE", "connected", "MarketMaker-000", "fills", "accepted", "USDT", "quotes")
    for word in (*words, "loop lag", "redis lag", "lease", "market data", "reconcile-now", "look at it"):
        assert word in done.stdout, f"{word!r} is not in\n{done.stdout}"


def test_once_without_a_node_says_so(node: Node) -> None:
    """Without a service the command fails with the line that every command has."""
    assert "it is not running" in node.refused("top", "--once")


def test_live_screen_follows_and_outlives_a_restart(trading: Node, screen: Screen) -> None:
    """The screen follows a halt, says what it waits for while the node is away, shows it again, and q ends it."""
    eventually(lambda: screen.shows("RUNNING", "MarketMaker-000", "market data"), what="the screen")
    trading.act("halt", "--why", "look at that")
    eventually(lambda: screen.shows("HALTED", "look at that"), seconds=5, what="HALTED")
    trading.kill()
    eventually(lambda: screen.shows("waiting for the node"), seconds=5, what="waiting")
    assert screen.process.poll() is None
    trading.start().wait_ready()
    eventually(lambda: screen.shows("HALTED", "connected"), seconds=10, what="the node again")
    screen.press(b"q")
    assert screen.ends() == 0


def test_ctrl_c_ends_the_live_screen(screen: Screen) -> None:
    """Ctrl-C ends it quietly and gives the terminal back."""
    eventually(lambda: screen.shows("RUNNING"), what="the screen")
    screen.press(b"\x03")
    assert screen.ends() == 0
    assert "Traceback" not in screen.text
    assert "\x1b[?1049l" in screen.text
