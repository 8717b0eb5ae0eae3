"""A start whose portfolio cannot be reckoned ends, and names the account that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.node.misbehave import busy, misbehave
from tests.integration.node.test_start_failures import ends
from tests.integration.node.world import eventually
from tests.integration.venue_bybit.world import LINEAR, bybit_venue, node_variables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.node.world import Node, Redis, Venue

pytestmark = pytest.mark.slow

BUY = {"account": "node", "symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}


def test_position_on_an_account_that_no_client_serves_ends_with_74(
    node: Node, redis: Redis, venue: Venue, tmp_path: Path
) -> None:
    """A cached position at a venue that was taken out of the settings ends the start, and is itself kept."""
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready()
    venue.call("POST", "/admin/v1/orders", BUY)
    eventually(lambda: node.ask("status")["positions"], what="the position reaches the node")
    node.kill()
    binance, bybit = node.variables, bybit_venue(tmp_path / "bybit")
    try:
        node.variables = {**node_variables(redis, bybit.port), "NAUTILUS_TIMEOUT_PORTFOLIO": "2"}
        node.strategies = [busy(LINEAR)]
        node.start()
        ends(node, 74, "position BTCUSDT-PERP.BINANCE 0.010", "BINANCE-USDT_FUTURES-master", "configure")
    finally:
        bybit.stop()
    node.variables, node.strategies = binance, [misbehave("nothing")]
    node.start().wait_ready()
    assert [position["quantity"] for position in node.ask("status")["positions"]] == ["0.010"]
