"""Does for a node what systemd does, and asks for its status all the while; both are evidence."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from noderun.control.client import ControlError, ask
from noderun.control.protocol import Command, Request
from tests.chaos.history import Poll, Session
from tests.integration.node.world import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.node.world import Node

RESTART_SECONDS = 1.0
"""The pause before the first start; it doubles with each start in a row that did not come to READY=1."""
_LONGEST_RESTART_SECONDS = 8.0
"""The unit goes from 2 s to 2 min; rounds are shorter than an outage."""
WATCHDOG_SECONDS = 10.0
"""WatchdogSec; the unit has 30 s."""
_STAYS_DOWN = frozenset({0, 76, 78})
"""Exit codes after which roles/tradingnode's unit is not restarted."""
_POLL_SECONDS = 0.3
_LOOK_SECONDS = 0.05


class Supervisor:
    """Runs a node until it is told otherwise.

    Attributes:
        polls: Every answer to the question for the status, also none.
        sessions: Every process, the last one may live.
    """

    def __init__(self, node: Node, who: str = "node") -> None:
        """Take a node that does not run yet."""
        self.node = node
        self.polls: list[Poll] = []
        self.sessions: list[Session] = []
        self._who = who
        self._stays_down = True
        self._over = threading.Event()
        self._lock = threading.RLock()
        self._threads = [
            threading.Thread(target=self._repeat, args=(self._look, _LOOK_SECONDS), daemon=True),
            threading.Thread(target=self._repeat, args=(self._poll, _POLL_SECONDS), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def present(self) -> Session:
        """The last process."""
        return self.sessions[-1]

    @property
    def state(self) -> str | None:
        """What the last poll told."""
        return self.polls[-1].state if self.polls else None

    def start(self) -> None:
        """Start the node, and again whenever systemd would."""
        with self._lock:
            self._stays_down = False
            self._start()

    def stop_after_this(self) -> None:
        """Do not start again what ends from now on."""
        with self._lock:
            self._stays_down = True

    def stop(self, seconds: float) -> Session:
        """End the node as `systemctl stop` would, also between two starts; return what it ended like."""
        with self._lock:
            self.stop_after_this()
            if self.present.ended is None:
                self.node.signal(signal.SIGTERM)
        return self.wait_end(seconds)

    def kill(self) -> int:
        """Kill the process as a crash would; return its id. It is started again."""
        with self._lock:
            assert self.node.process is not None
            self.node.process.kill()
            self.node.process.wait()
            return self.node.process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.node.signal(number)

    def wait_state(self, *wanted: str, seconds: float, since: float = 0.0) -> float | None:
        """Return when a poll after a moment told one of the states, None when none did in time."""
        until = time.time() + seconds
        while time.time() < until:
            for poll in reversed(self.polls):
                if poll.at <= since:
                    break
                if poll.state in wanted:
                    return poll.at
            time.sleep(_LOOK_SECONDS)
        return None

    def wait_end(self, seconds: float) -> Session:
        """Wait until the present process has ended."""
        number = len(self.sessions)
        eventually(lambda: self.sessions[number - 1].ended is not None, seconds=seconds, what="the node ends")
        return self.sessions[number - 1]

    def close(self) -> None:
        """End the node and stop watching."""
        self._over.set()
        for thread in self._threads:
            thread.join(5)
        self.node.stop()

    def _repeat(self, act: Callable[[], None], pause: float) -> None:
        while not self._over.is_set():
            act()
            self._over.wait(pause)

    def _start(self) -> None:
        self.node.start(WATCHDOG_USEC=str(int(WATCHDOG_SECONDS * 1e6)))
        self.sessions.append(Session(who=f"{self._who} {len(self.sessions) + 1}", started=time.time()))

    def _look(self) -> None:
        with self._lock:
            if not self.sessions or self.present.ended is not None or self.node.process is None:
                return
            lines = self.node.listen()
            now = time.time()
            if self.present.ready is None and "READY=1" in lines:
                self.sessions[-1] = replace(self.present, ready=now)
            if self.present.stopping is None and "STOPPING=1" in lines:
                self.sessions[-1] = replace(self.present, stopping=now)
            if self._is_starved():
                self.node.kill()
                self.sessions[-1] = replace(self.present, starved=True)
            code = self.node.process.poll()
            if code is None:
                return
            self.sessions[-1] = replace(self.present, ended=now, code=code)
            stays_down = self._stays_down or code in _STAYS_DOWN
        if not stays_down and not self._over.wait(self._pause()):
            self._start_again()

    def _is_starved(self) -> bool:
        # systemd begins to count at READY=1.
        if self.present.ready is None or self.present.stopping is not None:
            return False
        fed = next(when for when, line in reversed(self.node.messages) if line in {"READY=1", "WATCHDOG=1"})
        return time.monotonic() - fed > WATCHDOG_SECONDS

    def _pause(self) -> float:
        failed = 0
        for session in reversed(self.sessions):
            if session.ready is not None:
                break
            failed += 1
        return float(min(RESTART_SECONDS * 2**failed, _LONGEST_RESTART_SECONDS))

    def _start_again(self) -> None:
        with self._lock:
            if self.present.ended is not None and not self._stays_down:
                self._start()

    def _poll(self) -> None:
        try:
            document = ask(self.node.control, Request(command=Command.STATUS))
        except ControlError:
            self.polls.append(Poll(at=time.time()))
            return
        self.polls.append(Poll(at=time.time(), state=document["state"], reasons=tuple(document["reasons"])))
