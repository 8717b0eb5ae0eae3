"""Each defect of upstream that the service guards against, provoked for real."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import MARKET_MAKER, equal, eventually

if TYPE_CHECKING:
    from tests.integration.node.gate import Gate
    from tests.integration.node.world import Node, Venue

pytestmark = pytest.mark.slow

BUY = {"account": "node", "symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}
SELL = {**BUY, "side": "SELL"}


def test_failed_position_query_is_not_a_flat_position(behind_gate: Node, venue: Venue, gate: Gate) -> None:
    """While the venue refuses to tell positions, the node keeps the one it knows and makes up no fill."""
    behind_gate.strategies = [misbehave("nothing")]
    behind_gate.variables["RECONCILIATION_POSITION_CHECK_INTERVAL_SECS"] = "5"
    behind_gate.start().wait_ready()
    venue.call("POST", "/admin/v1/orders", BUY)
    eventually(lambda: behind_gate.ask("status")["positions"], what="the position reaches the node")
    gate.refuse.add("/fapi/v3/positionRisk")
    skipped = "Skipping position reconciliation"
    eventually(lambda: skipped in behind_gate.log(), seconds=40, what=f"{skipped!r} in the log")
    assert equal(behind_gate, venue) == []
    assert [position["quantity"] for position in behind_gate.ask("status")["positions"]] == ["0.010"]


def test_user_stream_that_reconnects_counts_nothing_twice(behind_gate: Node, venue: Venue, gate: Gate) -> None:
    """After every connection broke with a position and orders open, node and ledger are still equal."""
    behind_gate.start().wait_ready()
    eventually(lambda: len(venue.ledger()["fills"]) >= 3, seconds=40, what="fills")
    for _ in range(3):
        # Counted in the log: a node that happens to be flat asks the venue for no symbol's orders or fills.
        asked = behind_gate.log().count("Reconciling ExecutionMassStatus")
        gate.cut()

        def reconciled(before: int = asked) -> bool:
            return behind_gate.log().count("Reconciling ExecutionMassStatus") > before

        eventually(reconciled, what="the adapter asks for a mass status after the reconnect")
        assert equal(behind_gate, venue) == []


def test_unheard_fill_is_told_by_the_venue(node: Node, venue: Venue) -> None:
    """An order that was filled while nobody heard it has the venue's fills, not one that was made up."""
    node.strategies = [misbehave("on_order_quietly")]
    venue.call("POST", "/admin/v1/faults", {"kind": "drop_event", "event": "ORDER_TRADE_UPDATE"})
    node.start().wait_ready()
    eventually(lambda: node.ask("status")["positions"], seconds=60, what="a check finds the order filled")
    assert equal(node, venue) == []
    assert "inferred" not in node.log()


def test_unheard_fills_that_left_the_account_flat_are_told(behind_gate: Node, venue: Venue, gate: Gate) -> None:
    """A mass status asks for the symbol of an order in flight, though nothing is open at the venue."""
    behind_gate.strategies = [misbehave("on_order_quietly")]
    venue.call("POST", "/admin/v1/faults", {"kind": "drop_event", "event": "ORDER_TRADE_UPDATE"})
    behind_gate.start().wait_ready()
    eventually(lambda: venue.ledger()["fills"], what="a fill at the venue")
    venue.call("POST", "/admin/v1/orders", SELL)
    gate.cut()
    eventually(lambda: behind_gate.ask("dump")["fills"], seconds=60, what="fills reach the node")
    assert equal(behind_gate, venue) == []
    assert "inferred" not in behind_gate.log()


def test_check_of_positions_makes_no_fill_up(node: Node, venue: Venue) -> None:
    """A position that grew by fills which the venue does not tell yet stays a difference while strategies run."""
    node.strategies = [misbehave("nothing")]
    node.variables["RECONCILIATION_POSITION_CHECK_INTERVAL_SECS"] = "5"
    node.start().wait_ready()
    venue.call("POST", "/admin/v1/orders", BUY)
    known = eventually(lambda: node.ask("dump")["fills"], what="the position reaches the node")
    venue.call("POST", "/admin/v1/faults", {"kind": "drop_event", "event": "ORDER_TRADE_UPDATE"})
    venue.call("POST", "/admin/v1/faults", {"kind": "missing_history", "path": "/fapi/v1/userTrades"})
    venue.call("POST", "/admin/v1/orders", BUY)
    eventually(lambda: "no fill explains" in node.log(), seconds=60, what="the check finds the position")
    assert node.ask("dump")["fills"] == known


