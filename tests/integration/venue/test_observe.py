"""The real adapter reads every kind of market data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.venue.processes import run_node

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.venue.processes import Simvenue


def test_a_node_receives_all_market_data(simvenue: Simvenue, tmp_path: Path) -> None:
    """Trades, quotes, book deltas and a closed bar arrive, the book equals the quotes, history can be asked for."""
    run = run_node(simvenue, tmp_path, "observe", seconds=90)
    assert run.report["failure"] is None, run.report["failure"] + run.log[-3000:]
    assert run.report["seen"]["bar"] >= 1
    assert run.errors == []
    assert run.exit_code == 0
    assert "Traceback" not in simvenue.log
