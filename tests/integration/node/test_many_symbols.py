"""Hundreds of symbols with orders and positions: a start stays within the venue's request weight and misses nothing."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.conftest import where
from tests.integration.node.world import TRADER, Node, Redis, Venue, equal, eventually
from tests.support.big_cache import cache_in, fill_cache
from tests.support.big_venue import fill_ledger
from tests.support.holder import HOLDER, holder
from tests.support.many import placed, symbol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SYMBOLS = 170
_CALM_SECONDS = 20
HISTORIES = ("/fapi/v1/allOrders", "/fapi/v1/userTrades", "/fapi/v1/allAlgoOrders")


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Venue]:
    """A venue that counts request weight, where the account holds a position and a bid in each of many symbols."""
    requests = str(tmp_path / "requests.jsonl")
    process = Venue(
        tmp_path / "venue",
        invented=SYMBOLS,
        market={"kind": "synthetic", "seed": 7, "speed": 0.05},
        faults={"seed": 7, "request_log": requests},
    )
    process.directory.mkdir()
    fill_ledger(process.directory / "binance_futures.sqlite", "node", placed(orders=SYMBOLS, positions=SYMBOLS))
    try:
        yield process.start()
    finally:
        process.stop()


@pytest.fixture
def node(redis: Redis, venue: Venue, variables: dict[str, str], tmp_path: Path) -> Iterator[Node]:
    """A node for all these symbols, not started yet."""
    names = ["BTCUSDT", *(symbol(number) for number in range(SYMBOLS))]
    ids = ",".join(f"{name}-PERP.BINANCE" for name in names)
    patience = {"NAUTILUS_TIMEOUT_RECONCILIATION": "180", "READY_TIMEOUT": "240", "SHUTDOWN_POLICY": "keep"}
    patience |= {"NAUTILUS_TIMEOUT_PORTFOLIO": "60", "NAUTILUS_TIMEOUT_CONNECTION": "60"}
    said = {**variables, **where(redis, venue.port), **patience, "BINANCE_INSTRUMENT_IDS": ids}
    process = Node(tmp_path / "node", said, strategies=[holder()])
    yield process
    process.stop()


def remember(redis: Redis) -> None:
    """Puts into Redis what the ledger holds, as the node would have written it."""
    with cache_in(redis.port, "admin", "admin", TRADER) as cache:
        fill_cache(cache, TRADER, HOLDER, placed(orders=SYMBOLS, positions=SYMBOLS))


def asked(tmp_path: Path) -> Counter[str]:
    """Counts the questions for the history of a symbol, by symbol; none may have been refused."""
    lines = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    assert {line["status"] for line in lines} <= {101, 200}
    return Counter(line["parameters"]["symbol"] for line in lines if line["path"] in HISTORIES)


def test_warm_start_asks_for_what_has_changed(node: Node, venue: Venue, redis: Redis, tmp_path: Path) -> None:
    """Of many symbols only the one that was traded meanwhile is asked for, and its fill is there."""
    remember(redis)
    order = {"account": "node", "symbol": symbol(3), "side": "BUY", "type": "MARKET", "quantity": "0.10"}
    venue.call("POST", "/admin/v1/orders", order)
    node.start(WATCHDOG_USEC="30000000").wait_ready(100)
    assert equal(node, venue) == []
    assert set(asked(tmp_path)) == {symbol(3)}
    assert len(node.ask("status")["positions"]) == SYMBOLS
    # Nobody subscribed to these symbols, so their positions have no price.
    assert "numbers could not be read" not in node.log()


def test_difference_costs_little_weight(node: Node, venue: Venue, redis: Redis, tmp_path: Path) -> None:
    """A fill that nobody heard is asked for in its symbol alone, and a difference that lasts is looked at calmly."""
    remember(redis)
    node.variables |= {"RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": "5", "HEALTH_COMPARE_INTERVAL": "10"}
    node.start(WATCHDOG_USEC="30000000").wait_ready(100)
    before = asked(tmp_path)
    # An order that the node does not know, and will not hear of: upstream cannot book its fill before a restart.
    venue.call("POST", "/admin/v1/faults", {"kind": "drop_event", "event": "ORDER_TRADE_UPDATE"})
    order = {"account": "node", "symbol": symbol(5), "side": "BUY", "type": "MARKET", "quantity": "0.10"}
    venue.call("POST", "/admin/v1/orders", order)
    eventually(lambda: symbol(5) in asked(tmp_path) - before, seconds=60, what="a check asks for the fill")
    eventually(lambda: node.ask("status")["state"] == "DEGRADED", seconds=60, what="the difference is shown")
    begun = looks(tmp_path)
    time.sleep(_CALM_SECONDS)
    assert set(asked(tmp_path) - before) == {symbol(5)}
    # Of these, upstream's own check of open orders makes one every ten seconds.
    assert looks(tmp_path) - begun <= _CALM_SECONDS / 10 * 2 + 1


def looks(tmp_path: Path) -> int:
    """Counts the questions for all open orders."""
    return (tmp_path / "requests.jsonl").read_text().count('"/fapi/v1/openOrders"')


@pytest.mark.nightly
def test_cold_start_waits_for_the_venues_next_minute(node: Node, venue: Venue, tmp_path: Path) -> None:
    """With an empty Redis every symbol is asked for, over several minutes, and nothing is refused."""
    node.start(WATCHDOG_USEC="30000000").wait_ready(100)
    assert "waiting for the venue's next minute" in node.log()
    assert len(asked(tmp_path)) == SYMBOLS
    assert equal(node, venue) == []