@pytest.mark.nightly
def test_unheard_fill_of_an_order_that_nobody_knows_is_told_at_a_restart(node: Node, venue: Venue) -> None:
    """A fill by hand that nobody heard is a difference that ends with 72; the next start has it, not made up."""
    node.strategies = [misbehave("nothing")]
    node.variables |= {
        "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": "5",
        "HEALTH_COMPARE_INTERVAL": "10",
        "HEALTH_DIFFERENCE_LIMIT": "10",
    }
    node.start().wait_ready()
    venue.call("POST", "/admin/v1/faults", {"kind": "drop_event", "event": "ORDER_TRADE_UPDATE"})
    venue.call("POST", "/admin/v1/orders", BUY)
    assert node.wait_exit(120) == 72
    node.variables |= {"NAUTILUS_TIMEOUT_RECONCILIATION": "60", "READY_TIMEOUT": "120"}
    node.start().wait_ready(120)
    assert equal(node, venue) == []
    assert "inferred" not in node.log()


def test_question_without_an_answer_ends_one_check_only(behind_gate: Node, gate: Gate) -> None:
    """After the venue never answered one question, checks and comparisons go on asking."""
    question = "/fapi/v3/positionRisk"
    behind_gate.strategies = [misbehave("nothing")]
    behind_gate.variables |= {"RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": "5", "HEALTH_COMPARE_INTERVAL": "3600"}
    behind_gate.start().wait_ready()

    def asked() -> int:
        return sum(question in line for line in gate.seen)

    gate.hold.add(question)
    before = asked()
    eventually(lambda: asked() > before, seconds=40, what="a question without an answer")
    gate.hold.clear()
    held = asked()
    eventually(lambda: asked() > held + 2, seconds=60, what="more questions")
    assert "a check was given up" in behind_gate.log()


def test_venue_that_restarts_is_found_again(node: Node, venue: Venue) -> None:
    """A venue that goes down and comes back finds the node trading on, equal to its ledger."""
    node.start().wait_ready()
    eventually(lambda: len(venue.ledger()["fills"]) >= 2, seconds=40, what="fills")
    venue.stop()
    time.sleep(1)
    venue.start()
    before = len(venue.ledger()["fills"])
    eventually(lambda: len(venue.ledger()["fills"]) > before, seconds=60, what="new fills after the restart")
    assert equal(node, venue) == []


def test_fill_during_the_start_is_counted_once(behind_gate: Node, venue: Venue, gate: Gate) -> None:
    """A fill between the venue's answers on orders, fills and positions is neither lost nor made up."""
    venue.call("POST", "/admin/v1/orders", BUY)
    gate.before["/fapi/v1/userTrades"] = lambda: venue.call("POST", "/admin/v1/orders", BUY)
    behind_gate.strategies = [misbehave("nothing")]
    behind_gate.start().wait_ready()
    assert gate.before == {}
    assert equal(behind_gate, venue) == []
    # Each of the two orders may be filled in several parts.
    assert len({fill["venue_order_id"] for fill in behind_gate.ask("dump")["fills"]}) == 2


def test_long_history_does_not_bend_the_cache(node: Node, venue: Venue) -> None:
    """After more fills than the venue tells at once, a killed node still comes back equal to the ledger."""
    venue.stop()
    venue.market["speed"] = 20.0
    venue.start()
    hasty = {"half_spread_bps": 0.2, "skew_bps": 0.5, "min_requote_ms": 50, "max_position": "0.050"}
    node.strategies = [{**MARKET_MAKER, "config": {**MARKET_MAKER["config"], **hasty}}]
    node.start().wait_ready()
    eventually(lambda: len(venue.ledger()["fills"]) > 520, seconds=240, what="520 fills")
    node.signal(signal.SIGKILL)
    node.wait_exit()
    # Nobody trades any more, so that node and ledger can be compared at rest.
    node.strategies = [misbehave("nothing")]
    node.variables |= {"READY_TIMEOUT": "90", "NAUTILUS_TIMEOUT_RECONCILIATION": "30"}
    node.start().wait_ready(90)
    # An order that was killed on its way is asked for several times before upstream gives it up.
    eventually(lambda: not node.ask("status")["orders_inflight"], seconds=120, what="no order in flight")
    assert equal(node, venue) == []
