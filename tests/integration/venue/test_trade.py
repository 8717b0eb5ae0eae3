"""The real adapter trades: every command, then a cold restart, and the venue's ledger as the judge of both."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.venue.processes import run_node
from tests.support.ledger import differences

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.venue.processes import Simvenue


def _commissions(document: dict[str, Any]) -> dict[str, Decimal]:
    return {str(fill["trade_id"]): Decimal(fill["commission"]) for fill in document["fills"]}


@pytest.mark.slow
def test_a_node_trades_and_finds_everything_again(simvenue: Simvenue, tmp_path: Path) -> None:
    """Orders, fills, fees and position equal the ledger after trading, and again in a node that starts with nothing."""
    traded = run_node(simvenue, tmp_path, "trade", seconds=60)
    assert traded.report["failure"] is None, traded.report["failure"] + traded.log[-3000:]
    ledger = simvenue.ledger()
    assert differences(traded.report, ledger) == []
    assert _commissions(traded.report) == _commissions(ledger)
    assert [order["status"] for order in ledger["orders"]].count("NEW") == 1
    assert traded.errors == []
    assert traded.exit_code == 0

    resumed = run_node(simvenue, tmp_path, "resume", seconds=30)
    assert resumed.report["failure"] is None, resumed.report["failure"] + resumed.log[-3000:]
    ledger = simvenue.ledger()
    assert [order["status"] for order in ledger["orders"]].count("NEW") == 0
    assert differences(resumed.report, ledger) == []
    assert _commissions(resumed.report) == _commissions(ledger)
    (position,) = resumed.report["positions"]
    assert Decimal(position["quantity"]) == Decimal(ledger["positions"][0]["quantity"])
    assert resumed.errors == []
    assert "Traceback" not in simvenue.log
