"""The venue dies under a trading node and comes back on its ledger."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.venue.processes import Node
from tests.support.ledger import differences

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.venue.processes import Simvenue


@pytest.mark.slow
def test_a_node_survives_a_killed_venue(simvenue: Simvenue, tmp_path: Path) -> None:
    """After kill -9 and a restart the resting order is still there, streams come back, and trading goes on."""
    node = Node(simvenue, tmp_path, "survive", seconds=100, customer=simvenue.customer)
    deadline = time.monotonic() + 90
    while not node.marker.exists():
        assert time.monotonic() < deadline, node.log[-3000:]
        time.sleep(0.05)
    simvenue.stop(signal.SIGKILL)
    time.sleep(1)
    simvenue.resume()
    node.marker.unlink()
    run = node.wait()
    assert run.report["failure"] is None, run.report["failure"] + run.log[-3000:]
    ledger = simvenue.ledger()
    assert {order["status"] for order in ledger["orders"]} == {"FILLED", "CANCELED"}
    assert differences(run.report, ledger) == []
    assert run.exit_code == 0
