"""Failures on the way to the exchange: restarted, gone, packets dropped both ways or one way, late and lost ones."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING

from tests.chaos.history import Window
from tests.chaos.verdicts import found
from tests.rehearsal.fault import Fault, NotHere, Proof, healed, proven, still
from tests.support.lab import wait_for

if TYPE_CHECKING:
    from tests.rehearsal.fault import Scene

TABLE = "tradingnode_rehearsal"
_DROPPED_SECONDS = 20.0
_SILENT_SECONDS = 80.0
_NOTICED_SECONDS = 65.0
"""HEALTH_DATA_MAX_AGE's default, and a look: what nobody tells the node it learns from the silence."""
_SHAKEN_SECONDS = 20.0
_NETEM = "delay 200ms 50ms loss 5%"
_STARTS = 3
_MOST_PER_SECOND = 5.0
"""Connections that a node which cannot reach its exchange may open, on average."""


def _restart(scene: Scene) -> Proof:
    before = scene.host.show("simvenue", "MainPID")["MainPID"]
    scene.host.ssh("systemctl restart simvenue", timeout=90)
    after = scene.host.show("simvenue", "MainPID")["MainPID"]
    return proven(f"simvenue is process {after}, was {before}" if after != before else None)


def _drop(scene: Scene, *ends: str, seconds: float = _DROPPED_SECONDS) -> Proof:
    port = scene.target.port
    rules = " ; ".join(f"add rule inet {TABLE} input tcp {end} {port} counter drop" for end in ends)
    begun = time.time()
    with healed(lambda: cut_nothing(scene)):
        scene.host.ssh(
            f"nft 'add table inet {TABLE} ; "
            f"add chain inet {TABLE} input {{ type filter hook input priority -10 ; }} ; {rules}'"
        )
        still(seconds)
        dropped = _counted(scene)
        window = Window(since=begun, until=time.time(), what="no way to the exchange", within=_NOTICED_SECONDS)
        scene.broken.append(window)
    return proven(f"nftables dropped {dropped} packets" if dropped else None)


def _counted(scene: Scene) -> int:
    listed = scene.host.ssh(f"nft list table inet {TABLE}").stdout
    return sum(int(number) for number in re.findall(r"counter packets (\d+)", listed))


def cut_nothing(scene: Scene) -> None:
    """Take the rehearsal's rules away; no error when there are none."""
    scene.host.ssh(f"nft delete table inet {TABLE} 2> /dev/null || true")


def _shake(scene: Scene) -> Proof:
    port, root = scene.target.port, "tc qdisc del dev lo root 2> /dev/null || true"
    if scene.host.ssh(f"{root}; tc qdisc add dev lo root netem delay 1ms", check=False).returncode:
        raise NotHere("this kernel has no netem (tc: Specified qdisc kind is unknown)")
    # A fourth band, which no packet comes to by its priority, for the exchange's packets alone.
    filters = "; ".join(
        f"tc filter add dev lo parent 1: protocol ip u32 match ip {end} {port} 0xffff flowid 1:4"
        for end in ("sport", "dport")
    )
    with healed(lambda: scene.host.ssh(root)):
        scene.host.ssh(
            f"{root}; tc qdisc add dev lo root handle 1: prio bands 4 && "
            f"tc qdisc add dev lo parent 1:4 handle 40: netem {_NETEM} && {filters}"
        )
        still(_SHAKEN_SECONDS)
        told = scene.host.ssh("tc -s qdisc show dev lo").stdout
    sent = re.search(r"qdisc netem 40:.*?Sent \d+ bytes (\d+) pkt \(dropped (\d+)", told, re.DOTALL)
    return proven(f"netem: {sent[1]} packets sent late, {sent[2]} lost" if sent and int(sent[2]) else None)


def _storm(scene: Scene) -> Proof:
    begun = time.time()
    with healed(lambda: _open_again(scene)):
        scene.host.ssh(
            f"nft 'add table inet {TABLE} ; add chain inet {TABLE} input {{ type filter hook input priority -10 ; }} ; "
            f"add rule inet {TABLE} input tcp dport {scene.target.port} tcp flags syn / syn,ack counter accept'"
        )
        scene.host.ssh("systemctl stop simvenue", timeout=60)
        scene.signal("KILL")
        wait_for(partial(_started, scene, _STARTS), within=240, what=f"{_STARTS} starts that failed")
        lasted = time.time() - begun
        tried = _counted(scene)
        failed = scene.node().state == "failed"
    wrong = ["systemd gave the unit up"] if failed else []
    if tried > _MOST_PER_SECOND * lasted:
        wrong.append(f"{tried} connections in {lasted:.0f} s are a flood")
    scene.findings.append(found("I13", wrong, looked_at=tried))
    scene.broken.append(Window(since=begun, until=begun + lasted, what="the exchange is gone", within=_NOTICED_SECONDS))
    return proven(f"{_STARTS} starts ended with 73, {tried} connections in {lasted:.0f} s")


def _started(scene: Scene, times: int) -> bool:
    return len(scene.said("tradingnode", "status=73")) >= times


def _open_again(scene: Scene) -> None:
    cut_nothing(scene)
    scene.host.ssh("systemctl start simvenue", timeout=90)


VENUE_FAULTS: tuple[Fault, ...] = (
    Fault(
        name="venue-restart",
        does="systemctl restart simvenue: every connection is dropped",
        expects="the node connects again and asks what it missed",
        play=_restart,
        restarts=False,
    ),
    Fault(
        name="packets-dropped",
        does="nftables drops every packet to and from the exchange for 20 s",
        expects="too short to be noticed for sure; after it the node goes on, and asks what it missed",
        play=lambda scene: _drop(scene, "dport", "sport"),
        restarts=False,
        within=150,
    ),
    Fault(
        name="silence",
        does="nftables drops every packet to and from the exchange for 80 s",
        expects="not READY once data are older than HEALTH_DATA_MAX_AGE (60 s); all is found afterwards",
        play=lambda scene: _drop(scene, "dport", "sport", seconds=_SILENT_SECONDS),
        restarts=False,
        within=150,
    ),
    Fault(
        name="answers-dropped",
        does="nftables drops what the exchange answers for 20 s: requests arrive, nothing comes back",
        expects="orders that were carried out unheard are found; none is sent twice",
        play=lambda scene: _drop(scene, "sport"),
        restarts=False,
        within=150,
    ),
    Fault(
        name="delay-and-loss",
        does="tc netem: packets of the exchange come 200 ms ± 50 ms late, one in twenty is lost, for 20 s",
        expects="slower, and nothing else",
        play=_shake,
        restarts=False,
    ),
    Fault(
        name="restart-storm",
        does="the exchange is stopped and the node killed; it starts, fails and starts, until the exchange is back",
        expects="the pause between two starts grows, nobody floods the exchange, and with it back the node trades",
        play=_storm,
        within=200,
    ),
)
