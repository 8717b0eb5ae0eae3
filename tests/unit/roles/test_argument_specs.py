"""The roles' contracts: what meta/argument_specs.yml promises is what defaults/main.yml holds."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.unit.roles.conftest import run_ansible

if TYPE_CHECKING:
    from pathlib import Path

ALL = ("backup", "base", "release", "redis", "simvenue", "tradingnode")
TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "path": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
    "dict": dict,
}


def _options(repository: Path, role: str) -> dict[str, dict[str, Any]]:
    text = (repository / f"roles/{role}/meta/argument_specs.yml").read_text()
    options: dict[str, dict[str, Any]] = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    return options


@pytest.mark.parametrize("role", ALL)
def test_specs_equal_defaults(repository: Path, role: str) -> None:
    """Every variable has a default, every default a spec, and both say the same value."""
    defaults = yaml.safe_load((repository / f"roles/{role}/defaults/main.yml").read_text())
    assert {name: option["default"] for name, option in _options(repository, role).items()} == defaults


@pytest.mark.parametrize("role", ALL)
def test_defaults_have_the_type_they_promise(repository: Path, role: str) -> None:
    """A default's type is the type of its spec, and one of its choices."""
    for name, option in _options(repository, role).items():
        assert type(option["default"]) is TYPES[option["type"]], name
        assert option["default"] in option.get("choices", [option["default"]]), name
        assert option["description"], name


@pytest.mark.parametrize("role", ALL)
def test_variables_carry_the_role_s_name(repository: Path, role: str) -> None:
    """Nobody else's variable can reach a role by accident."""
    assert all(name.startswith(f"{role}_") for name in _options(repository, role))


def test_no_module_takes_a_nested_secret(repository: Path) -> None:
    """Ansible hides a secret of several lines in a host's journal only when it is a parameter of its own."""
    modules = [*repository.glob("roles/*/library/*.py")]
    assert len(modules) > 5
    nested = [
        f"{path.name}: {line.strip()}"
        for path in modules
        for line in path.read_text().splitlines()
        if '"no_log": True' in line and len(line) - len(line.lstrip()) > 12
    ]
    assert nested == []


def test_readmes_show_the_variables(repository: Path) -> None:
    """The table of every role's README is the one that `make docs` would write."""
    command = [sys.executable, str(repository / "scripts/role-docs"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("role", ["backup", "base", "redis", "simvenue", "tradingnode"])
def test_a_misspelt_variable_stops_the_run(repository: Path, tmp_path: Path, role: str) -> None:
    """A variable with the role's prefix that the role does not know is an error that names it, not silence."""
    playbook = tmp_path / "play.yml"
    playbook.write_text(
        yaml.safe_dump(
            [
                {
                    "hosts": "localhost",
                    "gather_facts": False,
                    "tasks": [{"include_role": {"name": role, "tasks_from": "check.yml"}}],
                }
            ]
        )
    )
    done = run_ansible(
        *("ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"{role}_mispelt=1", str(playbook)),
        cwd=repository,
    )
    assert done.returncode != 0
    assert f"The {role} role knows no variable {role}_mispelt" in done.stdout
