"""Upstream's own testers, unmodified, side by side on one venue: all data, all orders, both kinds of keys."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.venue.processes import Customer, Node, NodeRun, Simvenue
from tests.support.ledger import differences

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

# The market may fill an order while its amend or cancel is on the way; the venue then truthfully says so.
RACES = re.compile(r"'code': -20(11|13)|Error on applying Order\w+Rejected|^Traceback")
CUSTOMERS = {
    "limits": Customer.hmac("limits"),
    # Signs with Ed25519, so that the node asks for its user stream over the WebSocket API.
    "stops": Customer.ed25519("stops"),
    "brackets": Customer.hmac("brackets"),
}


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simvenue]:
    """A venue with a customer for each node."""
    # The limits are an address's, and on a testnet each of these nodes would have its own.
    venue = Simvenue.start(tmp_path_factory.mktemp("testers"), others=tuple(CUSTOMERS.values()), rate_limits=False)
    yield venue
    venue.stop()


@pytest.fixture(scope="module")
def observing(venue: Simvenue) -> Iterator[Node]:
    """A node that watches while the others trade: it waits for the end of a minute's bar."""
    node = Node(venue, venue.directory, "observe", seconds=90, customer=venue.customer)
    yield node
    node.kill()


@pytest.fixture(scope="module")
def runs(venue: Simvenue, observing: Node) -> dict[str, NodeRun]:
    """The nodes that traded, two at a time."""
    assert not observing.ended

    def run(name: str) -> NodeRun:
        return Node(venue, venue.directory, name, seconds=18, customer=CUSTOMERS[name]).wait()

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(CUSTOMERS, pool.map(run, CUSTOMERS), strict=True))


def _sent(report: dict[str, Any]) -> dict[str, Any]:
    # What upstream holds back to emulate it never reaches a venue.
    return report | {"orders": [order for order in report["orders"] if order["venue_order_id"] != "None"]}


def _overtaken(ledger: dict[str, Any]) -> set[str]:
    # The market may fill an order that is being cancelled at the stop, just when the position is being closed.
    end = max(order["updated_ms"] for order in ledger["orders"])
    closing = {
        order["order_id"] for order in ledger["orders"] if order["type"] == "MARKET" and order["triggered_ms"] is None
    }
    late = [fill for fill in ledger["fills"] if fill["time"] >= end - 2000 and fill["order_id"] not in closing]
    return {f"{fill['symbol']}-PERP.BINANCE" for fill in late}


def _settled(ledger: dict[str, Any]) -> list[dict[str, Any]]:
    # Upstream's tester cancels at its stop what is open: one that was on its way in that moment is left over.
    end = max(order["updated_ms"] for order in ledger["orders"])
    return [order for order in ledger["orders"] if order["status"] != "NEW" or order["created_ms"] < end - 1000]


@pytest.mark.parametrize("name", CUSTOMERS)
def test_exec_testers_agree_with_the_ledger(venue: Simvenue, runs: dict[str, NodeRun], name: str) -> None:
    """They open, quote, amend, trigger, cancel and close; every order, fill and position equals the ledger's, flat."""
    run, ledger = runs[name], venue.ledger(name)
    assert differences(_sent(run.report), ledger) == []
    assert {position["instrument_id"] for position in run.report["positions"]} <= _overtaken(ledger)
    assert {order["status"] for order in _settled(ledger)} <= {"FILLED", "CANCELED", "EXPIRED"}
    assert [line for line in run.errors if not RACES.search(line)] == []
    assert run.exit_code == 0


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("limits", {"MARKET", "LIMIT"}),
        (
            "stops",
            {"STOP_MARKET", "STOP_LIMIT", "MARKET_IF_TOUCHED", "LIMIT_IF_TOUCHED", "TRAILING_STOP_MARKET", "MARKET"},
        ),
        # An emulated limit order is sent as a market order once its price is there.
        ("brackets", {"MARKET", "STOP_MARKET"}),
    ],
)
def test_exec_testers_used_every_kind_of_order(runs: dict[str, NodeRun], name: str, kinds: set[str]) -> None:
    """Each kind was sent, and of those that wait near the market some were filled and some cancelled."""
    orders = _sent(runs[name].report)["orders"]
    assert {order["type"] for order in orders} >= kinds
    assert {order["status"] for order in orders} >= {"FILLED", "CANCELED"}


def test_a_signed_session_opens_the_user_stream(venue: Simvenue, runs: dict[str, NodeRun]) -> None:
    """The node with the Ed25519 key logged on to the WebSocket API and got its events from there on."""
    assert "session.logon" in runs["stops"].log or "Session authenticated" in runs["stops"].log
    assert runs["stops"].report["fills"]
    assert "Traceback" not in venue.log


def test_a_node_receives_all_market_data(runs: dict[str, NodeRun], observing: Node) -> None:
    """Trades, quotes, books, marks and a closed bar arrive, the book equals the quotes, history can be asked for."""
    assert runs
    run = observing.wait()
    assert run.report["failure"] is None, run.report["failure"] + run.log[-3000:]
    assert run.report["seen"]["bar"] >= 1
    for kind in ("QuoteTick(", "TradeTick(", "MarkPriceUpdate(", "Historical TradeTick", "Historical BinanceBar"):
        assert re.search(rf"DataTester: .*{re.escape(kind)}", run.log), kind
    assert run.errors == []
    assert run.exit_code == 0
