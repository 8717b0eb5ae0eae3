"""The service trades: READY means trading, and what it believes is what the venue's ledger holds."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.integration.node.world import API_KEY, API_SECRET, REDIS_PASSWORD, equal, eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue


def fills(venue: Venue, count: int) -> None:
    """Waits until the ledger holds that many fills of the node."""
    eventually(lambda: len(venue.ledger()["fills"]) >= count, seconds=40, what=f"{count} fills")


def test_trades_and_survives_a_kill(node: Node, venue: Venue) -> None:
    """A node becomes READY, is filled, is killed, comes back by itself and equals the ledger before and after."""
    seconds = node.start().wait_ready()
    print(f"start to READY: {seconds:.2f} s")
    fills(venue, 3)
    assert equal(node, venue) == []
    status = node.ask("status")
    assert status["state"] == "RUNNING"
    assert status["reconciled"] is True
    assert status["venues"] == [{"name": "BINANCE", "connected": True}]
    assert [strategy["state"] for strategy in status["strategies"]] == ["RUNNING"]
    assert status["fills"] >= 3
    assert status["redis"]["aof_enabled"] is True

    node.signal(signal.SIGKILL)
    assert node.wait_exit() == -signal.SIGKILL
    before = len(venue.ledger()["fills"])
    seconds = node.start().wait_ready()
    print(f"warm start to READY: {seconds:.2f} s")
    fills(venue, before + 2)
    assert equal(node, venue) == []

    node.signal(signal.SIGTERM)
    assert node.wait_exit() == 0
    assert venue.open_orders() == []
    assert "STOPPING=1" in node.listen()
    for secret in (API_KEY, API_SECRET, REDIS_PASSWORD):
        assert secret not in node.log()
        assert secret not in "\n".join(node.listen())
