"""Faults of the node's memory: Redis killed, emptied, robbed of its last bytes."""

from __future__ import annotations

import os
import shutil
import time
from functools import partial
from typing import TYPE_CHECKING

from tests.chaos.fault import Fault, Token
from tests.chaos.history import Window

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.chaos.site import Site

NOTICED_SECONDS = 6.0
"""In which a node must have noticed that Redis is away or another one."""
_ENDED_SECONDS = 30.0
"""In which it must have ended because of that; I10 then shows whether it came back."""


def kill_redis(site: Site, rng: Random) -> Token:
    """Kill the server; return when."""
    del rng
    process = site.redis.process
    assert process is not None
    process.kill()
    process.wait()
    site.redis.process = None
    return time.time()


def _away(site: Site, token: Token) -> str | None:
    del token
    return "redis-server was killed" if site.redis.process is None else None


def _start_redis(site: Site, token: Token) -> None:
    site.broken.append(Window(since=token, until=time.time(), what="Redis away", within=NOTICED_SECONDS))
    sessions = len(site.supervisor.sessions)
    site.redis.start()
    # The node ends by itself, for it is another Redis now; a round that is over before that shows nothing.
    until = time.monotonic() + _ENDED_SECONDS
    while len(site.supervisor.sessions) == sessions and time.monotonic() < until:
        time.sleep(0.1)


def _start_empty(site: Site, token: Token) -> None:
    # Whatever the node was told so far, it may have forgotten: the venue tells what is open.
    site.forgotten |= {str(fill["trade_id"]) for fill in site.venue.ledger()["fills"]}
    shutil.rmtree(site.redis.directory / "appendonlydir")
    _start_redis(site, token)


def _lose_host(site: Site, rng: Random) -> Token:
    # Power off: node and Redis at once, and of the file what was not on the disk yet.
    site.supervisor.kill()
    kill_redis(site, rng)
    path = last_file(site)
    before = path.stat().st_size
    cut = min(before, rng.randint(1, 4000))
    os.truncate(path, before - cut)
    return cut


def _cut(site: Site, token: Token) -> str | None:
    del site
    return f"{token} bytes were cut" if token else None


def _start_after_loss(site: Site, token: Token) -> None:
    del token
    site.redis.start()


def last_file(site: Site) -> Path:
    """Return the file that Redis appends to."""
    return max((site.redis.directory / "appendonlydir").glob("*.incr.aof"), key=lambda path: path.stat().st_mtime)


_killed = partial(Fault, row=7, inject=kill_redis, took_hold=_away, heal=_start_redis)

REDIS_FAULTS: tuple[Fault, ...] = (
    _killed(name="Redis killed, back after 1 s", seconds=(0.5, 1.5)),
    _killed(name="Redis killed, back after 15 s", seconds=(12, 18)),
    Fault(
        name="Redis restarted empty",
        row=8,
        inject=kill_redis,
        took_hold=_away,
        heal=_start_empty,
        seconds=(0.2, 3),
        halt=False,
    ),
    Fault(name="host lost, AOF tail cut", row=9, inject=_lose_host, took_hold=_cut, heal=_start_after_loss),
)
