"""Upstream's own execution tester trades on the venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.venue.processes import run_node
from tests.support.ledger import differences

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.venue.processes import Simvenue


def test_upstreams_exec_tester_agrees_with_the_ledger(simvenue: Simvenue, tmp_path: Path) -> None:
    """It opens, quotes and amends after the market, then cancels and closes; the ledger is equal and flat."""
    run = run_node(simvenue, tmp_path, "exec_tester", seconds=12)
    ledger = simvenue.ledger()
    assert differences(run.report, ledger) == []
    assert len(ledger["fills"]) >= 2, run.log[-3000:]
    assert [order for order in ledger["orders"] if order["status"] in {"NEW", "PARTIALLY_FILLED"}] == []
    assert run.report["positions"] == []
    # The market may fill an order while its amend or cancel is on the way; the venue then truthfully says so.
    races = ("'code': -2013", "'code': -2011")
    assert [line for line in run.errors if not any(code in line for code in races)] == []
    assert run.exit_code == 0
