"""Fault of a Redis whose append-only file is damaged in its middle: it stays down until somebody mends the file."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.fault import Fault, Token
from tests.chaos.history import Window
from tests.chaos.redis_faults import NOTICED_SECONDS, kill_redis, last_file
from tests.integration.node.world import BIN

if TYPE_CHECKING:
    from random import Random

    from tests.chaos.site import Site

_GUARD = Path(__file__).parents[2] / "roles/redis/files/redis_aof_guard.py"
_COMMAND = re.compile(rb"\r\n\*\d+\r\n\$\d+\r\n")
_REDIS_UNAVAILABLE = 75
_STOP_SECONDS = 40.0


def _damage(site: Site, rng: Random) -> Token:
    began = kill_redis(site, rng)
    path = last_file(site)
    data = path.read_bytes()
    places = [found.start() + 2 for found in _COMMAND.finditer(data, len(data) // 4, len(data) * 3 // 4)]
    place = rng.choice(places)
    # Where a command begins: what redis-check-aof can see. A flipped digit in a value nobody can.
    path.write_bytes(data[:place] + b"\0\0\0\0" + data[place + 4 :])
    done = subprocess.run(site.redis.command(), stdout=subprocess.DEVNULL, timeout=30, check=False)
    return began, place, done.returncode


def _stays_down(site: Site, token: Token) -> str | None:
    began, place, code = token
    ended = [one.code for one in site.supervisor.sessions if one.ended is not None and one.ended > began]
    if not code or _guard(site) != 1 or not ended or set(ended) != {_REDIS_UNAVAILABLE}:
        return None
    return (
        f"Redis ends with {code} at byte {place}, its guard refuses the file, the node ended with 75 {len(ended)} times"
    )


def _guard(site: Site, *options: str) -> int:
    argv = [sys.executable, str(_GUARD), *options, str(site.redis.directory)]
    return subprocess.run(argv, stdout=subprocess.DEVNULL, check=False).returncode


def _mend(site: Site, token: Token) -> None:
    """Do what docs/recovery.md says in "Mend the file", step for step."""
    now = time.time()
    site.broken.append(Window(since=token[0], until=now, what="Redis down", within=NOTICED_SECONDS))
    site.silent.append(Window(since=token[0] + NOTICED_SECONDS, until=now, what="Redis down"))
    site.supervisor.stop(_STOP_SECONDS)
    assert _guard(site, "--mend") == 0
    site.redis.start()
    verify = [str(BIN / "noderun"), "cache", "verify", "--env-file", str(site.node.directory / "node.env")]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    site.supervisor.start()


REDIS_DAMAGE: tuple[Fault, ...] = (
    Fault(
        name="AOF damaged in the middle, mended",
        row=10,
        inject=_damage,
        took_hold=_stays_down,
        heal=_mend,
        seconds=(12, 16),
        halt=False,
    ),
)
