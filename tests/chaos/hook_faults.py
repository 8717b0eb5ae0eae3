"""Faults inside the node's process, at a point of its code: killed there, blocked there, an exception raised there."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from functools import partial
from typing import TYPE_CHECKING

from noderun.pulse import STUCK_SECONDS
from tests.chaos import hooked
from tests.chaos.fault import Fault, Token
from tests.chaos.history import Poll, Window
from tests.chaos.supervisor import WATCHDOG_SECONDS
from tests.integration.node.world import TRADER
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from tests.chaos.site import Site

_BARRIER_SECONDS = 40.0 * PATIENCE
_STOP_SECONDS = 40.0
_END_SECONDS = 30.0
_HANDLER_RAISED = 71
_PROBE_SECONDS = 0.25

type Proof = Callable[[Site, str], str | None]


def _strike(site: Site, rng: Random, way: str, said: str = "") -> str | None:
    """Let the node run with a hook and wait until that has struck; whatever is started after it has none."""
    place = site.directory / "hook"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    site.supervisor.stop(_STOP_SECONDS)
    plain, began = site.node.command, time.time()
    site.node.command = hooked.command(way, place)
    try:
        site.supervisor.start()
    finally:
        site.node.command = plain
    site.supervisor.wait_state("RUNNING", seconds=site.ready_within, since=began)
    time.sleep(rng.uniform(1, 4))
    hooked.arm(place, said)
    return _wait(place)


def _wait(place: Path) -> str | None:
    until = time.monotonic() + _BARRIER_SECONDS
    while time.monotonic() < until:
        if (said := hooked.reached(place)) is not None:
            return said
        time.sleep(0.01)
    return None


def _kill_at(way: str, proof: Proof) -> Callable[[Site, Random], Token]:
    def inject(site: Site, rng: Random) -> Token:
        said = _strike(site, rng, way)
        site.supervisor.stop_after_this()
        # What is on its way to Redis arrives.
        time.sleep(1)
        site.supervisor.kill()
        text = proof(site, said) if said is not None else None
        site.supervisor.wait_end(_END_SECONDS)
        site.supervisor.start()
        return text

    return inject


def _record(site: Site, key: str) -> bytes:
    line = site.redis.line("LRANGE", f"trader-{TRADER}:{key}", "0", "-1")
    return subprocess.run(line, capture_output=True, check=True).stdout.strip()


def _sent(site: Site, order: str) -> bool:
    return any(one["client_order_id"] == order for one in site.venue.ledger()["orders"])


def _only_decided(site: Site, said: str) -> str | None:
    if _record(site, f"orders:{said}") or _sent(site, said):
        return None
    return f"order {said} is neither in Redis nor at the venue"


def _only_recorded(site: Site, said: str, event: bytes) -> str | None:
    if event not in _record(site, f"orders:{said}") or _sent(site, said):
        return None
    return f"order {said} is in Redis ({event.decode()}) and not at the venue"


def _kill_at_fill(site: Site, rng: Random) -> Token:
    redis = site.redis.process
    assert redis is not None
    try:
        said = _strike(site, rng, "filled", str(redis.pid))
        site.supervisor.stop_after_this()
        time.sleep(rng.uniform(0, 0.3))
        site.supervisor.kill()
        if rng.random() < 0.5:
            # With what was in its socket and not read yet.
            redis.kill()
            redis.wait()
            site.redis.start()
    finally:
        redis.send_signal(signal.SIGCONT)
    text = _half_written(site, said) if said is not None else None
    site.supervisor.wait_end(_END_SECONDS)
    site.supervisor.start()
    return text


def _half_written(site: Site, said: str) -> str | None:
    order, trade = said.split()
    line = site.redis.line("KEYS", f"trader-{TRADER}:positions:*")
    keys = subprocess.run(line, capture_output=True, text=True, check=True).stdout.split()
    places = {
        "its order": trade.encode() in _record(site, f"orders:{order}"),
        "its position": any(trade.encode() in _record(site, key.split(":", 1)[1]) for key in keys),
    }
    missing = " and ".join(place for place, there in places.items() if not there)
    return f"fill {trade} is missing in {missing}" if missing else None


def _told(site: Site, token: Token) -> str | None:
    del site
    return str(token) if token else None


def _block(site: Site, rng: Random) -> Token:
    probe: _Probe | None = None
    if _strike(site, rng, "blocked") is not None:
        probe, session = _Probe(site), len(site.supervisor.sessions) - 1
        site.supervisor.wait_end(WATCHDOG_SECONDS + _END_SECONDS)
        ended = site.supervisor.sessions[session]
        probe.over.set()
        probe.join(5)
        site.paused.append(
            Window(
                since=probe.began,
                until=ended.ended or time.time(),
                what="loop blocked",
                within=STUCK_SECONDS + 1,
            )
        )
        if ended.starved and probe.refused:
            return f"the watchdog killed it {(ended.ended or 0) - probe.began:.0f} s after, {probe.refused} times 503"
    return None


class _Probe(threading.Thread):
    """Asks the node over HTTP whether it is ready, all the time; the answers join the polls."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.began = time.time()
        self.refused = 0
        self.over = threading.Event()
        self._site = site
        with (site.node.directory / "node.log").open() as log:
            told = [json.loads(line) for line in log if '"health endpoints"' in line][-1]
        self._url = f"http://{told['rest']}/api/v1/ready"
        self.start()

    def run(self) -> None:
        while not self.over.wait(_PROBE_SECONDS):
            state = None
            try:
                with urllib.request.urlopen(self._url, timeout=2) as answer:  # noqa: S310 our own process
                    state = "RUNNING" if answer.status == 200 else f"HTTP {answer.status}"
            except urllib.error.HTTPError as error:
                state = f"HTTP {error.code}"
                self.refused += 1
            except OSError:
                pass
            self._site.supervisor.polls.append(Poll(at=time.time(), state=state))


def _raise_in(way: str) -> Callable[[Site, Random], Token]:
    def inject(site: Site, rng: Random) -> Token:
        said = _strike(site, rng, way)
        if said is None:
            return None
        session = site.supervisor.wait_end(_END_SECONDS)
        return f"ended with {session.code}" if session.code == _HANDLER_RAISED else None

    return inject


_hook = partial(Fault, took_hold=_told, halt=False)

HOOK_FAULTS: tuple[Fault, ...] = (
    _hook(name="kill -9, order decided, not in Redis", row=1, inject=_kill_at("decided", _only_decided)),
    _hook(
        name="kill -9, order in Redis, not sent",
        row=1,
        inject=_kill_at("recorded", partial(_only_recorded, event=b"OrderInitialized")),
    ),
    _hook(
        name="kill -9, order submitted in Redis, not sent",
        row=1,
        inject=_kill_at("submitted", partial(_only_recorded, event=b"OrderSubmitted")),
    ),
    _hook(name="kill -9, fill applied, not in Redis", row=1, inject=_kill_at_fill),
    _hook(name="loop blocked", row=4, inject=_block),
    _hook(name="strategy's handler raises", row=5, inject=_raise_in("handler_raises")),
    _hook(name="engine raises at a fill", row=5, inject=_raise_in("engine_raises")),
)
