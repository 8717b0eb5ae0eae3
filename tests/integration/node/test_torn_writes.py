"""A process killed between the two writes of one fill comes back with the venue's position and no made-up fill."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
import redis as redis_client

from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import equal, eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Redis, Venue

pytestmark = pytest.mark.slow

ORDER = {"account": "node", "symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.010"}


def take(venue: Venue, side: str) -> None:
    """Trades as somebody with the node's account."""
    venue.call("POST", "/admin/v1/orders", {**ORDER, "side": side})


def heard(node: Node, orders: int) -> bool:
    """Tells whether the node has fills of so many orders, all that the venue has."""
    return len({fill["venue_order_id"] for fill in node.ask("dump")["fills"]}) == orders


def tear(redis: Redis) -> None:
    """Takes the last fill out of every position's record, as if it had not been written."""
    with redis_client.Redis(port=redis.port, username="admin", password="admin", protocol=2) as client:
        for key in client.scan_iter(match="trader-MM-001:positions:*"):
            client.rpop(key)


@pytest.mark.parametrize("sides", [["BUY"], ["BUY", "BUY"], ["BUY", "SELL", "SELL"]], ids=["open", "more", "reopen"])
def test_torn_position_is_mended(node: Node, venue: Venue, redis: Redis, sides: list[str]) -> None:
    """The fill that the position's record lacks is applied from its order's; venue and node are equal."""
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready(60)
    for number, side in enumerate(sides, 1):
        take(venue, side)
        eventually(partial(heard, node, number), what=f"fills of {number} orders")
    time.sleep(0.5)
    node.kill()
    tear(redis)
    node.start().wait_ready(60)
    mended = node.log().count("a position lacked a fill")
    assert mended
    assert "inferred" not in node.log()
    assert equal(node, venue) == []
    node.kill()
    node.start().wait_ready(60)
    assert node.log().count("a position lacked a fill") == mended
    assert equal(node, venue) == []
