"""The operator's guide knows everything the service can say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from noderun.control.protocol import Command
from noderun.states import Exit, State
from noderun.watch.conditions import Subject

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def guide(repository: Path) -> str:
    """The text of the guide."""
    return (repository / "docs/operations.md").read_text()


@pytest.mark.parametrize("row", [*State, *Subject, *(str(int(code)) for code in Exit)])
def test_every_state_subject_and_exit_code_has_its_row(guide: str, row: str) -> None:
    """Each is the first cell of a row."""
    assert f"\n| {row} | " in guide


@pytest.mark.parametrize("command", Command)
def test_every_command_is_explained(guide: str, command: Command) -> None:
    """Each stands in the table of commands."""
    assert re.search(rf"\n\| `noderun [^|]*\b{command}\b", guide)


def test_every_metric_is_explained(guide: str, repository: Path) -> None:
    """Each name in the code has a row in the guide, alarms name no other; counters with their ending."""
    code = (repository / "noderun/metrics.py").read_text()
    gauges = set(re.findall(r'_gauge\(\s*"(tradingnode_\w+)"', code))
    counters = {f"{name}_total" for name in re.findall(r'(?:_counter|Counter)\(\s*"(tradingnode_\w+)"', code)}
    histograms = set(re.findall(r'Histogram\(\s*"(tradingnode_\w+)"', code))
    assert len(gauges) > 20
    cells = " ".join(re.findall(r"^\| ([^|]*)", guide, re.MULTILINE))
    assert set(re.findall(r"`(tradingnode_\w+)`", cells)) == gauges | counters | histograms
    named = {name.removesuffix("_bucket") for name in re.findall(r"tradingnode_\w+", cells)}
    assert named == gauges | counters | histograms
