"""Faults reach the unmodified adapter in a real node, and do to it what they are known to do."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import API_KEY, API_SECRET
from tests.integration.venue.processes import REPOSITORY, Simvenue, run_node
from tests.integration.venue_bybit.world import bybit_venue
from tests.support.patience import PATIENCE

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


@pytest.mark.nightly
def test_a_node_at_bybit_suffers_what_is_known(tmp_path: Path) -> None:
    """Lost acknowledgements are healed by the order topic, an order behind an error lives on, sockets come back."""
    venue = bybit_venue(tmp_path / "venue")
    report, log = tmp_path / "report.json", tmp_path / "node.log"
    settings = {
        "product": "LINEAR",
        "port": venue.port,
        "admin": f"http://127.0.0.1:{venue.admin_port}",
        "account": "node",
        "report": str(report),
        "api_key": API_KEY,
        "api_secret": API_SECRET,
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "tests.integration.faults.bybit_node_process", str(tmp_path / "settings.json")]
    try:
        with log.open("wb") as output:
            subprocess.run(
                command, stdout=output, stderr=output, cwd=REPOSITORY, timeout=50 + 60 * PATIENCE, check=False
            )
        assert report.exists(), log.read_text()[-4000:]
        failure = json.loads(report.read_text())["failure"]
        assert failure is None, failure + log.read_text()[-4000:]
    finally:
        venue.stop()
