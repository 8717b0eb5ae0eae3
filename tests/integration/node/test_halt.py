"""An operator's acts on a running node: halt, resume, flatten, strategies, reconcile; each is recorded."""

from __future__ import annotations

import getpass
import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.misbehave import rash
from tests.integration.node.world import MARKET_MAKER, PATIENT_MAKER, eventually
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

RESTING = {
    **PATIENT_MAKER,
    "config": {**PATIENT_MAKER["config"], "external_order_claims": None, "order_id_tag": "001"},
}
BUSY = {**MARKET_MAKER, "config": {**MARKET_MAKER["config"], "half_spread_bps": 2, "requote_bps": 0.1}}


@pytest.fixture
def trading(node: Node, venue: Venue) -> Node:
    """A node that quotes all the time, with orders at the venue."""
    node.strategies = [BUSY]
    node.start().wait_ready()
    eventually(venue.open_orders, what="orders at the venue")
    return node


@pytest.mark.transition("RUNNING", "HALTED")
@pytest.mark.transition("RECONCILING", "HALTED")
def test_halt_empties_the_venue_within_a_second_and_outlives_the_process(node: Node, venue: Venue) -> None:
    """Under load no order is left a second after the command; a killed and restarted node is still halted."""
    trading = node
    # One cancels its quotes all the time by itself, the other's rest until somebody cancels them.
    trading.strategies = [BUSY, RESTING]
    trading.start().wait_ready()
    eventually(lambda: len(venue.open_orders()) > 2, what="orders of both at the venue")
    began = time.monotonic()
    answer = trading.act("halt", "--why", "test")
    took = time.monotonic() - began
    assert venue.open_orders() == []
    assert answer["halted"] is True
    assert answer["seconds"] < 1 * PATIENCE, f"the node says {answer['seconds']} s, the whole command took {took:.2f} s"
    sent = len(venue.ledger()["orders"])
    time.sleep(2)
    assert len(venue.ledger()["orders"]) == sent
    assert trading.ask("status")["state"] == "HALTED"
    assert f"halted by {getpass.getuser()}" in trading.ask("status")["reasons"][0]
    trading.kill()
    trading.start().wait_ready()
    assert trading.ask("status")["state"] == "HALTED"
    time.sleep(2)
    assert len(venue.ledger()["orders"]) == sent


def test_halt_holds_what_the_risk_engine_does_not_see(node: Node, venue: Venue) -> None:
    """Orders that are past upstream's risk engine when a node is halted, or never come there, do not leave either."""
    node.strategies = [rash()]
    node.start().wait_ready()
    eventually(venue.open_orders, what="orders at the venue")
    node.act("halt", "--why", "test")
    assert venue.open_orders() == []
    sent = len(venue.ledger()["orders"])
    eventually(lambda: "OrderDenied(" in node.log(), what="an order that was held")
    assert len(venue.ledger()["orders"]) == sent
    assert venue.open_orders() == []


@pytest.mark.transition("HALTED", "RUNNING")
def test_resume_lets_the_node_trade_again(trading: Node, venue: Venue) -> None:
    """After resume the strategies' orders reach the venue again, and the state says so."""
    trading.act("halt", "--why", "test")
    trading.act("resume", "--why", "all clear")
    assert trading.ask("status")["state"] == "RUNNING"
    eventually(venue.open_orders, what="orders at the venue again")


def test_flatten_leaves_nothing(trading: Node, venue: Venue) -> None:
    """Every order is cancelled and every position closed, and the node stays halted."""
    venue.call(
        "POST",
        "/admin/v1/orders",
        {"account": "other", "symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.005"},
    )
    eventually(lambda: trading.ask("status")["positions"], what="a position")
    assert trading.act("flatten", "--why", "test") == {"halted": True, "flat": True}
    assert venue.open_orders() == []
    assert [p for p in venue.ledger()["positions"] if float(p["quantity"])] == []
    assert trading.ask("status")["state"] == "HALTED"


def test_strategy_can_be_stopped_and_go_on(trading: Node, venue: Venue) -> None:
    """A stopped strategy has no order at the venue and sends none, whenever it is stopped; started again it quotes."""
    strategy = trading.ask("strategies")[0]["id"]
    for _ in range(3):
        assert trading.act("stop-strategy", strategy, "--why", "test")["state"] == "STOPPED"
        assert venue.open_orders() == []
        time.sleep(0.5)
        assert venue.open_orders() == []
        assert trading.act("start-strategy", strategy, "--why", "test")["state"] == "RUNNING"
        eventually(venue.open_orders, what="orders at the venue again")
    assert "no strategy Nobody-000" in trading.refused("stop-strategy", "Nobody-000", "--why", "test")


def test_strategy_that_goes_on_quotes_both_sides(node: Node, venue: Venue) -> None:
    """Quotes that were cancelled while their strategy was stopped, which it is not told, are placed anew."""
    node.strategies = [PATIENT_MAKER]
    node.start().wait_ready()
    for _ in range(2):
        eventually(lambda: len(venue.open_orders()) == 2, what="both quotes")
        node.act("stop-strategy", "MarketMaker-000", "--why", "test")
        assert venue.open_orders() == []
        node.act("start-strategy", "MarketMaker-000", "--why", "test")


def test_reconcile_now_finds_nothing_to_do(trading: Node, venue: Venue) -> None:
    """A reconciliation of a node that equals the venue changes nothing."""
    venue.call("POST", "/admin/v1/market/pause")
    time.sleep(1)
    fills = trading.ask("status")["fills"]
    answer = trading.act("reconcile-now", "--why", "test")
    assert (answer["reconciled"], answer["after"]) == (True, [])
    assert trading.ask("status")["fills"] == fills


def test_acts_are_recorded(trading: Node) -> None:
    """Every act, also a refused one, is a line with who, when, why and how it ended."""
    trading.act("halt", "--why", "first")
    trading.refused("stop-strategy", "Nobody-000", "--why", "second")
    lines = [json.loads(line) for line in (trading.directory / "acts.jsonl").read_text().splitlines()]
    assert [(line["act"], line["why"], line["who"]) for line in lines] == [
        ("halt", "first", getpass.getuser()),
        ("stop-strategy", "second", getpass.getuser()),
    ]
    assert "refused" in lines[1]["outcome"]


def test_halt_needs_a_reason(trading: Node) -> None:
    """Without --why nothing happens."""
    assert "--why" in trading.refused("halt")
    assert trading.ask("status")["state"] == "RUNNING"
