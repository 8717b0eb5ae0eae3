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


def test_banned_node_is_quiet(node: Node, venue: Venue) -> None:
    """One answer 418 with six seconds to wait is followed by no request for as long, then by orders again."""
    node.start().wait_ready(60)
    eventually(venue.open_orders, what="orders")
    fault = {"kind": "rate_limit", "banned": True, "retry_after": 6, "method": "POST", "path": "/fapi/v1/order"}
    number = venue.call("POST", "/admin/v1/faults", {**fault, "count": 1})["id"]

    def struck() -> bool:
        return any(one["id"] == number and one["hits"] for one in venue.call("GET", "/admin/v1/faults")["faults"])

    eventually(struck, seconds=40, what="the ban")
    time.sleep(0.5)
    before = asked(venue)
    time.sleep(4)
    assert asked(venue) == before
    orders = len(venue.ledger()["orders"])
    eventually(lambda: len(venue.ledger()["orders"]) > orders, seconds=30, what="orders after the ban")
    assert equal(node, venue) == []
