"""Processors and priority of a node: in its unit when the operator chose them, and not a word of them otherwise."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.unit.roles.conftest import SAMPLE, run_ansible

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [({}, []), ({"tradingnode_cpus": "0-1", "tradingnode_nice": -5}, ["CPUAffinity=0-1", "Nice=-5"])],
)
def test_processors_and_priority_stand_in_the_unit(
    repository: Path, tmp_path: Path, chosen: dict[str, Any], expected: list[str]
) -> None:
    """The unit has just the chosen lines, and systemd accepts them."""
    unit = tmp_path / "tradingnode.service"
    role = repository / "roles/tradingnode"
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(role / "defaults/main.yml"), str(role / "vars/main.yml")],
        "tasks": [
            {
                "template": {
                    "src": f"{repository}/templates/tradingnode/tradingnode.service.j2",
                    "dest": str(unit),
                    "mode": "0600",
                }
            }
        ],
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    (tmp_path / "vars.yml").write_text(yaml.safe_dump({**SAMPLE, **chosen}))
    done = run_ansible(
        *("ansible-playbook", "-i", "localhost,", "-c", "local", f"-e@{tmp_path}/vars.yml", str(tmp_path / "play.yml")),
        cwd=repository,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = unit.read_text().splitlines()
    assert [line for line in lines if line.startswith(("CPUAffinity=", "Nice="))] == expected
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert "CPUAffinity" not in said.stderr
    assert "Nice" not in said.stderr
