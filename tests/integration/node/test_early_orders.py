"""What strategies order while the node starts: nothing leaves for the venue before the node is READY."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue


def test_order_of_on_start_leaves_when_the_node_is_ready(node: Node, venue: Venue) -> None:
    """It waits for READY, no longer, and is filled once."""
    node.strategies = [misbehave("early")]
    node.start().wait_ready()
    eventually(lambda: venue.ledger()["fills"], what="the fill of the order")
    assert len(venue.ledger()["orders"]) == 1
    assert node.log().index('"seconds_to_ready"') < node.log().index("OrderSubmitted(")


@pytest.mark.slow
def test_node_that_never_is_ready_orders_nothing(node: Node, venue: Venue) -> None:
    """While data of another instrument is missing an order waits a few seconds, and is denied with the reason then."""
    node.strategies = [misbehave("early_and_quiet")]
    node.variables["READY_DATA_TIMEOUT"] = "8"
    node.start()
    assert node.wait_exit(40) == 73
    assert venue.ledger()["orders"] == []
    assert "the node is not READY, for 5 s" in node.log()
