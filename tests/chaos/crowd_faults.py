"""Faults of too many: clients that flood the health endpoints, and starts while the venue is down."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.chaos.conduct import is_new_order
from tests.chaos.fault import Fault, Token
from tests.chaos.history import Window
from tests.integration.node.world import stop_process

if TYPE_CHECKING:
    from random import Random

    from tests.chaos.site import Site

_PER_SECOND = 3.0
"""Connections to a venue that is down, on average."""
_NOTICED_SECONDS = 15.0
_FLOOD_SECONDS = 15.0
_PAUSE_SECONDS = 5.0
"""Without a new order while quotes move: longer than that the flood has stopped the trade."""
_ENOUGH = 200
"""Answers; a flood has more."""


class _Stub(threading.Thread):
    """Stands where the venue was: closes every connection, and keeps when it came and the first line it said."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.heard: list[tuple[float, bytes]] = []
        self.over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", port), backlog=128)
        self._server.settimeout(0.2)

    def run(self) -> None:
        with self._server:
            while not self.over.is_set():
                try:
                    client, _ = self._server.accept()
                except TimeoutError:
                    continue
                self._hear(client)

    def _hear(self, client: socket.socket) -> None:
        said = b""
        with client:
            client.settimeout(0.2)
            try:
                said = client.recv(200).partition(b"\r\n")[0]
            except OSError:
                pass
            finally:
                self.heard.append((time.time(), said))


def _venue_down(site: Site, rng: Random) -> Token:
    del rng
    site.venue.stop()
    stub = _Stub(site.venue.port)
    stub.start()
    return time.time(), stub


def _stormed(site: Site, token: Token) -> str | None:
    began, stub = token
    ends = [one for one in site.supervisor.sessions if one.ended is not None and one.ended > began]
    if len(ends) < 2:
        return None
    return f"ended {len(ends)} times with {sorted({one.code or 0 for one in ends})}, {len(stub.heard)} connections"


def _venue_back(site: Site, token: Token) -> None:
    began, stub = token
    stub.over.set()
    stub.join(5)
    now = time.time()
    site.broken.append(Window(since=began, until=now, what="venue down", within=_NOTICED_SECONDS))
    site.venue.start()
    ended = min((one.ended for one in site.supervisor.sessions if one.ended and one.ended > began), default=now)
    orders = [said for at, said in stub.heard if at > ended and said.startswith((b"POST", b"PUT")) and b"rder" in said]
    assert not orders, f"orders were sent by a node that was not ready: {orders[:3]}"
    rate = len(stub.heard) / (now - began)
    assert rate < _PER_SECOND, f"a venue that is down was asked {rate:.1f} times a second"


def _flood(site: Site, rng: Random) -> Token:
    del rng
    with (site.node.directory / "node.log").open() as log:
        address = [json.loads(line) for line in log if '"health endpoints"' in line][-1]["rest"]
    began = time.time()
    line = [sys.executable, "-m", "tests.chaos.flooder", address, str(site.node.control), str(_FLOOD_SECONDS)]
    crowd = subprocess.Popen(line, stdout=subprocess.PIPE)
    try:
        said, _ = crowd.communicate(timeout=_FLOOD_SECONDS + 30)
    finally:
        stop_process(crowd)
    return began, time.time(), json.loads(said)


def _flooded(site: Site, token: Token) -> str | None:
    del site
    began, ended, done = token
    answered = sum(count for what, count in done.items() if what != "failed")
    return f"{done} in {ended - began:.0f} s" if answered > _ENOUGH else None


def _still_traded(site: Site, token: Token) -> None:
    began, ended, _ = token
    sent = [one["time_ms"] / 1000 for one in site.requests(began) if is_new_order(one)]
    times = [began, *(at for at in sent if at < ended), ended]
    longest = max(after - before for before, after in pairwise(times))
    assert longest < _PAUSE_SECONDS, f"no order for {longest:.1f} s while clients flooded the health endpoints"
    states = {poll.state for poll in site.supervisor.polls if began < poll.at < ended} - {None}
    assert states <= {"RUNNING"}, f"the flood made it {states}"


CROWD_FAULTS: tuple[Fault, ...] = (
    Fault(
        name="venue down, start after start",
        row=29,
        inject=_venue_down,
        took_hold=_stormed,
        heal=_venue_back,
        seconds=(75, 90),
        halt=False,
    ),
    Fault(
        name="health endpoints flooded",
        row=33,
        inject=_flood,
        took_hold=_flooded,
        heal=_still_traded,
        halt=False,
    ),
)
