"""Failures of the node's own process: killed, frozen, stopped in a bad moment, halted."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.chaos.history import Window
from tests.chaos.verdicts import found
from tests.rehearsal.fault import Fault, Proof, healed, proven, still
from tests.rehearsal.watch import look
from tests.support.lab import wait_for

if TYPE_CHECKING:
    from tests.rehearsal.fault import Scene

_KILLED = "status=9/KILL"
_TIMES = 4
_WATCHDOG = 30.0
"""Seconds, `tradingnode_watchdog`'s default."""
_STAYS_HALTED = 5.0


def _kill(scene: Scene) -> Proof:
    scene.signal("KILL")
    return lambda: _killed(scene, 1)


def _killed(scene: Scene, times: int) -> str | None:
    lines = scene.said("tradingnode", _KILLED)
    count = sum("Main process exited" in line for line in lines)
    return f"systemd: {_KILLED}{f', {count} times' if times > 1 else ''}" if count >= times else None


def _kill_often(scene: Scene) -> Proof:
    pid = scene.first.pid
    for number in range(_TIMES):
        scene.signal("KILL")
        if number < _TIMES - 1:
            pid = scene.another(pid, within=60)
            still(random.uniform(0.5, 4))  # noqa: S311 no secret hangs on it
    return lambda: _killed(scene, _TIMES)


def _freeze(scene: Scene) -> Proof:
    scene.signal("STOP")
    with healed(lambda: _thaw(scene)):
        wait_for(lambda: scene.node().pid != scene.first.pid, within=_WATCHDOG + 30, what="systemd's watchdog")
    return lambda: next(iter(scene.said("tradingnode", "Watchdog timeout")), None)


def _thaw(scene: Scene) -> None:
    # The watchdog has ended it, unless somebody did not wait for that.
    scene.host.ssh(f"kill -CONT {scene.first.pid}", check=False)


def _restart(scene: Scene) -> Proof:
    scene.host.ssh("systemctl restart tradingnode", timeout=200)
    return lambda: _stopped_clean(scene)


def _stopped_clean(scene: Scene) -> str | None:
    bad = scene.said("tradingnode", _KILLED, "Failed with result", "status=77")
    scene.findings.append(found("stop", bad[:3], looked_at=True))
    return "systemd: Stopped" if scene.said("tradingnode", "Stopped tradingnode") else None


def _terminate_twice(scene: Scene) -> Proof:
    scene.host.ssh("systemctl restart --no-block tradingnode")
    states = []
    for _ in range(3):
        again = "systemctl is-active tradingnode; systemctl kill --kill-whom=main --signal=TERM tradingnode"
        states.append(scene.host.ssh(again, check=False).stdout.strip())
    stopping = "deactivating" in states

    def proof() -> str | None:
        stopped = _stopped_clean(scene)
        return "SIGTERM again while deactivating" if stopped and stopping else None

    return proof


def _halt(scene: Scene) -> Proof:
    scene.host.ssh("noderun halt --why rehearsal")
    scene.halted.append(Window(since=time.time(), until=float("inf"), what="halted"))
    with healed(lambda: _resume(scene)):
        scene.signal("KILL")
        pid = scene.another(scene.first.pid, within=60)
        wait_for(lambda: _is_up(scene), within=60, what="a node that is up again")
        still(_STAYS_HALTED)
        now = scene.node()
        wrong = [] if now.state == "HALTED" else [f"the halt was over although nobody resumed: {now.says}"]
        scene.findings.append(found("I9", wrong, looked_at=True))
    killed = _killed(scene, 1)
    return proven(f"{killed}; process {pid} said HALTED" if killed and not wrong else killed)


def _is_up(scene: Scene) -> bool:
    now = look(scene.host)
    return now is not None and now.active == "active" and now.state in {"RUNNING", "HALTED", "DEGRADED"}


def _resume(scene: Scene) -> None:
    # What leaves from here on may be the resumed node's: the command comes back later than it works.
    scene.halted[-1] = replace(scene.halted[-1], until=time.time())
    resume = "noderun resume --why rehearsal"
    # After Ctrl-C the process may be down; a halt outlives it, and would outlive the rehearsal.
    wait_for(lambda: scene.host.ssh(resume, check=False).returncode == 0, within=60, what="a node that hears resume")


NODE_FAULTS: tuple[Fault, ...] = (
    Fault(
        name="kill-9",
        does="kill -9 of the node's process while it trades",
        expects="systemd starts it again; orders, fills and position are taken over",
        play=_kill,
    ),
    Fault(
        name="kill-9-four-times",
        does="kill -9, and again up to 4 s after each new process began, four times in all",
        expects="it comes back after the last one, however far the starts before had come",
        play=_kill_often,
        within=90,
    ),
    Fault(
        name="frozen",
        does="SIGSTOP: the process is there and does nothing, until systemd's watchdog ends it (30 s)",
        expects="the watchdog kills it, what was filled meanwhile is found at the start",
        play=_freeze,
    ),
    Fault(
        name="restart",
        does="systemctl restart tradingnode while it trades",
        expects="it stops clean, returns READY, and nothing is sent twice",
        play=_restart,
    ),
    Fault(
        name="second-sigterm",
        does="SIGTERM again and again while it stops",
        expects="the stop goes on as if nothing had been, clean and in time",
        play=_terminate_twice,
    ),
    Fault(
        name="halt-kill",
        does="noderun halt, kill -9, a look whether it is still halted, noderun resume",
        expects="HALTED also after the kill, no order meanwhile, and RUNNING after resume",
        play=_halt,
    ),
)
