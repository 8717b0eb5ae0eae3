"""An order whose answer was lost, or whose fate the venue does not know, is what the venue says in the end."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.node.world import PATIENT_MAKER, equal, eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

pytestmark = pytest.mark.slow

ORDER = "/fapi/v1/order"
EAGER = {"RECONCILIATION_PRESET": "AGGRESSIVE"}


def fault(venue: Venue, **body: Any) -> int:  # noqa: ANN401 JSON
    """Puts a fault in and returns its number."""
    return int(venue.call("POST", "/admin/v1/faults", body)["id"])


def hits(venue: Venue, number: int) -> int:
    """Returns how often a fault struck."""
    return next(int(one["hits"]) for one in venue.call("GET", "/admin/v1/faults")["faults"] if one["id"] == number)


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "venue_error", "code": -1007, "when": "after"},
        {"kind": "http_status", "status": 503, "when": "after"},
        {"kind": "lose_response", "how": "reset"},
    ],
    ids=["unknown status", "503", "reset"],
)
def test_order_behind_a_lost_answer_is_not_rejected(node: Node, venue: Venue, answer: dict[str, Any]) -> None:
    """Orders that the venue took and did not acknowledge are open or filled at both, and are not sent twice."""
    node.variables |= EAGER
    node.start().wait_ready(60)
    number = fault(venue, method="POST", path=ORDER, count=4, **answer)
    eventually(lambda: hits(venue, number) == 4, seconds=40, what="four answers were lost")
    time.sleep(2)
    assert equal(node, venue) == []
    assert "InvalidStateTrigger" not in node.log()


def test_order_that_nobody_can_be_asked_about_stays_in_flight(node: Node, venue: Venue) -> None:
    """While answer, events and every question for an order are lost it is in flight; then the venue tells its fate."""
    node.variables |= {**EAGER, "RECONCILIATION_INFLIGHT_CHECK_RETRIES": "2"}
    node.strategies = [PATIENT_MAKER]
    fault(venue, kind="lose_response", how="reset", method="POST", path=ORDER)
    fault(venue, kind="drop_event", event="ORDER_TRADE_UPDATE")
    question = fault(venue, kind="http_status", status=503, method="GET", path=ORDER)
    fault(venue, kind="http_status", status=503, method="GET", path="/fapi/v1/algoOrder")
    node.start().wait_ready(60)
    fault(venue, kind="http_status", status=503, method="GET", path="/fapi/v1/open*")
    eventually(lambda: hits(venue, question) >= 8, seconds=60, what="the node keeps asking")
    assert {order["status"] for order in node.ask("dump")["orders"]} == {"SUBMITTED"}
    venue.call("DELETE", "/admin/v1/faults")
    eventually(lambda: {o["status"] for o in node.ask("orders")} == {"ACCEPTED"}, seconds=40, what="both are accepted")
    assert len(venue.ledger()["orders"]) == 2


def test_refused_order_is_rejected_at_once(node: Node, venue: Venue) -> None:
    """A refusal in the venue's own words is final, and its strategy may send another order."""
    node.strategies = [PATIENT_MAKER]
    fault(venue, kind="venue_error", code=-2019, method="POST", path=ORDER, count=1)
    node.start().wait_ready(60)
    eventually(lambda: len(venue.open_orders()) == 2, what="both quotes, one at the second try")
    assert sorted(order["status"] for order in node.ask("dump")["orders"]) == ["ACCEPTED", "ACCEPTED", "REJECTED"]


def test_order_that_hangs_at_the_stop_is_not_rejected(node: Node, venue: Venue) -> None:
    """An order whose answer was on its way when the node stopped is what the venue says after the next start."""
    node.strategies = [PATIENT_MAKER]
    node.variables["SHUTDOWN_POLICY"] = "keep"
    hanging = fault(venue, kind="lose_response", how="hang", method="POST", path=ORDER)
    fault(venue, kind="drop_event", event="ORDER_TRADE_UPDATE")
    node.start().wait_ready(60)
    eventually(lambda: hits(venue, hanging) == 2, what="both quotes are sent")
    node.signal(signal.SIGTERM)
    node.wait_exit(40)
    assert "OrderRejected" not in node.log()
    venue.call("DELETE", "/admin/v1/faults")
    node.start().wait_ready(60)
    assert equal(node, venue) == []
    assert "REJECTED" not in {order["status"] for order in node.ask("dump")["orders"]}
