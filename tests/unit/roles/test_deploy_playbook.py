"""The course of a deploy: the real playbook and callback, with short tasks where the roles stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.unit.roles.conftest import run_ansible

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

HOSTS = ("one", "two", "three", "four")
# Nobody listens on port 1 of loopback: the first task on such a host finds it unreachable, at once.
GONE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_retries": 0}
LOOK: dict[str, Any] = {
    "hosts": "tradingnodes",
    "gather_facts": False,
    "tasks": [
        {"set_stats": {"data": {"deploy": {"instance": "main", "before": "r1"}}, "per_host": True}},
        {"command": "true", "changed_when": False},
        {"fail": {"msg": "disk full"}, "when": "refused is defined"},
        {"group_by": {"key": "deploy_ready"}, "changed_when": False},
    ],
}
ROLES: list[dict[str, Any]] = [
    {
        "command": "echo first {{ inventory_hostname }}",
        "vars": {"ansible_port": "{{ 1 if leaves is defined else 22 }}"},
    },
    {"command": "echo second {{ inventory_hostname }}"},
    {"name": "Prove", "fail": {"msg": "not READY"}, "when": "broken is defined"},
]


def _deploy(
    repository: Path, place: Path, hosts: dict[str, dict[str, Any]], *extra: str
) -> subprocess.CompletedProcess[str]:
    _, roll, end = yaml.safe_load((repository / "playbooks/deploy.yml").read_text())
    block = next(task for task in roll["tasks"] if "block" in task)
    assert all("ansible.builtin.import_role" in task for task in block["block"])
    block["block"] = ROLES
    record = next(task for task in roll["tasks"] if "ansible.builtin.include_tasks" in task)
    del record["ansible.builtin.include_tasks"]
    record["set_stats"] = {"data": {"deploy": {"after": "r2", "state": "RUNNING"}}, "per_host": True}
    for play in (roll, end):
        play["become"] = False
    plays = [LOOK, roll, end]
    (place / "deploy.yml").write_text(yaml.safe_dump(plays, sort_keys=False))
    ours = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory = {"tradingnodes": {"hosts": {name: ours | hosts.get(name, {}) for name in HOSTS}}}
    (place / "hosts.yml").write_text(yaml.safe_dump(inventory, sort_keys=False))
    return run_ansible(
        "ansible-playbook", "-i", str(place / "hosts.yml"), *extra, str(place / "deploy.yml"), cwd=repository
    )


def _table(out: str) -> dict[str, tuple[str, ...]]:
    rows = [
        re.split(r"\s{2,}", line.strip()) for line in out.splitlines() if re.match(r" (one|two|three|four)\s", line)
    ]
    return {row[0]: tuple(row[1:]) for row in rows}


def _batches(out: str) -> list[set[str]]:
    played = [text.split("PLAY [End]")[0] for text in out.split("PLAY [Deploy]")[1:]]
    return [set(re.findall(r"^(?:changed|skipping): \[(\w+)\]", text, re.MULTILINE)) for text in played]


def test_one_host_first_then_half_then_all(repository: Path, tmp_path: Path) -> None:
    """A change reaches one host, then half of them, then the rest; the table has a row for each."""
    done = _deploy(repository, tmp_path, {})
    assert done.returncode == 0, done.stdout
    assert _batches(done.stdout) == [{"one"}, {"two", "three"}, {"four"}]
    assert _table(done.stdout)["one"] == ("main", "r1", "r2", "changed (2)", "RUNNING")
    assert set(_table(done.stdout)) == set(HOSTS)


def test_the_batches_can_be_chosen(repository: Path, tmp_path: Path) -> None:
    """deploy_serial decides how many hosts are deployed at a time."""
    done = _deploy(repository, tmp_path, {}, "-e", '{"deploy_serial": [2, 2]}')
    assert _batches(done.stdout) == [{"one", "two"}, {"three", "four"}]


def test_a_canary_that_fails_is_the_only_one_touched(repository: Path, tmp_path: Path) -> None:
    """After a failure no further host is begun; the run fails and says why and who was left alone."""
    done = _deploy(repository, tmp_path, {"one": {"broken": True}})
    assert done.returncode != 0
    table = _table(done.stdout)
    assert table["one"][3] == "FAILED"
    assert {table[name][3] for name in HOSTS[1:]} == {"not begun"}
    assert "one: Prove: not READY" in done.stdout


def test_a_failure_in_a_batch_lets_its_mates_finish(repository: Path, tmp_path: Path) -> None:
    """Hosts of the same batch are brought to the end, not left half-way; the next batch is not begun."""
    done = _deploy(repository, tmp_path, {"two": {"broken": True}})
    table = _table(done.stdout)
    assert [table[name][3] for name in HOSTS] == ["changed (2)", "FAILED", "changed (2)", "not begun"]


def test_more_failures_can_be_allowed(repository: Path, tmp_path: Path) -> None:
    """deploy_max_fail_percentage lets a deploy go on over failures, and it still ends as a failure."""
    done = _deploy(repository, tmp_path, {"two": {"broken": True}}, "-e", "deploy_max_fail_percentage=50")
    assert done.returncode != 0
    assert [_table(done.stdout)[name][3] for name in ("two", "four")] == ["FAILED", "changed (2)"]


def test_a_host_that_cannot_be_reached_is_no_canary(repository: Path, tmp_path: Path) -> None:
    """An unreachable host does not stop the others, another one is the canary, and the run ends as a failure."""
    done = _deploy(repository, tmp_path, {"one": GONE})
    assert done.returncode != 0
    assert _batches(done.stdout)[0] == {"two"}
    table = _table(done.stdout)
    assert [table[name][3] for name in HOSTS] == ["unreachable", *["changed (2)"] * 3]


@pytest.mark.parametrize("name", ["one", "four"])
def test_a_host_that_goes_away_does_not_stop_the_others(repository: Path, tmp_path: Path, name: str) -> None:
    """A host lost halfway is told, tried once and no more, and every other host is deployed; the run fails."""
    leaves = {"leaves": True, "ansible_connection": "{{ 'ssh' if ansible_port | default(22) == 1 else 'local' }}"}
    done = _deploy(repository, tmp_path, {name: leaves | {"ansible_host": "127.0.0.1", "ansible_ssh_retries": 0}})
    assert done.returncode != 0
    table = _table(done.stdout)
    assert table.pop(name)[2:] == ("?", "unreachable", "?")
    assert {row[3] for row in table.values()} == {"changed (2)"}
    assert f"second {name}" not in done.stdout
    assert done.stdout.count("UNREACHABLE") == 1


def test_a_refused_host_is_left_alone(repository: Path, tmp_path: Path) -> None:
    """What the look at a host refuses is told for that host; the others are deployed."""
    done = _deploy(repository, tmp_path, {"three": {"refused": True}})
    assert done.returncode != 0
    table = _table(done.stdout)
    assert table["three"][2:] == ("r1", "REFUSED", "-")
    assert "three: disk full" in done.stdout
    assert {table[name][3] for name in HOSTS if name != "three"} == {"changed (2)"}


def test_check_mode_says_would(repository: Path, tmp_path: Path) -> None:
    """A rehearsal does not claim to have changed anything."""
    done = _deploy(repository, tmp_path, {}, "--check")
    assert "would change" not in done.stdout or "changed (" not in done.stdout
