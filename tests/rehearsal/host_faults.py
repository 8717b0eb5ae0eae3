"""Failures of the whole host: its power is cut, its disk is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsal.fault import Fault, Proof, healed, still, undisturbed
from tests.rehearsal.watch import look
from tests.support.hurts import REDIS, boots, fill, power_off, small_disks
from tests.support.lab import run, wait_for

if TYPE_CHECKING:
    from tests.rehearsal.fault import Scene

_FULL_SECONDS = 20.0


def _power(scene: Scene) -> Proof:
    target, checkout = scene.target, scene.host.checkout
    before = boots(scene.host)
    with healed(lambda: run(checkout, "make", "lab", f"ENV={target.environment}", f"LIMIT={target.name}")):
        power_off(checkout, name=target.name, environment=target.environment)
        off = scene.host.ssh("true", check=False).returncode != 0
    return lambda: "no answer to ssh, then another boot" if off and boots(scene.host) == before + 1 else None


def _full(scene: Scene) -> Proof:
    # A small disk of its own for Redis until all is judged: a host's own is never filled.
    with undisturbed():
        scene.afterwards.enter_context(small_disks(scene.host, REDIS, spare_mb=8))
    wait_for(lambda: (now := look(scene.host)) is not None and now.ready, within=60, what="a node on a small disk")
    with healed(lambda: scene.host.ssh(f"rm -f {REDIS}/filler")):
        fill(scene.host, REDIS)
        scene.not_ready("Redis", "append-only", within=60)
        still(_FULL_SECONDS)
    return lambda: next((_words(line) for line in scene.said("redis-server", "No space left", "AOF write error")), None)


def _words(line: str) -> str:
    # Redis' own prefix has process and time.
    return f"Redis: {line.partition('# ')[2]}"


HOST_FAULTS: tuple[Fault, ...] = (
    Fault(
        name="disk-full",
        does="no byte is left on the disk under Redis, for 20 s and as long as the node takes to notice",
        expects="not READY while it is full; with room again both come back",
        play=_full,
        restarts=False,
        within=180,
    ),
    Fault(
        name="power-off",
        does="the lab host is killed as by a power cut, and booted again with make lab",
        expects="everything comes back by itself at the boot",
        play=_power,
        within=90,
    ),
)
