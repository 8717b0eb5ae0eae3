"""A started node says what is wrong with it, recovers by itself or ends with the code that fits."""

from __future__ import annotations

import re
import resource
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import PATIENT_MAKER, eventually

if TYPE_CHECKING:
    from tests.integration.node.gate import Gate
    from tests.integration.node.world import Node, Redis, Venue

pytestmark = pytest.mark.slow

QUICK = {
    "HEALTH_PERSISTENCE_MAX_LAG": "2",
    "HEALTH_PERSISTENCE_LIMIT": "8",
    "HEALTH_DATA_MAX_AGE": "2",
    "HEALTH_COMPARE_INTERVAL": "5",
    "RECONCILIATION_STARTUP_DELAY_SECS": "10",
}


def started(node: Node, **variables: str) -> Node:
    """Starts a node that watches closely."""
    node.variables |= {**QUICK, **variables}
    node.start().wait_ready()
    return node


def test_running_node_is_not_degraded(node: Node) -> None:
    """A node beside a healthy Redis and venue stays RUNNING without a reason, also over several comparisons."""
    started(node)
    time.sleep(12)
    assert (node.ask("status")["state"], node.ask("status")["reasons"]) == ("RUNNING", [])
    assert not [line for line in node.status_lines() if line.startswith("DEGRADED")]


@pytest.mark.transition("DEGRADED", "STOPPING")
def test_redis_away_is_told_and_ends_in_a_restart(node: Node, redis: Redis, venue: Venue) -> None:
    """With Redis stopped the node is DEGRADED within seconds, sends no order, and ends with 75 when that lasts."""
    started(node)
    eventually(lambda: len(venue.ledger()["orders"]) > 2, what="the node trades")
    redis.stop()
    node.wait_for_status("DEGRADED: Redis at 127.0.0.1", seconds=6)
    time.sleep(0.5)
    orders = len(venue.ledger()["orders"])
    # The lease alone would let it trade for six seconds more.
    time.sleep(4)
    assert len(venue.ledger()["orders"]) == orders
    assert node.wait_exit(45) == 75
    assert "does not answer" in node.status_lines()[-1]


def test_restarted_redis_ends_in_a_restart(node: Node, redis: Redis) -> None:
    """A Redis that was restarted between two looks is noticed by its run id: the node ends with 75 and reconciles."""
    started(node)
    redis.stop()
    redis.start()
    assert node.wait_exit(45) == 75
    assert re.search(r"was restarted|lost writes", node.status_lines()[-1])


def test_no_order_leaves_while_redis_holds_writes(node: Node, redis: Redis, venue: Venue) -> None:
    """While Redis answers reads and takes no write the node is DEGRADED and sends no order; it trades on afterwards."""
    started(node, HEALTH_PERSISTENCE_LIMIT="60")
    eventually(lambda: len(venue.ledger()["orders"]) > 2, what="the node trades")
    redis.admin("CLIENT", "PAUSE", "12000", "WRITE")
    node.wait_for_status("does not receive the node's writes", seconds=6)
    time.sleep(0.5)
    orders = len(venue.ledger()["orders"])
    time.sleep(4)
    assert len(venue.ledger()["orders"]) == orders
    eventually(lambda: len(venue.ledger()["orders"]) > orders, seconds=30, what="the node trades again")


def test_no_order_leaves_while_redis_is_full(node: Node, redis: Redis, venue: Venue) -> None:
    """A Redis that refuses every write for its memory is called full within seconds, and no order leaves meanwhile."""
    started(node)
    eventually(lambda: len(venue.ledger()["orders"]) > 2, what="the node trades")
    redis.admin("CONFIG", "SET", "maxmemory", "1mb")
    node.wait_for_status("is full", seconds=6)
    time.sleep(0.5)
    orders = len(venue.ledger()["orders"])
    time.sleep(3)
    assert len(venue.ledger()["orders"]) == orders
    assert node.wait_exit(45) == 75


def test_lost_writes_are_noticed(node: Node, redis: Redis) -> None:
    """Writes that Redis refused for a moment (memory full) are known to be lost: the node ends with 75."""
    started(node)
    redis.admin("CONFIG", "SET", "maxmemory", "1mb")
    time.sleep(2.5)
    redis.admin("CONFIG", "SET", "maxmemory", "0")
    assert node.wait_exit(45) == 75
    assert "lost writes" in node.status_lines()[-1]


@pytest.mark.transition("RUNNING", "DEGRADED")
@pytest.mark.transition("DEGRADED", "RUNNING")
def test_silent_venue_is_told_and_over_when_it_speaks(node: Node, venue: Venue) -> None:
    """A venue that freezes with all connections open makes the node DEGRADED for its data, and RUNNING afterwards."""
    started(node)
    venue.freeze()
    node.wait_for_status("DEGRADED: no ", seconds=10)
    venue.thaw()
    eventually(lambda: node.ask("status")["state"] == "RUNNING", what="RUNNING again")


def test_vanished_venue_is_a_lost_link(node: Node, venue: Venue) -> None:
    """A venue that goes away is named as not connected; when it comes back the node is RUNNING again."""
    node.strategies = [PATIENT_MAKER]
    started(node)
    venue.stop()
    node.wait_for_status("not connected", seconds=40)
    venue.start()
    eventually(
        lambda: node.ask("status")["state"] == "RUNNING", seconds=40, what=f"RUNNING again {node.status_lines()[-3:]}"
    )


def test_node_without_descriptors_says_so_and_ends(node: Node, venue: Venue) -> None:
    """A node that can open no connection any more names what is not connected, and ends with 73 in good order."""
    started(node, HEALTH_LINK_LIMIT="6")
    assert node.process is not None
    _, most = resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE, (1, most))
    venue.call("POST", "/admin/v1/faults", {"kind": "cut_socket"})
    node.wait_for_status("not connected", seconds=40)
    assert node.wait_exit(45) == 73
    assert "STOPPING=1" in node.listen()
    assert "not connected" in node.status_lines()[-1]


def test_user_stream_that_upstream_gave_up_ends_in_a_restart(behind_gate: Node, gate: Gate) -> None:
    """One refused listen key at a reconnect kills upstream's user stream for good: it says so and ends with 73."""
    started(behind_gate)
    gate.refuse.add("POST /fapi/v1/listenKey")
    gate.cut()
    assert behind_gate.wait_exit(45) == 73
    assert "given up its user stream" in behind_gate.status_lines()[-1]


def test_difference_is_told_until_it_is_gone(node: Node, venue: Venue) -> None:
    """A position that somebody opened by hand in an instrument the node does not load is named until it is closed."""
    started(node)
    order = {"account": "node", "symbol": "ETHUSDT", "type": "MARKET", "quantity": "0.100"}
    venue.call("POST", "/admin/v1/orders", {**order, "side": "BUY"})
    node.wait_for_status("DEGRADED: cache and venue differ", seconds=20)
    assert "ETHUSDT" in node.ask("status")["reasons"][0]
    venue.call("POST", "/admin/v1/orders", {**order, "side": "SELL"})
    eventually(lambda: node.ask("status")["state"] == "RUNNING", what="RUNNING again")


def test_stale_data_ends_in_a_restart(node: Node, venue: Venue) -> None:
    """Data that stays away longer than its limit ends the node with 73."""
    started(node, HEALTH_DATA_LIMIT="4")
    venue.call("POST", "/admin/v1/market/pause")
    assert node.wait_exit(60) == 73
    assert "no " in node.status_lines()[-1]
