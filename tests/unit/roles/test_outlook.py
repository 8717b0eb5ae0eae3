"""The look before a deploy: what would change is told without secrets, what is in the way is told with the fix."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.roles.conftest import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "canaryBinanceSecret0123456789"


@pytest.fixture
def look(run_module: Callable[[str, str, dict[str, Any]], dict[str, Any]], tmp_path: Path) -> Callable[..., Any]:
    """Runs the module on this machine, with a host's directories in a place of their own."""

    def run(**options: Any) -> dict[str, Any]:  # noqa: ANN401 - a module's options
        ours = {"root": str(tmp_path / "opt"), "generation": str(tmp_path / "current"), "unit": "no-such.service"}
        ours |= {"env_file": str(tmp_path / "main.env"), "env": "A='1'\n"}
        return run_module("tradingnode", "tradingnode_outlook", ours | options)

    return run


def test_a_bare_host_may_be_deployed(look: Callable[..., Any]) -> None:
    """Without a release there is nothing in the way, and every file is told as new."""
    found = look(env=f"BINANCE_API_SECRET='{SECRET}'\n")
    assert (found["release"], found["problems"], found["changed"]) == ("", [], False)
    assert found["changes"] == ["main.env: new"]


def test_settings_are_told_by_name_and_files_by_line(look: Callable[..., Any], tmp_path: Path) -> None:
    """Names of settings that come, go or change are told, their values never; strategies are told line by line."""
    env, strategies = tmp_path / "main.env", tmp_path / "main.strategies.yaml"
    env.write_text(f"A='1'\nBINANCE_API_SECRET='{SECRET}'\nOLD='x'\n")
    strategies.write_text("strategies:\n- order_qty: '1'\n")
    new = f"A='1'\nBINANCE_API_SECRET='{SECRET}new'\nNEW='y'\n"
    found = look(env=new, files=[{"path": str(strategies), "text": "strategies:\n- order_qty: '2'\n"}])
    assert found["changes"] == [
        "main.env: NEW added; OLD removed; BINANCE_API_SECRET changed",
        "main.strategies.yaml: -- order_qty: '1'",
        "main.strategies.yaml: +- order_qty: '2'",
    ]
    assert SECRET not in str(found)


def test_the_same_files_are_no_change(look: Callable[..., Any], tmp_path: Path) -> None:
    """What is there already is not told."""
    (tmp_path / "main.env").write_text("A='1'\n")
    assert look(files=[{"path": str(tmp_path / "none.yaml")}])["changes"] == []


def test_the_release_in_use_is_named(look: Callable[..., Any], tmp_path: Path) -> None:
    """The release is the one that the running generation leads to."""
    (tmp_path / "releases/1.0-abc").mkdir(parents=True)
    (tmp_path / "current").mkdir()
    (tmp_path / "current/release").symlink_to(tmp_path / "releases/1.0-abc")
    assert look()["release"] == "1.0-abc"


def test_a_full_disk_is_refused(look: Callable[..., Any]) -> None:
    """Too little space is told once per file system, with how much there is and how much is needed."""
    (problem,) = {line.split(" has ")[1].split(" MB free")[1] for line in look(least_free_mb=10**9)["problems"]}
    assert problem == ", a deploy needs 1000000000 MB: make room"


@pytest.mark.parametrize("ahead", [-30.0, 120.0])
def test_a_wrong_clock_is_refused(look: Callable[..., Any], ahead: float) -> None:
    """A host whose clock is far from the controller's is not deployed."""
    problems = look(controller_time=time.time() - ahead)["problems"]
    assert any("away from the controller's" in problem for problem in problems)


def test_a_clock_that_is_right_is_accepted(look: Callable[..., Any]) -> None:
    """The seconds a module is on its way are no offset."""
    assert look(controller_time=time.time() - 5)["problems"] == []


def test_lines_for_people(repository: Path) -> None:
    """What runs, what is held, what is worth knowing and what would change, a host at a time."""
    lines = load(repository / "plugins/filter/outlook_lines.py").outlook_lines(
        ["one", "two", "three"],
        [
            {"release": "1.0-abc", "notes": ["waits for a reboot (libc6)"], "changes": ["main.env: A added"]},
            {"release": "", "notes": [], "changes": []},
            {"release": "1.0-abc", "notes": [], "changes": []},
        ],
        [
            {
                "ready": True,
                "unit": {"ActiveState": "active"},
                "node": {
                    "state": "RUNNING",
                    "orders_open": 2,
                    "positions": [{"instrument_id": "BTCUSDT-PERP.BINANCE", "quantity": "-0.010"}],
                },
            },
            {"ready": False, "unit": {"ActiveState": "inactive"}, "reason": "is not installed"},
            {"ready": False, "unit": {"ActiveState": "failed"}, "node": None, "reason": "75 Redis not available"},
        ],
    )
    assert lines == [
        "one: RUNNING, release 1.0-abc; holds BTCUSDT-PERP.BINANCE -0.010, 2 open orders",
        "  note: waits for a reboot (libc6)",
        "  main.env: A added",
        "two: nothing deployed yet",
        "three: failed, release 1.0-abc; positions unknown, the node does not answer",
        "  not READY before the deploy: 75 Redis not available",
    ]
