"""The base role's units and firewall, without a host: systemd and nft accept them, and they are sandboxed."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.unit.roles.conftest import run_ansible
from tests.unit.roles.test_units import _local

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = ("clock.service", "firewall.service")
SAMPLE = {
    "__base_ssh_ports": [22, 2222],
    "base_firewall_ssh_sources": ["192.0.2.0/24", "2001:db8::/32"],
    "base_firewall_ports": [{"port": 9100, "sources": ["192.0.2.7"]}, {"port": 51820, "protocol": "udp"}],
}


@pytest.fixture(scope="module")
def place(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Units and rules as Ansible renders them."""
    place = tmp_path_factory.mktemp("base")
    role = repository / "roles/base"
    tasks = [{"include_vars": str(role / f"{part}/main.yml")} for part in ("defaults", "vars")] + [
        {"template": {"src": str(role / f"templates/{name}.j2"), "dest": str(place / name), "mode": "0600"}}
        for name in (*SERVICES, "clock.timer", "firewall.nft", "ways-in.sh", "clock.sh")
    ]
    (place / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    (place / "sample.json").write_text(json.dumps(SAMPLE | {"__base_access_files": [{"path": "/etc/one"}]}))
    done = run_ansible(
        *("ansible-playbook", "-i", "localhost,", "-c", "local", f"-e@{place}/sample.json", str(place / "play.yml")),
        cwd=repository,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.mark.parametrize("name", [*SERVICES, "clock.timer"])
def test_systemd_accepts_every_line(place: Path, tmp_path: Path, name: str) -> None:
    """A misspelt directive or a bad value is an error."""
    unit = _local(place / name, tmp_path)
    if name.endswith(".timer"):
        _local(place / "clock.service", tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit],
        text=True,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", SERVICES)
def test_units_are_sandboxed(place: Path, tmp_path: Path, name: str) -> None:
    """The exposure score of systemd is 1.5 or better."""
    done = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--no-pager",
            "--offline=true",
            "--threshold=15",
            _local(place / name, tmp_path),
        ],
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]


@pytest.mark.skipif(os.geteuid() != 0, reason="nft asks the kernel also when it only checks")
def test_nft_accepts_the_rules(place: Path) -> None:
    """Sources of both families and both protocols make rules that the kernel takes."""
    done = subprocess.run(
        ["nft", "--check", "--file", str(place / "firewall.nft")], text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    rules = (place / "firewall.nft").read_text()
    assert "ip saddr { 192.0.2.0/24 } tcp dport { 22, 2222 } accept" in rules
    assert "ip6 saddr { 2001:db8::/32 } tcp dport { 22, 2222 } accept" in rules
    assert "ip saddr { 192.0.2.7 } tcp dport 9100 accept" in rules
    assert "\n    udp dport 51820 accept" in rules
    assert "\n    tcp dport { 22, 2222 } accept" not in rules


@pytest.mark.parametrize("name", ["ways-in.sh", "clock.sh"])
def test_the_shell_can_read_the_scripts(place: Path, name: str) -> None:
    """A script that only runs when a host is locked out has no wrong syntax then."""
    done = subprocess.run(["sh", "-n", str(place / name)], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
