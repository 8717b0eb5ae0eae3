"""An account in hedge mode: upstream nets its two legs away and calls that reconciled; a node here has both or ends."""

from __future__ import annotations

import hashlib
import hmac
import time
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import API_KEY, API_SECRET, eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

pytestmark = pytest.mark.slow

LEGS = {"LONG": "BUY", "SHORT": "SELL"}


@pytest.fixture
def hedged(node: Node, venue: Venue) -> Node:
    """A node whose account holds as much long as short: nothing, in the eyes of who looks at the net position."""
    query = urllib.parse.urlencode({"dualSidePosition": "true", "timestamp": int(time.time() * 1000)})
    signature = hmac.new(API_SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
    request = urllib.request.Request(  # noqa: S310 - our own process
        f"{venue.url}/fapi/v1/positionSide/dual?{query}&signature={signature}",
        headers={"X-MBX-APIKEY": API_KEY},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own process
        assert answer.status == 200
    open_both(venue)
    node.strategies = [misbehave("nothing")]
    return node


def open_both(venue: Venue) -> None:
    """Buys long and sells short the same quantity."""
    order = {"account": "node", "symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.010"}
    for leg, side in LEGS.items():
        venue.call("POST", "/admin/v1/orders", {**order, "side": side, "position_side": leg})


def test_hedge_mode_that_the_settings_do_not_know_ends_with_73(hedged: Node) -> None:
    """A node set up for one-way mode does not trade on an account in hedge mode, and says what is wrong."""
    hedged.start()
    assert hedged.wait_exit(40) == 73, hedged.log()[-2000:]
    assert "READY=1" not in hedged.listen()
    assert "edge" in hedged.status_lines()[-1]


def test_both_legs_are_recovered(hedged: Node, venue: Venue) -> None:
    """Both legs are in the cache of a cold start, and of a warm one after one of them grew while the node was down."""
    hedged.variables["BINANCE_HEDGE_MODE"] = "true"
    hedged.start().wait_ready()
    assert quantities(hedged) == [-0.010, 0.010]
    hedged.kill()
    order = {"account": "node", "symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.020"}
    venue.call("POST", "/admin/v1/orders", {**order, "side": "BUY", "position_side": "LONG"})
    hedged.start().wait_ready()
    eventually(lambda: quantities(hedged) == [-0.010, 0.030], what=f"both legs {quantities(hedged)}")
    assert hedged.ask("status")["state"] == "RUNNING"


def test_equal_legs_that_nobody_heard_of_are_a_difference(hedged: Node, venue: Venue) -> None:
    """Both legs grow by the same while no event arrives: each is told as a difference, and reconciling brings both."""
    hedged.variables |= {"BINANCE_HEDGE_MODE": "true", "HEALTH_COMPARE_INTERVAL": "5"}
    hedged.start().wait_ready()
    venue.call("POST", "/admin/v1/faults", {"kind": "drop_event", "event": "ORDER_TRADE_UPDATE"})
    open_both(venue)
    hedged.wait_for_status("BTCUSDT-PERP.BINANCE LONG is 0.02 at the venue, 0.010", seconds=40)
    assert any("BTCUSDT-PERP.BINANCE SHORT is -0.02" in reason for reason in hedged.ask("status")["reasons"])
    hedged.act("reconcile-now", "--why", "test")
    assert quantities(hedged) == [-0.020, 0.020]


def quantities(node: Node) -> list[float]:
    """Returns the open positions of the cache, the short one first."""
    return sorted(float(position["quantity"]) for position in node.ask("status")["positions"])
