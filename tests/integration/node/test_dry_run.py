"""`noderun reconcile --dry-run` tells how cache and venue differ, why, and what to do, and changes neither."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

pytestmark = pytest.mark.slow

ORDER = {"account": "node", "symbol": "BTCUSDT", "side": "BUY", "quantity": "0.010"}


def dry_run(node: Node, *words: str) -> tuple[int, str]:
    """Runs the command; returns its code and what it printed."""
    done = subprocess.run(node.line("reconcile", "--dry-run", *words), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_differences_are_explained_and_left_alone(node: Node, venue: Venue) -> None:
    """Orders and positions that nobody heard of are named with reason and remedy; the cache stays as it was."""
    node.strategies = [misbehave("nothing")]
    node.variables["RECONCILIATION_OPEN_CHECK_INTERVAL_SECS"] = "off"
    node.variables["RECONCILIATION_POSITION_CHECK_INTERVAL_SECS"] = "off"
    node.start().wait_ready(60)
    assert dry_run(node) == (0, "cache and venues are equal\n")
    venue.call("POST", "/admin/v1/faults", {"kind": "drop_event", "event": "*"})
    mid = float(venue.call("GET", "/admin/v1/state")["instruments"][0]["bid"])
    venue.call("POST", "/admin/v1/orders", {**ORDER, "type": "LIMIT", "price": f"{mid * 0.96:.1f}"})
    venue.call("POST", "/admin/v1/orders", {**ORDER, "type": "MARKET"})
    before = node.ask("dump")
    code, text = dry_run(node, "--json")
    document: dict[str, Any] = json.loads(text)
    assert (code, document["equal"]) == (72, False)
    said = {one["difference"]: one for one in document["differences"]}
    assert any("is open at the venue, not in the cache" in text for text in said)
    assert any(re.search(r"position BTCUSDT-PERP.BINANCE is 0.010? at the venue, 0 in", text) for text in said), said
    assert all(one["because"] and "noderun reconcile-now" in one["do"] for one in said.values())
    assert (node.ask("dump"), len(venue.open_orders())) == (before, 1)
    venue.call("DELETE", "/admin/v1/faults")
    node.act("reconcile-now", "--why", "as it said")
    eventually(lambda: dry_run(node)[0] == 0, what="equal after what it said to do")


def test_venue_that_does_not_answer_is_not_equal(node: Node, venue: Venue) -> None:
    """A comparison that could not be made is an error, not a clean bill."""
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready(60)
    venue.call("POST", "/admin/v1/faults", {"kind": "http_status", "status": 503, "path": "*/openOrders"})
    code, text = dry_run(node)
    assert code == 69
    assert "the venue could not be asked" in text


def test_order_taken_over_from_the_venue_is_no_difference(node: Node, venue: Venue) -> None:
    """An order placed by hand that no strategy claims is known after the start, and after the next one."""
    node.strategies = [misbehave("nothing")]
    mid = float(venue.call("GET", "/admin/v1/state")["instruments"][0]["bid"])
    venue.call("POST", "/admin/v1/orders", {**ORDER, "type": "LIMIT", "price": f"{mid * 0.96:.1f}"})
    for _ in range(2):
        node.start().wait_ready(60)
        assert [order["strategy_id"] for order in node.ask("orders")] == ["EXTERNAL"]
        assert dry_run(node)[0] == 0
        node.kill()
