"""Runs every role's molecule scenario: converge, idempotence and verify on a lab host of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.lab import run

_ROLES = Path(__file__).resolve().parents[2] / "roles"
# The scenario of `tradingnode` and the tests beside this one run these roles too; breaking and mending costs minutes.
_FOR_THE_NIGHT = {"backup", "lab_host", "release", "simvenue"}
_SCENARIOS = sorted(path.parent for path in _ROLES.glob("*/molecule/*/molecule.yml"))


def test_there_are_scenarios() -> None:
    """Every role has one."""
    assert {path.parent.name for path in _ROLES.glob("*/tasks")} == {path.parent.parent.name for path in _SCENARIOS}


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(path, id=role, marks=[pytest.mark.nightly] if role in _FOR_THE_NIGHT else [])
        for path in _SCENARIOS
        for role in [path.parent.parent.name]
    ],
)
def test_a_role_converges_stays_and_works(
    repository: Path, scenario: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The role brings a bare host to its state, changes nothing the second time, and the host behaves as promised."""
    tools = repository / ".venv/bin"
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    # A state directory of its own: molecule must not believe that an earlier run's host still stands.
    monkeypatch.setenv("MOLECULE_EPHEMERAL_DIRECTORY", str(tmp_path))
    run(scenario.parent.parent, str(tools / "molecule"), "test", "--scenario-name", scenario.name)
