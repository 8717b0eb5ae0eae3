"""The service trades on Bybit as it does on Binance: what it believes is the venue's ledger, also after a kill."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.test_trade import fills
from tests.integration.node.world import API_KEY, API_SECRET, equal, eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

pytestmark = pytest.mark.slow


def test_trades_and_survives_a_kill(node: Node, venue: Venue) -> None:
    """A node becomes READY, is filled, is killed, comes back by itself and equals the ledger before and after."""
    node.start().wait_ready()
    fills(venue, 3)
    assert equal(node, venue) == []
    status = node.ask("status")
    assert status["reconciled"] is True
    assert status["venues"] == [{"name": "BYBIT", "connected": True}]

    node.signal(signal.SIGKILL)
    assert node.wait_exit() == -signal.SIGKILL
    before = len(venue.ledger()["fills"])
    node.start().wait_ready()
    fills(venue, before + 2)
    assert equal(node, venue) == []
    eventually(lambda: node.ask("status")["fills"] >= 2, what="fills after the restart are counted")

    node.signal(signal.SIGTERM)
    assert node.wait_exit() == 0
    assert venue.open_orders() == []
    log = node.log()
    assert [line for line in log.splitlines() if "ERROR" in line] == []
    for secret in (API_KEY, API_SECRET):
        assert secret not in log
