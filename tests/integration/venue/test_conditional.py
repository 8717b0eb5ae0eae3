"""A real node's conditional orders, one after another, with the market moved to fire them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.venue.processes import run_node
from tests.support.ledger import differences

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.venue.processes import Simvenue


@pytest.mark.nightly
def test_conditional_orders_wait_fire_and_go_on(simvenue: Simvenue, tmp_path: Path) -> None:
    """All five kinds wait and fire, limit ones are amended after that, one closes a whole position; the ledger agrees.

    A node that starts with nothing then finds position and waiting stop again, and cancels the stop.
    """
    run = run_node(simvenue, tmp_path, "conditional", seconds=60)
    assert run.report["failure"] is None, run.report["failure"] + run.log[-3000:]
    ledger = simvenue.ledger()
    assert differences(run.report, ledger) == []
    assert [order["status"] for order in ledger["orders"]].count("UNTRIGGERED") == 1
    assert run.errors == []
    assert run.exit_code == 0

    resumed = run_node(simvenue, tmp_path, "resume", seconds=30)
    assert resumed.report["failure"] is None, resumed.report["failure"] + resumed.log[-3000:]
    ledger = simvenue.ledger()
    assert "UNTRIGGERED" not in {order["status"] for order in ledger["orders"]}
    assert [position["quantity"] for position in resumed.report["positions"]] == ["0.040"]
    assert resumed.errors == []
    assert "Traceback" not in simvenue.log
