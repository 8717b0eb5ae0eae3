"""Faults of a Redis that runs and does not serve: full, read-only, slow, its writes held, its passwords changed."""

from __future__ import annotations

import subprocess
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from tests.chaos.fault import Fault, Token
from tests.chaos.history import Window
from tests.chaos.redis_faults import NOTICED_SECONDS
from tests.integration.node.world import REDIS_PASSWORD, REDIS_USER
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.chaos.site import Site

_PAUSE_SECONDS = 16.0
_HICCUP_SECONDS = 0.7
_SLOW_SECONDS = 0.4

type Words = tuple[str, ...]


def _after(*commands: Words) -> Callable[[Site, Random], Token]:
    def inject(site: Site, rng: Random) -> Token:
        del rng
        for command in commands:
            site.redis.admin(*command)
        return time.time()

    return inject


def _refuses(site: Site, token: Token) -> str | None:
    del token
    answer = site.redis.admin("SET", "chaos-probe", "1")
    return f"Redis answers {answer.split()[0]}" if answer != "OK" else None


def _tell(site: Site, token: Token, what: str) -> None:
    now = time.time()
    site.broken.append(Window(since=token, until=now, what=what, within=NOTICED_SECONDS))
    site.silent.append(Window(since=token + NOTICED_SECONDS, until=now, what=what))


def _heal(what: str, *commands: Words) -> Callable[[Site, Token], None]:
    def heal(site: Site, token: Token) -> None:
        _tell(site, token, what)
        for command in commands:
            site.redis.admin(*command)

    return heal


def _silent(site: Site, token: Token) -> str | None:
    try:
        subprocess.run(site.redis.line("SET", "chaos-probe", "1"), timeout=1, check=True, capture_output=True)
    except subprocess.TimeoutExpired:
        return f"a write has not been answered {time.time() - token:.0f} s after"
    return None


def _wait_for_writes(what: str) -> Callable[[Site, Token], None]:
    def heal(site: Site, token: Token) -> None:
        site.redis.admin("DEL", "chaos-probe")  # Answered when the pause is over.
        _tell(site, token, what)

    return heal


def _rotated(site: Site, token: Token) -> str | None:
    del token
    line = ["redis-cli", "-p", str(site.redis.port), "--user", REDIS_USER, "--no-auth-warning", "PING"]
    said = subprocess.run([*line, "--pass", REDIS_PASSWORD], capture_output=True, text=True, check=False)
    text = said.stdout + said.stderr
    return "Redis refuses the node's password" if "WRONGPASS" in text or "NOAUTH" in text else None


class _Hiccups(threading.Thread):
    """Holds every command of every client for a moment, again and again; keeps the longest that one took."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.longest = 0.0
        self.over = threading.Event()
        self._redis = site.redis

    def run(self) -> None:
        while not self.over.wait(_HICCUP_SECONDS / 2):
            self._redis.admin("CLIENT", "PAUSE", str(int(_HICCUP_SECONDS * 1000)), "ALL")
            began = time.monotonic()
            self._redis.admin("PING")
            self.longest = max(self.longest, time.monotonic() - began)


def _hiccup(site: Site, rng: Random) -> Token:
    del rng
    hiccups = _Hiccups(site)
    hiccups.start()
    return hiccups


def _was_slow(site: Site, token: Token) -> str | None:
    del site
    return f"a PING took {token.longest:.1f} s" if token.longest > _SLOW_SECONDS else None


def _calm(site: Site, token: Token) -> None:
    del site
    token.over.set()
    token.join(10)


_pause = str(int(_PAUSE_SECONDS * 1000))
_refusal = partial(Fault, row=11, took_hold=_refuses, seconds=(10, 16), halt=False)
_paused = partial(Fault, row=11, took_hold=_silent, seconds=(_PAUSE_SECONDS - 3, _PAUSE_SECONDS - 2), halt=False)

REDIS_REFUSALS: tuple[Fault, ...] = (
    _refusal(
        name="Redis full",
        inject=_after(("CONFIG", "SET", "maxmemory", "1mb")),
        heal=_heal("Redis full", ("CONFIG", "SET", "maxmemory", "0")),
    ),
    _refusal(
        name="Redis read-only",
        inject=_after(("REPLICAOF", "127.0.0.1", str(free_port()))),
        heal=_heal("Redis read-only", ("REPLICAOF", "NO", "ONE")),
    ),
    _paused(
        name="Redis holds writes",
        inject=_after(("CLIENT", "PAUSE", _pause, "WRITE")),
        heal=_wait_for_writes("Redis holds writes"),
    ),
    _paused(
        name="Redis answers nobody",
        inject=_after(("CLIENT", "PAUSE", _pause, "ALL")),
        heal=_wait_for_writes("Redis answers nobody"),
    ),
    Fault(name="Redis slow", row=11, inject=_hiccup, took_hold=_was_slow, heal=_calm, seconds=(8, 12)),
    _refusal(
        name="Redis password changed",
        inject=_after(
            ("ACL", "SETUSER", REDIS_USER, "resetpass", ">another-password-of-the-rotation"),
            ("CLIENT", "KILL", "USER", REDIS_USER),
        ),
        took_hold=_rotated,
        heal=_heal("Redis password changed", ("ACL", "SETUSER", REDIS_USER, "resetpass", f">{REDIS_PASSWORD}")),
    ),
)
