"""Two nodes with one trader id never both trade."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.conftest import where
from tests.integration.node.misbehave import RASH, rash
from tests.integration.node.world import Node, equal, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.node.world import Redis, Venue


pytestmark = pytest.mark.slow


@pytest.fixture
def second(redis: Redis, venue: Venue, variables: dict[str, str], tmp_path: Path) -> Iterator[Node]:
    """Another node with the same trader id, Redis and venue."""
    process = Node(tmp_path / "second", {**variables, **where(redis, venue.port)})
    yield process
    process.stop()


def test_second_node_ends_and_names_the_first(node: Node, second: Node) -> None:
    """A second node with the same trader id ends with 69 within seconds and says who trades."""
    node.start().wait_ready()
    assert node.process is not None
    second.start()
    assert second.wait_exit(15) == 69
    assert f"process {node.process.pid} on {socket.gethostname()} trades" in second.status_lines()[-1]
    assert node.ask("status")["state"] == "RUNNING"


def test_killed_node_does_not_delay_its_successor(node: Node, second: Node) -> None:
    """What a dead process on the same host held is free at once."""
    node.start().wait_ready()
    node.kill()
    second.start().wait_ready()
    assert [line for line in second.status_lines() if "may still trade" in line] == []


def test_paused_holder_is_replaced_and_sends_nothing_when_it_wakes(node: Node, second: Node, venue: Venue) -> None:
    """A holder that sleeps longer than its lease is fenced out: it ends with 69, the new one trades on.

    In the moment of its waking it may write what it heard of the new one's orders into their records: the new one then
    makes them whole again and restarts, as no start can read such a record.
    """
    node.strategies = [rash()]
    node.start().wait_ready()
    eventually(venue.open_orders, what="orders of the first")
    node.signal(signal.SIGSTOP)
    second.start().wait_ready(45)
    sent = sent_by(RASH, venue)
    orders = {order["client_order_id"] for order in second.ask("dump")["orders"]}
    node.signal(signal.SIGCONT)
    assert node.wait_exit(20) == 69
    assert "has taken over this trader id" in node.log() + str(node.status_lines())
    time.sleep(8)
    assert sent_by(RASH, venue) == sent
    if "lost writes" in second.log():
        assert second.wait_exit(40) == 75
        assert "Redis lacked writes of this node" in second.log()
        second.start().wait_ready(45)
    assert equal(second, venue) == []
    assert {order["client_order_id"] for order in second.ask("dump")["orders"]} >= orders
    assert second.ask("status")["state"] == "RUNNING"


def sent_by(tag: str, venue: Venue) -> set[str]:
    """Returns the ids of the orders that a strategy has sent."""
    ids = {str(order["client_order_id"]) for order in venue.ledger()["orders"]}
    return {client_order_id for client_order_id in ids if f"-{tag}-" in client_order_id}


def test_of_twenty_that_start_together_one_trades(
    redis: Redis, venue: Venue, variables: dict[str, str], tmp_path: Path
) -> None:
    """Twenty processes race for the lease: exactly one holds it, the others end with 69 and name that one."""
    variables = {**variables, **where(redis, venue.port)}
    racers = [_racer(tmp_path / f"racer{number}", variables) for number in range(20)]
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == b"ready\n"
        # All at once, and not as they have started: the lease is looked at and taken within a millisecond.
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.close()
        eventually(lambda: sum(racer.poll() is None for racer in racers) == 1, seconds=60, what="one is left")
        time.sleep(1)
        left = [racer for racer in racers if racer.poll() is None]
        assert len(left) == 1
        others = [racer for racer in racers if racer is not left[0]]
        told = [racer.stdout.read().decode() for racer in others if racer.stdout is not None]
        assert {racer.returncode for racer in others} == {69}, told
        assert all(f"process {left[0].pid} on" in words for words in told)
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()
            assert racer.stdout is not None
            racer.stdout.close()


def _racer(directory: Path, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    # The lease alone: twenty whole nodes would take minutes on a small machine.
    directory.mkdir()
    code = (
        "import sys, time\n"
        "from nodecfg import TradingNodeSettings\n"
        "from noderun.fencing import Lease\n"
        "from noderun.states import Failure\n"
        "settings = TradingNodeSettings.from_env(dict(line.split('=', 1) for line in sys.argv[1].splitlines()))\n"
        "lease = Lease(settings.redis, 'trader-MM-001:', print)\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
        "try:\n"
        "    lease.acquire(wait=lambda seconds: time.sleep(seconds), tell=lambda text: None)\n"
        "except Failure as failure:\n"
        "    print(failure.reason, flush=True)\n"
        "    sys.exit(int(failure.code))\n"
        "while lease.lost() is None:\n"
        "    time.sleep(0.1)\n"
        "sys.exit(1)\n"
    )
    text = "\n".join(f"{name}={value}" for name, value in variables.items())
    return subprocess.Popen([sys.executable, "-c", code, text], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_holder_that_cannot_renew_sends_no_order(node: Node, redis: Redis, venue: Venue) -> None:
    """Cut off from Redis, a node's orders stop before anybody else could take over, whatever else it waits for."""
    node.variables["HEALTH_PERSISTENCE_LIMIT"] = "60"
    node.start().wait_ready()
    eventually(venue.open_orders, what="orders")
    assert redis.process is not None
    redis.process.send_signal(signal.SIGSTOP)
    try:
        node.wait_for_status("no order is sent", seconds=20)
        sent = len(venue.ledger()["orders"])
        time.sleep(3)
        assert len(venue.ledger()["orders"]) == sent
    finally:
        redis.process.send_signal(signal.SIGCONT)
