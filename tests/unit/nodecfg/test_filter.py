"""Roles get an instance's names from the same function as the node, and a clear error for a bad name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nodecfg import derive


def _ansible(repository: Path, tmp_path: Path, expression: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    copy = {"content": f"{{{{ {expression} | to_json }}}}", "dest": str(tmp_path / "out.json")}
    ansible = str(Path(sys.executable).with_name("ansible"))
    command = [ansible, "localhost", "-i", "localhost,", "-c", "local", "-m", "copy", "-a", json.dumps(copy)]
    command += ["-e", f"ansible_python_interpreter={sys.executable}"]
    # From the repository's root, so that its own ansible.cfg has to find the filter.
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=repository, timeout=120
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'main' | tradingnode_instance('MM-001')", derive().as_dict("MM-001")),
        ("['main', 'alpha'] | tradingnode_instances", [derive().as_dict(), derive("alpha").as_dict()]),
    ],
)
def test_filter_gives_what_derive_gives(repository: Path, tmp_path: Path, expression: str, expected: object) -> None:
    """Ansible itself runs the filter and sees the same values as Python."""
    result = _ansible(repository, tmp_path, expression)
    assert result.returncode == 0, result.stdout + result.stderr
    assert json.loads((tmp_path / "out.json").read_text()) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("'Ma in' | tradingnode_instance", "use lower-case letters"),
        ("7 | tradingnode_instance", "is text, not int"),
        ("'main' | tradingnode_instance('*-1')", "Redis keys would not be its own"),
        ("['a', 'a'] | tradingnode_instances", "is given twice"),
        ("'main' | tradingnode_instances", "takes a list"),
    ],
)
def test_filter_refuses_bad_names(repository: Path, tmp_path: Path, expression: str, reason: str) -> None:
    """A bad name fails the task with the reason, not with a Python traceback."""
    result = _ansible(repository, tmp_path, expression)
    assert result.returncode != 0
    assert reason in " ".join((result.stdout + result.stderr).split())
    assert "Traceback" not in result.stdout + result.stderr
