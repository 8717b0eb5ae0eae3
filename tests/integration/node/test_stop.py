"""The stop: policy applied and verified at the venue, state saved, and always an end, whoever misbehaves."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import MARKET_MAKER, PATIENT_MAKER, TRADER, eventually
from tests.support.ledger import differences
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Redis, Venue


def trading(node: Node, venue: Venue) -> None:
    """Starts the node and waits until it has an order at the venue and a position."""
    node.start().wait_ready()
    eventually(lambda: venue.open_orders() and holding(venue), seconds=40, what="an open order and a position")


def holding(venue: Venue) -> bool:
    """Tells whether the node's account holds a position."""
    return any(float(position["quantity"]) for position in venue.ledger()["positions"])


def stop(node: Node, seconds: float = 30.0) -> tuple[int, float]:
    """Sends SIGTERM and returns exit code and seconds."""
    asked = time.monotonic()
    node.signal(signal.SIGTERM)
    return node.wait_exit(seconds), time.monotonic() - asked


def test_keep_leaves_orders_and_the_next_start_takes_them_over(node: Node, venue: Venue) -> None:
    """With policy keep orders stay open at the venue; the next start owns them, and nothing is counted twice."""
    node.variables["SHUTDOWN_POLICY"] = "keep"
    node.strategies = [PATIENT_MAKER]
    node.start().wait_ready()
    eventually(lambda: len(venue.open_orders()) == 2, what="both quotes")
    code, _ = stop(node)
    assert code == 0
    kept = {order["client_order_id"] for order in venue.open_orders()}
    assert len(kept) == 2
    node.start().wait_ready()
    eventually(lambda: not differences(node.ask("dump"), venue.ledger()), what="node equals ledger")
    owners = {order["client_order_id"]: order["strategy_id"] for order in node.ask("dump")["orders"]}
    assert {owners[order] for order in kept} == {"MarketMaker-000"}


@pytest.mark.transition("STARTING", "CONNECTING")
@pytest.mark.transition("CONNECTING", "RECONCILING")
@pytest.mark.transition("RECONCILING", "RUNNING")
@pytest.mark.transition("RUNNING", "STOPPING")
def test_flatten_ends_without_orders_and_position(node: Node, venue: Venue) -> None:
    """With policy flatten nothing is open and nothing is held at the venue afterwards."""
    node.variables["SHUTDOWN_POLICY"] = "flatten"
    trading(node, venue)
    code, _ = stop(node)
    assert code == 0, node.log()[-2000:]
    assert venue.open_orders() == []
    assert not holding(venue)


def test_someone_elses_order_is_left_alone(node: Node, venue: Venue) -> None:
    """Policy cancel cancels what the strategies own, not an order that was placed by hand."""
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready()
    body = {"account": "node", "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.010"}
    price = venue.call("GET", "/admin/v1/state")["instruments"][0]["mark_price"]
    venue.call("POST", "/admin/v1/orders", {**body, "price": str(int(float(price) * 0.97)), "time_in_force": "GTC"})
    code, _ = stop(node)
    assert code == 0
    assert len(venue.open_orders()) == 1


def test_handler_that_raises_ends_with_71(node: Node) -> None:
    """An exception in a market data handler ends the node with 71 and names it, orders cancelled, state saved."""
    node.strategies = [MARKET_MAKER, misbehave("on_quote_tick")]
    node.start()
    assert node.wait_exit(40) == 71, node.log()[-2000:]
    assert "told to fail in on_quote_tick" in node.status_lines()[-1]


def test_queue_that_upstream_no_longer_serves_ends_with_70(node: Node) -> None:
    """A handler that raises CancelledError ends upstream's data queue without a word; the node ends and names it."""
    node.strategies = [misbehave("cancelled")]
    node.variables["READY_DATA_EXCEPT"] = "BTCUSDT-PERP.BINANCE"
    node.start()
    assert node.wait_exit(40) == 70, node.log()[-2000:]
    assert "no longer serves its queue of data" in node.status_lines()[-1]


@pytest.mark.parametrize(("at", "timer"), [("timer", "beat"), ("alert", "once"), ("on_event", "beat")])
def test_timer_that_raises_ends_with_71(node: Node, at: str, timer: str) -> None:
    """An exception in a timer's callback, of which upstream says nothing, is told whole and ends the node with 71."""
    node.strategies = [misbehave(at)]
    node.start()
    assert node.wait_exit(40) == 71, node.log()[-2000:]
    assert f"timer {timer} of Misbehave-900 raised: ValueError" in node.status_lines()[-1]
    raised, *_ = [line for line in map(json.loads, node.log().splitlines()) if line["event"] == "a handler raised"]
    assert raised["exception"][0]["exc_type"] == "ValueError"


