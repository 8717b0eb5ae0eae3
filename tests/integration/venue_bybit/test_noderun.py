"""The service trades on Bybit as it does on Binance: what it believes is the venue's ledger, also after a kill."""

from __future__ import annotations

import json
import signal
import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.misbehave import busy
from tests.integration.node.test_trade import fills
from tests.integration.node.world import API_KEY, API_SECRET, equal, eventually
from tests.integration.venue_bybit.world import LINEAR, market_maker

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

pytestmark = pytest.mark.slow

SYMBOL = "BTCUSDT-LINEAR"


def test_trades_and_survives_a_kill(node: Node, venue: Venue) -> None:
    """A node becomes READY, is filled, is killed, comes back by itself and equals the ledger before and after."""
    node.start().wait_ready()
    fills(venue, 3)
    assert equal(node, venue) == []
    status = node.ask("status")
    assert status["reconciled"] is True
    assert status["venues"] == [{"name": "BYBIT", "connected": True}]

    node.signal(signal.SIGKILL)
    assert node.wait_exit() == -signal.SIGKILL
    before = len(venue.ledger()["fills"])
    node.start().wait_ready()
    fills(venue, before + 2)
    assert equal(node, venue) == []
    eventually(lambda: node.ask("status")["fills"] >= 2, what="fills after the restart are counted")

    node.signal(signal.SIGTERM)
    assert node.wait_exit() == 0
    assert venue.open_orders() == []
    log = node.log()
    assert [line for line in log.splitlines() if "ERROR" in line] == []
    for secret in (API_KEY, API_SECRET):
        assert secret not in log


def test_order_filled_in_parts_while_the_node_is_down_is_found_part_by_part(node: Node, venue: Venue) -> None:
    """Each part of a fill that nobody was there to hear has its own trade id and fee after the restart."""
    node.strategies = [market_maker(half_spread_bps=100, requote_bps=100)]
    node.start().wait_ready()
    venue.call("POST", "/admin/v1/market/pause")
    state = venue.call("GET", "/admin/v1/state")
    best = next(Decimal(one["bid"]) for one in state["instruments"] if one["symbol"] == SYMBOL)
    order = {"account": "node", "symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "0.010"}
    venue.call(
        "POST", "/admin/v1/orders", {**order, "price": str(best + Decimal("0.10")), "client_order_id": "by-hand"}
    )
    eventually(lambda: "by-hand" in json.dumps(node.ask("orders")), what="the node knows the order")
    node.kill()
    for quantity in ("0.003", "0.003", "0.004"):
        taker = {"account": "other", "symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": quantity}
        venue.call("POST", "/admin/v1/orders", taker)
    venue.call("POST", "/admin/v1/market/resume")
    node.start().wait_ready()
    assert equal(node, venue) == []
    assert len(node.ask("dump")["fills"]) == 3


def test_orders_filled_while_the_node_is_down_are_booked_in_their_order(node: Node, venue: Venue) -> None:
    """A position that was closed and opened anew meanwhile has the venue's price, not that of its former life."""
    node.strategies = [market_maker(half_spread_bps=100, requote_bps=100)]
    # One that remembers something takes the venue's history as it is told.
    node.start().wait_ready()
    node.kill()
    order = {"account": "node", "symbol": SYMBOL, "type": "MARKET"}
    asks = set()
    for side, quantity in (("BUY", "0.020"), ("SELL", "0.020"), ("BUY", "0.010")):
        venue.call("POST", "/admin/v1/orders", {**order, "side": side, "quantity": quantity})
        asks.add(_ask(venue))
        eventually(lambda: _ask(venue) not in asks, seconds=30, what="another price")
    node.start().wait_ready()
    venue.call("POST", "/admin/v1/market/pause")
    (ours,) = (one for one in node.ask("dump")["positions"] if Decimal(one["quantity"]))
    (theirs,) = (one for one in venue.ledger()["positions"] if Decimal(one["quantity"]))
    assert Decimal(ours["avg_px"]) == Decimal(theirs["entry_price"])


def _ask(venue: Venue) -> str:
    state = venue.call("GET", "/admin/v1/state")
    return str(next(one["ask"] for one in state["instruments"] if one["symbol"] == SYMBOL))


def test_acceptance_that_finds_the_loop_busy_is_heard(node: Node, venue: Venue) -> None:
    """What the venue says of an order before the engine has noted its submission is not lost until the next check."""
    node.strategies = [busy(LINEAR)]
    node.variables["RECONCILIATION_OPEN_CHECK_INTERVAL_SECS"] = "600"
    node.start().wait_ready()
    eventually(venue.open_orders, what="the order rests at the venue")
    eventually(
        lambda: [order["status"] for order in node.ask("orders")] == ["ACCEPTED"],
        seconds=5,
        what="the node knows it was accepted",
    )


def test_order_behind_a_server_error_is_not_rejected(node: Node, venue: Venue) -> None:
    """Orders that the venue took behind an internal error are what the venue says, and are not sent twice."""
    node.variables["RECONCILIATION_PRESET"] = "AGGRESSIVE"
    node.start().wait_ready(60)
    body = {"kind": "venue_error", "code": 10016, "when": "after", "method": "WS", "path": "order.create", "count": 3}
    number = venue.call("POST", "/admin/v1/faults", body)["id"]

    def struck() -> bool:
        return any(one["id"] == number and one["hits"] == 3 for one in venue.call("GET", "/admin/v1/faults")["faults"])

    eventually(struck, seconds=40, what="three orders behind an error")
    assert equal(node, venue) == []
    assert "InvalidStateTrigger" not in node.log()


def test_refusal_that_comes_late_is_not_told_twice(node: Node, venue: Venue) -> None:
    """An order the venue did not know of, and refuses when it arrives at last, is rejected once for its strategy."""
    node.variables |= {"RECONCILIATION_PRESET": "AGGRESSIVE", "RECONCILIATION_INFLIGHT_CHECK_RETRIES": "1"}
    node.strategies = [market_maker(half_spread_bps=100, requote_bps=100)]
    orders = {"method": "WS", "path": "order.create"}
    held = venue.call("POST", "/admin/v1/faults", {"kind": "hold", **orders})["id"]
    venue.call("POST", "/admin/v1/faults", {"kind": "venue_error", "code": 10002, **orders})
    node.start().wait_ready(60)
    eventually(
        lambda: "REJECTED" in {one["status"] for one in node.ask("dump")["orders"]}, seconds=40, what="one is given up"
    )
    venue.call("DELETE", f"/admin/v1/faults/{held}")
    eventually(lambda: "recv_window" in node.log(), seconds=40, what="the refusal has come")
    time.sleep(1)
    assert "InvalidStateTrigger" not in node.log()


def test_refusal_that_the_order_stream_tells_late_is_not_told_twice(node: Node, venue: Venue) -> None:
    """A quote that would have taken is refused behind its acceptance: known by asking, told again later."""
    node.variables |= {"RECONCILIATION_PRESET": "AGGRESSIVE", "RECONCILIATION_INFLIGHT_CHECK_RETRIES": "1"}
    node.strategies = [market_maker(half_spread_bps=0.001, requote_bps=0.1)]
    node.start().wait_ready(60)
    venue.call("POST", "/admin/v1/faults", {"kind": "delay", "method": "WS", "path": "order.create", "ms": 800})
    venue.call("POST", "/admin/v1/faults", {"kind": "delay_event", "event": "*", "ms": 6000})
    eventually(lambda: "called rejected before" in node.log(), seconds=40, what="a refusal that is told again")
    assert "InvalidStateTrigger: REJECTED" not in node.log()
