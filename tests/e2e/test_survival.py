"""Position and open orders survive what happens to a host; the exchange's ledger is the only judge."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.support.exchange import exchange, trade_on
from tests.support.hurts import REDIS, boots, fill, free, movable_clock, power_off, small_disks, tear
from tests.support.lab import Host, clone, run, wait_for
from tests.support.older import older_nautilus
from tests.support.survivor import Survivor, open_orders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_SUBNET = "10.213.44"
_DEPLOY = (".venv/bin/ansible-playbook", "deploy.yml")
_OWN = ("/var/lib/tradingnode/main", "/var/log/tradingnode/main")
_GIVEN_UP = 60
"""Seconds; longer than Redis was tried for before its unit stopped giving up."""


def _the_guard_spoke(host: Host) -> None:
    assert "a torn last write" in host.ssh("journalctl -b -u redis-aof-guard -p alert -o cat").stdout
    assert host.ssh(f"ls {REDIS}/damaged").stdout.startswith("appendonly.aof.")
    host.ssh(f"rm -r {REDIS}/damaged")


def _restarts(host: Host) -> int:
    return int(host.show("tradingnode", "NRestarts")["NRestarts"])


def _refused(host: Host) -> int:
    """How often the venue said -1021, "Timestamp for this request is outside of the recvWindow"."""
    return int(host.ssh("journalctl -b -u tradingnode -o cat | grep -c -e -1021 || true").stdout)


def _pid(host: Host) -> str:
    return host.show("tradingnode", "MainPID")["MainPID"]


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survivor]:
    """One host, deployed once, that trades on an exchange on this machine."""
    place = tmp_path_factory.mktemp("survival")
    checkout = clone(repository, place / "tradingnode-ops", lab="survival", subnet=_SUBNET)
    with exchange(place) as venue:
        trade_on(checkout, venue, controller=f"{_SUBNET}.1")
        try:
            run(checkout, "make", "testnet", timeout=2400)
            yield Survivor(checkout=checkout, host=Host(checkout=checkout, address=f"{_SUBNET}.11"), venue=venue)
        finally:
            run(checkout, "make", "lab-down")


@pytest.mark.nightly
@pytest.mark.parametrize("torn", [False, True], ids=["whole file", "torn file"])
def test_power_off(site: Survivor, *, torn: bool) -> None:
    """Orders are filled while the host is off: with a whole and with a torn file READY by itself, fill for fill."""
    before, started = site.caught(), boots(site.host)
    power_off(site.checkout)
    assert open_orders(site.venue.ledger()) == open_orders(before), "nobody had time to cancel them"
    assert not torn or tear("survival") > 0
    site.resume(fills=1)
    run(site.checkout, "make", "lab")
    site.survived(before, within=60)
    assert boots(site.host) == started + 1
    if torn:
        _the_guard_spoke(site.host)


@pytest.mark.nightly
@pytest.mark.parametrize("seconds", [3600, -3600], ids=["ahead", "back"])
def test_the_clock_is_set(site: Survivor, *, seconds: int) -> None:
    """An hour ahead or back is told within seconds, no order is lost by it, and with the right time it trades again.

    Set back to the right time, upstream's own clock would stand still for an hour: the node restarts by itself.
    """
    with movable_clock(site.host) as move:
        before, process, refused = site.caught(), _pid(site.host), _refused(site.host)
        move(seconds)
        site.resume()
        site.shows("clock", within=15)
        wait_for(lambda: _refused(site.host) > refused, within=30, what="the venue refuses its time")
        move(0)
        if seconds > 0:
            wait_for(lambda: _pid(site.host) not in {"0", process}, within=60, what="a restart")
        site.survived(before, within=60)
        assert (_pid(site.host) == process) == (seconds < 0)


@pytest.mark.nightly
def test_a_full_disk_under_redis(site: Survivor) -> None:
    """Not ready while it is full, however long; with room again both come back by themselves, fill for fill."""
    with small_disks(site.host, REDIS, spare_mb=8):
        before = site.caught()
        fill(site.host, REDIS)
        site.resume()
        site.shows("Redis", "append-only", within=30)
        assert "Can't recover from AOF write error" in site.host.ssh("journalctl -b -u redis-server -o cat").stdout
        time.sleep(_GIVEN_UP)
        assert not site.host.is_trading()
        assert site.host.show("redis-server", "ActiveState")["ActiveState"] != "failed"
        free(site.host, REDIS)
        # The pause between two starts of the node has grown to as much as 2 min.
        site.survived(before, within=180)


@pytest.mark.nightly
def test_full_disks_of_the_node(site: Survivor) -> None:
    """Without room for state and log it says so and trades on; a halt is kept over a kill; nothing is lost."""
    host = site.host
    with small_disks(host, *_OWN, spare_mb=4):
        before = site.caught()
        fill(host, *_OWN)
        site.resume(fills=1)
        host.ssh("noderun halt --why drill")
        killed = _pid(host)
        host.ssh("systemctl kill --signal=KILL tradingnode")
        wait_for(lambda: _pid(host) not in {"0", killed}, within=60, what="a restart")
        site.shows("drill", within=60)
        host.ssh("noderun resume --why drill")
        said = host.ssh("journalctl -b -u tradingnode -o cat -p err").stdout
        assert "noderun.jsonl cannot be written: No space left on device" in said
        assert "acts.jsonl" in said
        site.survived(before, within=60)
        free(host, *_OWN)
        wait_for(lambda: "tradingnode" in host.ssh(f"tail -n 1 {_OWN[1]}/noderun.jsonl").stdout, within=30, what="log")


@pytest.mark.nightly
def test_restarts_are_forgotten_after_a_while(site: Survivor) -> None:
    """What counts a node's restarts, and lengthens the pause before each, is set back by a timer that a start sets."""
    before, killed = site.caught(), _pid(site.host)
    site.resume()
    site.host.ssh("systemctl kill --signal=KILL tradingnode")
    wait_for(lambda: _pid(site.host) not in {"0", killed}, within=60, what="a restart")
    site.survived(before, within=60)
    assert _restarts(site.host) > 0
    left = site.host.show("tradingnode-calm-main.timer", "ActiveState", "NextElapseUSecMonotonic")
    assert left["ActiveState"] == "active"
    site.host.ssh("systemctl start tradingnode-calm-main.service")
    wait_for(lambda: _restarts(site.host) == 0, within=10, what="a count from 0")


