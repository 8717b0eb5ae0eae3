"""Faults reach the unmodified adapter in a real node, and do to it what they are known to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.venue.processes import Simvenue, run_node

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_node_suffers_what_is_known(tmp_path: Path) -> None:
    """Lost answers are healed by events or checks, an order behind an error lives on as rejected, keys are renewed."""
    venue = Simvenue.start(tmp_path)
    try:
        run = run_node(venue, tmp_path, "suffering", seconds=60)
        assert run.report["failure"] is None, run.report["failure"] + run.log[-4000:]
        assert "Traceback" not in venue.log
    finally:
        venue.stop()
