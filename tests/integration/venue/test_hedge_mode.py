"""A real node on an account in hedge mode."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.integration.venue.processes import run_node
from tests.integration.venue.sdk import sdk
from tests.support.ledger import differences

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.venue.processes import Simvenue


@pytest.mark.nightly
def test_a_node_trades_both_position_sides(simvenue: Simvenue, tmp_path: Path) -> None:
    """Long and short stand side by side, are closed on their own, and equal the ledger with no line of error."""
    sdk(simvenue).rest_api.change_position_mode("true")
    run = run_node(simvenue, tmp_path, "hedge", seconds=60)
    assert run.report["failure"] is None, run.report["failure"] + run.log[-3000:]
    ledger = simvenue.ledger()
    assert differences(run.report, ledger) == []
    held = {position["position_side"]: Decimal(position["quantity"]) for position in ledger["positions"]}
    assert held == {"LONG": Decimal("0.050"), "SHORT": Decimal(0)}
    assert run.errors == []
    assert run.exit_code == 0
    assert "Traceback" not in simvenue.log
