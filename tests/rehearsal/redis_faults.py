"""Failures of the node's memory: Redis killed, emptied, its file torn, its file damaged in the middle."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from tests.chaos.history import Window
from tests.chaos.verdicts import found
from tests.rehearsal.fault import Fault, Proof, healed, still
from tests.support.hurts import REDIS
from tests.support.lab import wait_for

if TYPE_CHECKING:
    from tests.rehearsal.fault import Scene

_FILES = f"{REDIS}/appendonlydir"
_ASIDE = f"{REDIS}/aside.rehearsal"
_LAST = f"$(ls {_FILES}/appendonly.aof.*.incr.aof | sort --version-sort | tail -n 1)"
_DOWN_SECONDS = 15.0
"""How long the node and Redis are watched staying down."""
_NOTICED_SECONDS = 10.0
_KILL = "systemctl kill --kill-whom=main --signal=KILL redis-server"
# The pause before its restart is 2 s at least: what is done to the file at once is done before Redis reads it.
_KILL_AND = f"{_KILL}; until ! pidof redis-server > /dev/null; do sleep 0.05; done; "
# docs/recovery.md, "Mend the file".
_MEND = (
    f"systemctl stop tradingnode redis-server; redis-aof-guard {REDIS} --mend; "
    "systemctl reset-failed redis-server redis-aof-guard; systemctl start redis-server && "
    "noderun cache verify --env-file /etc/tradingnode/main.env && systemctl start --no-block tradingnode"
)


def _killed(scene: Scene) -> str | None:
    return "systemd: redis-server status=9/KILL" if scene.said("redis-server", "status=9/KILL") else None


def _kill(scene: Scene) -> Proof:
    scene.host.ssh(_KILL)
    return lambda: _killed(scene)


def _empty(scene: Scene) -> Proof:
    # The files that are open go on being written while they have another name, so nothing is torn.
    with healed(lambda: scene.host.ssh(f"rm -rf {_ASIDE}")):
        scene.host.ssh(f"rm -rf {_ASIDE}; {_KILL_AND} mv {_FILES} {_ASIDE}")
        wait_for(lambda: _answers(scene), within=60, what="a Redis that runs again")
    return lambda: _killed(scene) and "the append-only files were gone"


def _answers(scene: Scene) -> bool:
    return scene.host.show("redis-server", "ActiveState")["ActiveState"] == "active"


def _tear(scene: Scene) -> Proof:
    place = "$(grep --byte-offset --only-matching --text OrderFilled $f | tail -n 1 | cut -d: -f1)"
    cut = f'f={_LAST}; o={place}; test -n "$o" || o=$(($(stat -c %s $f) - 11)); truncate --size=$((o + 4)) $f'
    with healed(lambda: _forget_copies(scene)):
        scene.host.ssh(_KILL_AND + cut)
        wait_for(lambda: bool(_alerts(scene, "a torn last write")), within=60, what="the guard's alert")
    return partial(_proof, _alerts(scene, "a torn last write"))


def _forget_copies(scene: Scene) -> None:
    copies = f"find {REDIS}/damaged -type f -newermt @{int(scene.began)} -delete"
    scene.host.ssh(f"{copies}; rmdir --ignore-fail-on-non-empty {REDIS}/damaged", check=False)


def _damage(scene: Scene) -> Proof:
    # A command's own first bytes in the middle of the file: what is changed inside a value nobody notices.
    place = (
        "$(tail -c +$half $f | grep --byte-offset --only-matching --text -m 1 '^[*][0-9]' | head -n 1 | cut -d: -f1)"
    )
    spoil = (
        f"f={_LAST}; half=$(($(stat -c %s $f) / 2)); o={place}; "
        "printf XXXX | dd of=$f bs=1 seek=$((half - 1 + o)) conv=notrunc status=none"
    )
    with healed(lambda: _mend(scene)):
        scene.host.ssh(_KILL_AND + spoil)
        since = time.time()
        wait_for(lambda: bool(_alerts(scene, "damaged after it")), within=60, what="the guard's alert")
        scene.not_ready(within=60)
        still(_DOWN_SECONDS)
        up = _answers(scene)
        scene.findings.append(found("closed", ["Redis runs on a damaged file"] if up else [], looked_at=True))
        window = Window(since=since, until=time.time(), what="Redis damaged", within=_NOTICED_SECONDS)
        scene.broken.append(window)
        alerts = _alerts(scene, "damaged after it")
    return partial(_proof, alerts)


def _mend(scene: Scene) -> None:
    try:
        scene.host.ssh(_MEND, timeout=200)
    finally:
        _forget_copies(scene)


def _alerts(scene: Scene, words: str) -> list[str]:
    return scene.said("redis-aof-guard", words)


def _proof(alerts: list[str]) -> str | None:
    # The file's name without its directory, and where it is whole.
    return f"the guard: {alerts[-1].partition('appendonlydir/')[2][:70]}" if alerts else None


REDIS_FAULTS: tuple[Fault, ...] = (
    Fault(
        name="redis-kill",
        does="kill -9 of Redis; systemd starts it again",
        expects="the node notices another Redis, restarts, and reconciles",
        play=_kill,
    ),
    Fault(
        name="torn-file",
        does="kill -9 of Redis, and its file ends in the middle of the last fill",
        expects="the guard cuts the torn end off and says so; the fill comes from the venue",
        play=_tear,
        within=90,
    ),
    Fault(
        name="damaged-file",
        does="kill -9 of Redis, and four bytes in its file are wrong; then docs/recovery.md, Mend the file",
        expects="Redis and node stay down with an alert until the file is mended; the rest comes from the venue",
        play=_damage,
        within=90,
        forgets=True,
    ),
    Fault(
        name="redis-empty",
        does="kill -9 of Redis, and it comes back with nothing",
        expects="what is open comes from the venue; what was closed before is forgotten",
        play=_empty,
        within=90,
        forgets=True,
    ),
)
