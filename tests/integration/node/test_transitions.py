"""Every transition of the state machine is reached by a test that causes it for real."""

from __future__ import annotations

import ast
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from noderun.states import MAY_FOLLOW
from tests.integration.node.test_degraded import QUICK
from tests.integration.node.world import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.node.world import Node, Venue


def marked() -> Iterator[tuple[str, str]]:
    """Yields the transitions that tests here are marked with; what a mark promises is checked after its test."""
    for path in Path(__file__).parent.glob("test_*.py"):
        for test in ast.parse(path.read_text()).body:
            for mark in test.decorator_list if isinstance(test, ast.FunctionDef) else ():
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.transition":
                    before, after = map(ast.literal_eval, mark.args)
                    yield before, after


def test_every_transition_is_reached_and_no_other() -> None:
    """The table of transitions holds those that tests cause, and none that nobody has seen."""
    assert set(marked()) == {(before.value, after.value) for before, row in MAY_FOLLOW.items() for after in row}


def _two_troubles(node: Node) -> dict[str, Any] | None:
    status: dict[str, Any] = node.ask("status")
    return status if any(reason.startswith("no ") for reason in status["reasons"][1:]) else None


@pytest.mark.slow
@pytest.mark.transition("DEGRADED", "HALTED")
@pytest.mark.transition("HALTED", "DEGRADED")
@pytest.mark.transition("HALTED", "STOPPING")
def test_halt_hides_no_trouble(node: Node, venue: Venue) -> None:
    """A node that is halted while it is DEGRADED tells both, is DEGRADED again when resumed, and stops when halted."""
    node.variables |= QUICK
    node.start().wait_ready()
    venue.call("POST", "/admin/v1/market/pause")
    node.wait_for_status("DEGRADED: no ", seconds=20)
    node.act("halt", "--why", "test")
    # What the halt cancels changes the book: quotes are fresh for a moment.
    status = eventually(lambda: _two_troubles(node), what="the halt does not hide the want of data")
    assert status["state"] == "HALTED"
    assert "halted by" in status["reasons"][0]
    node.act("resume", "--why", "test")
    eventually(lambda: node.ask("status")["state"] == "DEGRADED", what="the want of data is left")
    node.act("halt", "--why", "test")
    venue.call("POST", "/admin/v1/market/resume")
    eventually(lambda: len(node.ask("status")["reasons"]) == 1, what="only the halt is left")
    node.signal(signal.SIGTERM)
    assert node.wait_exit() == 0
