"""A Redis that comes back without its data under a running node leads to a restart that knows everything again."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.misbehave import misbehave
from tests.integration.node.test_trade import fills
from tests.integration.node.world import equal, eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Redis, Venue

pytestmark = pytest.mark.slow


def test_node_whose_memory_was_emptied_starts_again(node: Node, redis: Redis, venue: Venue) -> None:
    """After Redis lost everything the node ends with 75, starts again and holds what the venue holds."""
    node.start().wait_ready(60)
    fills(venue, 3)
    assert redis.process is not None
    redis.process.kill()
    redis.process.wait()
    shutil.rmtree(redis.directory / "appendonlydir")
    redis.start()
    # The last orders' positions are written into the empty Redis before the node notices.
    assert node.wait_exit(45) == 75
    node.start().wait_ready(60)
    venue.call("POST", "/admin/v1/market/pause")

    def held() -> bool:
        theirs = {p["symbol"]: float(p["quantity"]) for p in venue.ledger()["positions"] if float(p["quantity"])}
        ours = {p["instrument_id"].removesuffix("-PERP.BINANCE"): float(p["quantity"]) for p in node.ask("positions")}
        return ours == theirs and len(node.ask("orders")) == len(venue.open_orders())

    eventually(held, what="the venue's positions and orders")


def test_index_without_orders_does_not_keep_a_node_down(node: Node, redis: Redis, venue: Venue) -> None:
    """Redis that names orders it does not hold is mended at the start: the venue tells what they were."""
    node.start().wait_ready(60)
    fills(venue, 3)
    node.kill()
    for key in redis.admin("--scan", "--pattern", "trader-MM-001:orders:*").splitlines():
        redis.admin("DEL", key)
    for key in redis.admin("--scan", "--pattern", "trader-MM-001:positions:*").splitlines():
        redis.admin("DEL", key)
    assert redis.admin("HLEN", "trader-MM-001:index:order_position") != "0"
    node.start().wait_ready(60)
    assert "named orders that it does not hold" in node.log()


def test_order_that_redis_lost_is_told_by_the_venue(node: Node, redis: Redis, venue: Venue) -> None:
    """An order whose record Redis lost is there again after the start, with its fill, although nothing is open."""
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready(60)
    for number, side in enumerate(("BUY", "SELL", "BUY", "SELL"), 1):
        order = {"account": "node", "symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.010", "side": side}
        venue.call("POST", "/admin/v1/orders", order)
        eventually(partial(_heard, node, number), what=f"{number} orders")
    last = max(venue.ledger()["orders"], key=lambda order: int(order["order_id"]))["client_order_id"]
    eventually(lambda: redis.admin("--scan", "--pattern", f"trader-MM-001:orders:{last}"), what="the record")
    node.kill()
    redis.admin("DEL", f"trader-MM-001:orders:{last}")
    node.start().wait_ready(60)
    assert equal(node, venue) == []


def _heard(node: Node, orders: int) -> bool:
    return len({fill["client_order_id"] for fill in node.ask("dump")["fills"]}) == orders
