"""Defects of upstream's Bybit adapter that the service guards against, provoked for real."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from noderun.engine.guards.position_snapshots import KEPT
from tests.integration.node.gate import Gate
from tests.integration.node.misbehave import turning
from tests.integration.node.world import equal, eventually
from tests.integration.venue_bybit.world import LINEAR, market_maker, node_variables
from tests.support.ledger import differences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.node.world import Node, Redis, Venue

pytestmark = pytest.mark.nightly

BUY = {
    "account": "node",
    "symbol": "BTCUSDT-LINEAR",
    "side": "BUY",
    "type": "MARKET",
    "quantity": "0.010",
    "client_order_id": "by-hand",
}


@pytest.fixture
def gate(venue: Venue) -> Iterator[Gate]:
    """A gate before the venue."""
    process = Gate(venue.port).start()
    yield process
    process.stop()


def test_failed_position_query_is_not_a_flat_position(node: Node, redis: Redis, venue: Venue, gate: Gate) -> None:
    """While the venue refuses to tell positions, and at the stop, the node keeps the one it knows."""
    node.variables |= node_variables(redis, gate.port)
    node.variables["RECONCILIATION_POSITION_CHECK_INTERVAL_SECS"] = "5"
    node.strategies = [market_maker(half_spread_bps=100, requote_bps=100)]
    node.start().wait_ready()
    venue.call("POST", "/admin/v1/orders", BUY)
    eventually(lambda: node.ask("status")["positions"], what="the position reaches the node")
    gate.refuse.add("/v5/position/list")
    skipped = "Skipping position reconciliation"
    eventually(lambda: skipped in node.log(), seconds=40, what=f"{skipped!r} in the log")
    assert differences(node.ask("dump"), venue.ledger()) == []
    assert [position["quantity"] for position in node.ask("status")["positions"]] == ["0.010"]
    gate.refuse.clear()
    node.signal(signal.SIGTERM)
    assert node.wait_exit() == 0
    # What the stop wrote is what the next start reads.
    node.start().wait_ready()
    assert differences(node.ask("dump"), venue.ledger()) == [], json.dumps(node.ask("dump"))


def test_position_of_many_lives_keeps_the_last_of_them(node: Node, venue: Venue) -> None:
    """A strategy that opens and closes all the time goes on, with no more than so many lives and the ledger's fills."""
    node.strategies = [turning(LINEAR, KEPT + 1)]
    node.start().wait_ready()
    eventually(lambda: len(venue.ledger()["orders"]) > 2 * KEPT + 60, seconds=120, what="more lives than are kept")
    assert node.ask("status")["state"] == "RUNNING"
    # Its own orders bring it new quotes, also in a market that stands still.
    node.act("stop-strategy", "Turning-902", "--why", "test")
    assert equal(node, venue) == []
