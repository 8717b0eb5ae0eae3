"""The real spot adapter in a real TradingNode, judged by the venue's ledger."""

from __future__ import annotations

import re
import signal
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.venue_spot.world import node as start_node
from tests.support.ledger import differences

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.venue.processes import Node
    from tests.integration.venue_spot.world import SpotVenue


def _orders_and_fills(document: dict[str, Any], ledger: dict[str, Any]) -> list[str]:
    # Spot knows balances only; what upstream makes of fees in its own positions is not the venue's.
    return [line for line in differences(document, ledger) if not line.startswith("position ")]


def _amounts(balances: dict[str, str]) -> dict[str, Decimal]:
    return {asset: Decimal(amount) for asset, amount in balances.items()}


def _commissions(document: dict[str, Any]) -> dict[str, Decimal]:
    return {str(fill["trade_id"]): Decimal(fill["commission"]) for fill in document["fills"]}


def _of_filled_orders(errors: list[str], ledger: dict[str, Any]) -> list[str]:
    # The market may fill an order while its cancel is on the way; the venue then truthfully says so.
    filled = {str(order["order_id"]) for order in ledger["orders"] if order["status"] == "FILLED"}
    late = re.compile(r"Failed on cancel_order .*VenueOrderId\('(\d+)'\).*'code': -2011")
    return [line for line in errors if (found := late.search(line)) and found[1] in filled]


def _wait_for(reached: Callable[[], bool], node: Node) -> None:
    deadline = time.monotonic() + 90
    while not reached():
        assert time.monotonic() < deadline, node.log[-3000:]
        time.sleep(0.05)


@pytest.mark.slow
def test_upstreams_testers_agree_with_the_ledger(spot: SpotVenue, tmp_path: Path) -> None:
    """Upstream's data and execution testers do their whole sequence: cache and ledger are equal, nothing stays open."""
    run = start_node(spot, tmp_path, "testers", seconds=10).wait()
    ledger = spot.ledger()
    assert _orders_and_fills(run.report, ledger) == []
    assert _commissions(run.report) == _commissions(ledger)
    assert _amounts(run.report["balances"]) == _amounts(ledger["balances"])
    assert {order["symbol"] for order in ledger["orders"]} == {"BTCUSDT", "ETHUSDT", "DOGEUSDT"}
    assert {order["status"] for order in ledger["orders"]} <= {"CANCELED", "FILLED"}
    assert run.errors == _of_filled_orders(run.errors, ledger)
    for kind in ("OrderBookDeltas", "QuoteTick", "TradeTick", "OrderBook"):
        assert kind in run.log, kind
    assert run.exit_code == 0
    assert "Traceback" not in spot.log


@pytest.mark.nightly
def test_refused_orders_keep_their_reasons(spot: SpotVenue, tmp_path: Path) -> None:
    """Upstream tries taking post-only orders at every quote: each is known as such until there are too many."""
    run = start_node(spot, tmp_path, "refused", seconds=8).wait()
    assert spot.ledger()["orders"] == []
    assert "due_post_only=True" in run.log
    assert [line for line in run.errors if "-1015" not in line] == []


@pytest.mark.slow
def test_a_node_trades_every_way_it_can(spot: SpotVenue, tmp_path: Path) -> None:
    """Orders, fills, fees and balances equal the venue's after every command of the adapter."""
    run = start_node(spot, tmp_path, "trade", seconds=70).wait()
    assert run.report["failure"] is None, run.report["failure"] + run.log[-3000:]
    ledger = spot.ledger()
    assert _orders_and_fills(run.report, ledger) == []
    assert _commissions(run.report) == _commissions(ledger)
    assert [order["status"] for order in ledger["orders"]].count("NEW") == 1
    assert _amounts(run.report["balances"]) == _amounts(ledger["balances"])
    assert run.errors == []
    assert run.exit_code == 0
    assert "Traceback" not in spot.log


@pytest.mark.nightly
def test_a_node_survives_a_killed_venue(spot: SpotVenue, tmp_path: Path) -> None:
    """After kill -9 and a restart the order is still there, the session logs on again, and trading goes on."""
    node = start_node(spot, tmp_path, "survive", seconds=100)
    _wait_for(node.marker.exists, node)
    spot.stop(signal.SIGKILL)
    time.sleep(1)
    spot.resume()
    node.marker.unlink()
    run = node.wait()
    assert run.report["failure"] is None, run.report["failure"] + run.log[-3000:]
    ledger = spot.ledger()
    assert {order["status"] for order in ledger["orders"]} == {"FILLED", "CANCELED"}
    assert _orders_and_fills(run.report, ledger) == []
    assert run.exit_code == 0


@pytest.mark.slow
def test_a_node_finds_what_it_did_not_hear(spot: SpotVenue, tmp_path: Path) -> None:
    """A fill while the session was down is found after the logon, and a terminated stream is subscribed again."""
    run = start_node(spot, tmp_path, "gap", seconds=90).wait()
    assert run.report["failure"] is None, run.report["failure"] + run.log[-3000:]
    ledger = spot.ledger()
    assert _orders_and_fills(run.report, ledger) == []
    assert [order["status"] for order in ledger["orders"]] == ["FILLED", "FILLED"]
    assert run.exit_code == 0
    assert "Traceback" not in spot.log


@pytest.mark.nightly
def test_a_node_receives_bars_and_history(spot: SpotVenue, tmp_path: Path) -> None:
    """Trades, quotes, both kinds of book and a closed bar arrive, the book equals the quotes, history is answered."""
    run = start_node(spot, tmp_path, "observe", seconds=90).wait()
    assert run.report["failure"] is None, run.report["failure"] + run.log[-3000:]
    assert run.report["seen"]["bar"] >= 1
    assert run.errors == []


def test_a_session_wants_an_ed25519_key(spot: SpotVenue, tmp_path: Path) -> None:
    """With an HMAC secret the adapter cannot log on, as at the real venue, and says the venue's reason."""
    node = start_node(spot, tmp_path, "trade", seconds=30, customer=spot.hmac)
    try:
        _wait_for(lambda: "HMAC_SHA256 API key is not supported" in node.log, node)
    finally:
        node.kill()
    assert spot.ledger()["orders"] == []
