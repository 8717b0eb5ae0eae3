"""Runs the node process to its end and keeps what it left."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.integration.node.world import API_KEY, API_SECRET

if TYPE_CHECKING:
    from tests.integration.node.world import Venue

REPOSITORY = Path(__file__).resolve().parents[3]
# Generous: several start side by side, and one that is waited for costs nothing.
STARTS_AND_STOPS = 150.0


@dataclass(frozen=True, slots=True)
class NodeRun:
    """What a node process left: its report, its log, its exit code."""

    report: dict[str, Any]
    log: str
    exit_code: int

    @property
    def errors(self) -> list[str]:
        """The log lines that upstream marks as errors."""
        return [line for line in self.log.splitlines() if "[ERROR]" in line or "Traceback" in line or "panic" in line]


def run_node(
    venue: Venue,
    directory: Path,
    product: str,
    *,
    seconds: float,
    tester: dict[str, Any],
    hedge: bool = False,
) -> NodeRun:
    """Run both of upstream's testers for a time.

    Args:
        venue: Where.
        directory: For settings, log and report.
        product: LINEAR or SPOT.
        seconds: How long the node runs.
        tester: Settings of upstream's ExecTester.
        hedge: Whether the node sets and uses two positions per contract.
    """
    report, log = directory / "report.json", directory / "node.log"
    settings = {
        "product": product,
        "seconds": seconds,
        "tester": tester,
        "hedge": hedge,
        "port": venue.port,
        "report": str(report),
        "api_key": API_KEY,
        "api_secret": API_SECRET,
    }
    settings_file = directory / "settings.json"
    settings_file.write_text(json.dumps(settings), encoding="utf-8")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.venue_bybit.node_process", str(settings_file)],
            cwd=REPOSITORY,
            stdout=output,
            stderr=output,
        )
    try:
        process.wait(seconds + STARTS_AND_STOPS)
    finally:
        process.kill()
        process.wait()
    text = log.read_text(encoding="utf-8", errors="replace")
    assert report.exists(), text[-4000:]
    return NodeRun(json.loads(report.read_text(encoding="utf-8")), text, process.returncode)