@pytest.mark.nightly
def test_upgrade_between_two_releases_of_nautilus(site: Survivor) -> None:
    """From 1.230.0 to the version of the lock, the way back and forth again: each reads what the other wrote."""
    ours = site.host.node("status")["nautilus_version"]

    def step(*command: str, to: str) -> str:
        before = site.caught()
        site.resume()
        done = run(site.checkout, *command, timeout=2400).stdout
        assert site.host.node("status")["nautilus_version"] == to
        site.survived(before, within=30)
        return done

    with older_nautilus(site.checkout) as older:
        told = step(*_DEPLOY, to=older)
    assert "What the upgrade check found" in told
    assert "What the upgrade check found" in step(*_DEPLOY, to=ours)
    step("make", "rollback", to=older)
    step(*_DEPLOY, to=ours)


@pytest.mark.nightly
def test_redis_is_empty(site: Survivor) -> None:
    """The append-only files are moved away and Redis is killed: what is open comes from the venue, nothing twice.

    The last test here: the node does not know afterwards what was closed before, and the others compare all of it.
    """
    aside = f"{REDIS}/aside"
    before = site.caught()
    old = before["orders"][0]["client_order_id"]
    known = {order["client_order_id"] for order in site.host.node("dump")["orders"]}
    site.host.ssh(f"mv {REDIS}/appendonlydir {aside} && systemctl kill --signal=KILL redis-server")
    site.resume()
    site.shows("Redis", within=15)
    after = site.survived(before, within=90, forgotten=True)
    assert old in known
    assert old not in {order["client_order_id"] for order in after["orders"]}, "Redis was empty"
    site.host.ssh(f"rm -r {aside}")
