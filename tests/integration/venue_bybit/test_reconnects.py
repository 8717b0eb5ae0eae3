"""What happened while the private socket was away is known as soon as it is back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.node.world import equal, eventually
from tests.integration.venue_bybit.world import market_maker

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

pytestmark = pytest.mark.slow

NEVER = "3600"
ORDER = {"account": "node", "symbol": "BTCUSDT-LINEAR", "type": "MARKET"}


def fault(venue: Venue, **body: Any) -> None:  # noqa: ANN401 JSON
    """Puts a fault of the node's private socket in."""
    venue.call("POST", "/admin/v1/faults", {"socket": "USER", **body})


def test_fills_of_a_gap_are_known_when_the_stream_is_back(node: Node, venue: Venue) -> None:
    """Fills while the private socket was cut are in the cache within seconds, the venue's own, without any check."""
    node.strategies = [market_maker(half_spread_bps=100, requote_bps=100)]
    node.variables |= {
        "RECONCILIATION_OPEN_CHECK_INTERVAL_SECS": NEVER,
        "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": NEVER,
        "HEALTH_COMPARE_INTERVAL": NEVER,
    }
    node.start().wait_ready()
    for number, gap in enumerate((1.5, 0.0), 1):
        fault(venue, kind="refuse_upgrade", status=503, duration_seconds=max(gap, 0.3))
        fault(venue, kind="cut_socket")
        for side, quantity in (("BUY", "0.010"), ("SELL", "0.004")):
            named = {"side": side, "quantity": quantity, "client_order_id": f"{side}-{number}"}
            venue.call("POST", "/admin/v1/orders", {**ORDER, **named})
        time.sleep(gap)

        def known(orders: int = 2 * number) -> bool:
            return len({fill["client_order_id"] for fill in node.ask("dump")["fills"]}) == orders

        eventually(known, seconds=12, what="the fills of the gap")
    assert equal(node, venue) == []
    assert "inferred" not in node.log()
