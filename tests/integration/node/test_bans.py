"""A node whose address is banned sends nothing until the ban is over, and trades on then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import equal, eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

pytestmark = pytest.mark.slow


def asked(venue: Venue) -> int:
    """Returns how many requests the venue got on its REST interface, those that need no answer left out."""
    counts = venue.call("GET", "/admin/v1/requests")["requests"]
    return sum(one["count"] for one in counts if one["method"] in {"POST", "PUT", "DELETE"} or "Orders" in one["path"])


def hits(venue: Venue, number: int) -> int:
    """Returns how often a fault struck."""
    return next(int(one["hits"]) for one in venue.call("GET", "/admin/v1/faults")["faults"] if one["id"] == number)


def test_start_that_asked_too_much_waits(node: Node, venue: Venue) -> None:
    """A start that is answered 429 asks nothing for fifteen seconds, then asks again and becomes ready."""
    node.variables |= {"NAUTILUS_TIMEOUT_RECONCILIATION": "60", "READY_TIMEOUT": "120"}
    fault = {"kind": "rate_limit", "method": "GET", "path": "/fapi/v1/openOrders", "count": 1}
    number = venue.call("POST", "/admin/v1/faults", fault)["id"]
    node.start()
    eventually(lambda: hits(venue, number), seconds=40, what="the refusal")
    refused = time.monotonic()
    # What upstream had asked for beside it comes to its end first.
    time.sleep(2)
    before = asked(venue)
    while time.monotonic() < refused + 12:
        assert asked(venue) == before
        time.sleep(0.5)
    node.wait_ready(60)
    assert asked(venue) > before
    assert equal(node, venue) == []


def test_banned_node_is_quiet(node: Node, venue: Venue) -> None:
    """One answer 418 with six seconds to wait is followed by no request for as long, then by orders again."""
    node.start().wait_ready(60)
    eventually(venue.open_orders, what="orders")
    fault = {"kind": "rate_limit", "banned": True, "retry_after": 6, "method": "POST", "path": "/fapi/v1/order"}
    number = venue.call("POST", "/admin/v1/faults", {**fault, "count": 1})["id"]

    eventually(lambda: hits(venue, number), seconds=40, what="the ban")
    time.sleep(0.5)
    before = asked(venue)
    time.sleep(4)
    assert asked(venue) == before
    orders = len(venue.ledger()["orders"])
    eventually(lambda: len(venue.ledger()["orders"]) > orders, seconds=30, what="orders after the ban")
    assert equal(node, venue) == []
