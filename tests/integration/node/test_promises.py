"""What everybody asks of a node first, in one life: it takes over what is open, misses and doubles nothing, in time."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.test_dry_run import ORDER
from tests.integration.node.test_halt import BUSY
from tests.integration.node.test_health import scrape, total
from tests.integration.node.world import equal, eventually
from tests.support.patience import PATIENCE
from tests.support.ports import free_port

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

pytestmark = pytest.mark.slow

_FILLS = 30
_START_SECONDS = 30.0
_CHECK_SECONDS = 5.0
"""Promises to users, at an ordinary number of orders; the measured times are in docs/reliability.md."""


def _by_hand(venue: Venue) -> str:
    """Places an order on the node's account, as a person on the venue's web page would."""
    bid = float(venue.call("GET", "/admin/v1/state")["instruments"][0]["bid"])
    order = {**ORDER, "type": "LIMIT", "price": f"{bid * 0.97:.1f}"}
    return str(venue.call("POST", "/admin/v1/orders", order)["client_order_id"])


def _known(node: Node, client_order_id: str) -> bool:
    # Open or not: the strategy claims its instrument, and cancels what it did not want.
    return any(order["client_order_id"] == client_order_id for order in node.ask("dump")["orders"])


def test_a_node_keeps_its_promises(node: Node, venue: Venue) -> None:
    """Every fill is counted once over a kill; orders placed by hand, before a start and after it, are found."""
    node.strategies = [BUSY]
    node.variables |= {"HEALTH_REST_PORT": str(free_port()), "HEALTH_COMPARE_INTERVAL": "5"}
    node.start().wait_ready()
    eventually(lambda: len(venue.ledger()["fills"]) >= _FILLS / 2, seconds=60, what="fills")
    eventually(lambda: node.ask("status")["positions"], what="a position")
    node.signal(signal.SIGKILL)
    node.wait_exit()
    asleep = _by_hand(venue)

    node.start().wait_ready(_START_SECONDS * PATIENCE)
    assert _known(node, asleep), "an order that was open before the start is not known after it"
    eventually(lambda: len(venue.ledger()["fills"]) >= _FILLS, seconds=60, what="more fills")
    # Last: beside an order of somebody's the strategy places none of its own on that side.
    awake = _by_hand(venue)
    eventually(lambda: _known(node, awake), what="the order that was placed under the running node")
    assert equal(node, venue) == []
    fills = [fill["trade_id"] for fill in node.ask("dump")["fills"]]
    assert len(fills) == len(set(fills))
    assert len(set(fills)) >= _FILLS

    eventually(lambda: total(scrape(node), "tradingnode_comparisons_total") >= 2, seconds=40, what="periodic checks")
    assert total(scrape(node), "tradingnode_comparison_seconds") < _CHECK_SECONDS * PATIENCE
    assert total(scrape(node), "tradingnode_comparisons_different_total") == 0