def test_handler_that_raises_leaves_no_orders(node: Node, venue: Venue, redis: Redis) -> None:
    """The policy holds for an end by exception too, and strategy state is saved."""
    node.strategies = [MARKET_MAKER, misbehave("on_order")]
    node.start()
    assert node.wait_exit(60) == 71, node.log()[-2000:]
    assert venue.open_orders() == []
    assert redis.admin("EXISTS", f"trader-{TRADER}:strategies:MarketMaker-000:state") == "1"


@pytest.mark.parametrize("at", ["on_stop", "on_save"])
def test_stop_handler_that_raises_ends_with_71(node: Node, venue: Venue, redis: Redis, at: str) -> None:
    """An exception in on_stop or on_save, which hangs upstream for ever, is told, and everybody else stops clean."""
    node.strategies = [misbehave(at), MARKET_MAKER]
    node.start().wait_ready()
    eventually(venue.open_orders, what="an open order")
    code, seconds = stop(node)
    assert code == 71, node.log()[-2000:]
    assert seconds < 15 * PATIENCE
    assert f"Misbehave-900 raised in {at}" in node.status_lines()[-1]
    assert venue.open_orders() == []
    assert redis.admin("EXISTS", f"trader-{TRADER}:strategies:MarketMaker-000:state") == "1"


def test_strategy_state_survives_a_restart(node: Node, redis: Redis) -> None:
    """State saved at a stop is given to on_load; one that its strategy cannot read ends the start with 76."""
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready()
    assert stop(node)[0] == 0
    assert redis.admin("EXISTS", f"trader-{TRADER}:strategies:Misbehave-900:state") == "1"
    node.strategies = [misbehave("on_load")]
    node.start()
    assert node.wait_exit() == 76
    assert "told to fail in on_load" in node.status_lines()[-1]


def test_strategy_may_ask_for_the_end(node: Node) -> None:
    """A strategy that shuts the system down ends the node with 0: it stays down, and its reason is shown."""
    node.strategies = [misbehave("shutdown")]
    node.start()
    assert node.wait_exit(40) == 0
    assert "enough for today" in node.status_lines()[-1]


def test_redis_gone_at_the_stop_ends_by_the_deadline(node: Node, venue: Venue, redis: Redis) -> None:
    """Upstream's dispose waits for ever for a Redis that is gone; the process ends itself with 77, orders cancelled."""
    # Long enough that a busy machine has come to the last step, the one that hangs.
    node.variables["SHUTDOWN_TIMEOUT"] = "16"
    trading(node, venue)
    redis.stop()
    code, seconds = stop(node)
    assert code == 77, node.log()[-2000:]
    assert seconds < 20
    assert venue.open_orders() == []
    assert "Redis" in "\n".join(node.status_lines()[-2:])


def test_frozen_venue_at_the_stop_is_told(node: Node, venue: Venue) -> None:
    """Orders that cannot be cancelled in time are named, and the process ends with 77 inside SHUTDOWN_TIMEOUT."""
    trading(node, venue)
    venue.freeze()
    code, seconds = stop(node)
    assert code == 77
    assert seconds < 17
    assert "policy cancel not carried out" in node.status_lines()[-1]


def test_second_sigterm_hurries(node: Node, venue: Venue) -> None:
    """A second SIGTERM stops waiting for the venue."""
    node.variables["SHUTDOWN_TIMEOUT"] = "40"
    trading(node, venue)
    venue.freeze()
    node.signal(signal.SIGTERM)
    node.wait_for_status("cancelling open orders")
    node.signal(signal.SIGTERM)
    assert node.wait_exit(20) == 77


def test_blocked_loop_starves_the_watchdog_and_still_ends(node: Node) -> None:
    """A strategy that blocks the loop stops the watchdog's food; status says so; SIGTERM ends it by the deadline."""
    node.strategies = [misbehave("block")]
    node.variables["SHUTDOWN_TIMEOUT"] = "8"
    node.variables["READY_DATA_EXCEPT"] = "BTCUSDT-PERP.BINANCE"
    node.start().wait_ready()
    time.sleep(3)
    before = node.listen().count("WATCHDOG=1")
    time.sleep(2.5)
    assert node.listen().count("WATCHDOG=1") == before
    assert any("event loop has not answered" in reason for reason in node.ask("status")["reasons"])
    code, seconds = stop(node)
    assert code == 77
    assert seconds < 12


def test_watchdog_is_fed_by_the_loop(node: Node) -> None:
    """A healthy node feeds the watchdog three times per interval, and not before it is ready."""
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready()
    time.sleep(3.2)
    lines = node.listen()
    assert 3 <= lines.count("WATCHDOG=1") <= 5
    assert "WATCHDOG=1" not in lines[: lines.index("READY=1")]
    assert any(line.startswith("EXTEND_TIMEOUT_USEC=") for line in lines[: lines.index("READY=1")])
