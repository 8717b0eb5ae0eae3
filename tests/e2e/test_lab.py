"""Boots a real lab host, breaks what a half-finished run can break, and looks at what the controller is left with."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.lab import Host, run, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LAB = "labtest"
_BRIDGE = f"tn-{_LAB}"
_TABLE = f"tradingnode_lab_{_LAB}"
_SUBNET = "10.213.40"
_STATE = Path("/var/lib/tradingnode-lab")
_CACHE = Path("/var/cache/tradingnode-lab")
_ROOTFS = _STATE / _LAB / "one/rootfs"
_INVENTORY = f"""
lab:
  hosts:
    one: {{ansible_host: {_SUBNET}.11}}
  vars:
    lab_host_lab: {_LAB}
    lab_host_subnet: {_SUBNET}.0/24
    lab_host_poweroff_timeout: 20
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="looks at root's mounts, rules and processes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A lab of one host, and the two playbooks that make and remove it."""

    repository: Path
    checkout: Path

    @property
    def host(self) -> Host:
        """The host as this lab's key reaches it."""
        return Host(checkout=self.checkout, address=f"{_SUBNET}.11")

    def play(
        self, name: str, *words: str, check: bool = True, prefix: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Runs one of the lab's playbooks with this lab's inventory and key."""
        inventory = self.checkout / "hosts.yml"
        keys = f"lab_host_key_dir={self.checkout / '.lab'}"
        command = [str(self.repository / ".venv/bin/ansible-playbook"), "-i", str(inventory), f"playbooks/{name}.yml"]
        return run(self.repository, *prefix, *command, "-e", keys, *words, check=check)

    def up(self, *words: str) -> int:
        """Boots or mends the lab; how many things were changed."""
        return _changed(self.play("lab", *words))


def _changed(result: subprocess.CompletedProcess[str]) -> int:
    recap = re.search(r"^one\s+: ok=\d+\s+changed=(\d+)", result.stdout, re.MULTILINE)
    assert recap, result.stdout
    return int(recap[1])


def _supervisors() -> list[int]:
    sign = f"--directory={_ROOTFS}"
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and sign in (entry / "cmdline").read_bytes().decode().split("\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _kill_supervisors() -> None:
    for pid in _supervisors():
        os.kill(pid, signal.SIGKILL)


def _lose_the_network() -> None:
    subprocess.run(["ip", "link", "delete", _BRIDGE], check=True)
    subprocess.run(["nft", "delete", "table", "ip", _TABLE], check=True)


def _leave_a_mount_over_an_unfinished_disk() -> None:
    _kill_supervisors()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(_ROOTFS)], check=True)
    (_STATE / _LAB / "one/image").unlink()


def _leave_a_partial_image() -> None:
    (_CACHE / ".building-left-by-a-test/usr").mkdir(parents=True)


@pytest.fixture(scope="module")
def booted(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of its own, booted once and removed afterwards."""
    lab = Lab(repository=repository, checkout=tmp_path_factory.mktemp("lab"))
    (lab.checkout / "hosts.yml").write_text(_INVENTORY)
    lab.play("lab_down")
    try:
        assert lab.up() > 0
        yield lab
    finally:
        lab.play("lab_down")


def test_the_host_runs_systemd_and_reaches_its_package_mirror(booted: Lab) -> None:
    """A booted host has systemd as PID 1, no failed unit, its own name, and a way out."""
    answer = booted.host.ssh("cat /proc/1/comm; hostname; systemctl is-system-running; apt-get --quiet update")
    assert answer.stdout.splitlines()[:3] == ["systemd", "one", "running"]
    assert "Err:" not in answer.stdout


def test_a_second_run_changes_nothing(booted: Lab) -> None:
    """The lab's playbook on a lab that is up reports no change."""
    assert booted.up() == 0


@pytest.mark.parametrize(
    "damage",
    [_kill_supervisors, _lose_the_network, _leave_a_mount_over_an_unfinished_disk],
    ids=["supervisor killed", "no bridge and no rules", "dead, stale mount, unfinished disk"],
)
def test_a_half_finished_lab_is_mended(booted: Lab, damage: Callable[[], object]) -> None:
    """Whatever an earlier run left half done, the next one ends with a host that runs and reaches the outside."""
    damage()
    _leave_a_partial_image()
    assert booted.up() > 0
    answer = booted.host.ssh("systemctl is-system-running; apt-get --quiet update")
    assert answer.stdout.startswith("running\n")
    assert "Err:" not in answer.stdout
    assert not list(_CACHE.glob(".building-left-*"))
    assert booted.up() == 0


def test_a_power_cut_keeps_the_disk(booted: Lab) -> None:
    """After a power cut nothing of the host runs, and the next boot finds what was written."""
    booted.host.ssh("echo kept > /root/mark && sync")
    booted.up("-e", "lab_host_state=killed")
    assert not _supervisors()
    assert not Path(f"/sys/class/net/vb-{_LAB}-one").exists()
    booted.up()
    assert booted.host.ssh("cat /root/mark").stdout == "kept\n"


def test_a_reboot_from_inside_comes_back(booted: Lab) -> None:
    """A host that reboots itself is up again without help, as a server would be."""
    before = booted.host.ssh("stat -c %Y /proc/1").stdout
    booted.host.ssh("systemctl reboot", check=False)

    def came_back() -> bool:
        again = booted.host.ssh("systemctl is-system-running; stat -c %Y /proc/1", check=False)
        lines = again.stdout.splitlines()
        return lines[:1] == ["running"] and lines[-1] != before.strip()

    wait_for(came_back, within=30, what="the host after its reboot")


def test_a_second_checkout_adopts_the_lab(booted: Lab, tmp_path: Path) -> None:
    """Another checkout's run boots nothing but brings its key in, and the first one's key still opens."""
    shutil.copy(booted.checkout / "hosts.yml", tmp_path)
    other = Lab(repository=booted.repository, checkout=tmp_path)
    before = _supervisors()
    assert other.up() > 0
    assert _supervisors() == before
    assert other.host.ssh("hostname").stdout == "one\n"
    assert booted.host.ssh("hostname").stdout == "one\n"


def test_an_address_somebody_else_has_is_refused(booted: Lab) -> None:
    """A host is not booted at an address at which something else answers; the message names the address."""
    booted.up("-e", "lab_host_state=stopped")
    subprocess.run(["ip", "netns", "add", _LAB], check=True)
    try:
        script = (
            f"ip link add {_LAB} type veth peer name eth0 netns {_LAB} && ip link set {_LAB} master {_BRIDGE} up && "
            f"ip -n {_LAB} address add {_SUBNET}.11/24 dev eth0 && ip -n {_LAB} link set eth0 up"
        )
        subprocess.run(["sh", "-c", script], check=True)
        result = booted.play("lab", check=False)
    finally:
        subprocess.run(["ip", "netns", "delete", _LAB], check=True)
    assert result.returncode != 0
    assert f"address {_SUBNET}.11 is in use by something else on {_BRIDGE}" in result.stdout + result.stderr
    booted.up()


def test_wrong_addresses_are_all_named_at_once(booted: Lab, tmp_path: Path) -> None:
    """Hosts without, outside, or with the bridge's address end in one message with a fix for each; nothing is made."""
    text = _INVENTORY.replace(_LAB, "labwrong").replace(
        f"    one: {{ansible_host: {_SUBNET}.11}}",
        "    one: {ansible_host: 192.168.7.7}\n    two: {}\n    three: {ansible_host: 10.213.40.1}",
    )
    (tmp_path / "hosts.yml").write_text(text)
    wrong = Lab(repository=booted.repository, checkout=tmp_path)
    result = wrong.play("lab", check=False)
    output = result.stdout + result.stderr
    assert result.returncode != 0
    for words in ("192.168.7.7 of host one is not in", "host two has no IPv4 address", "host three is the bridge's"):
        assert words in output
    assert f"{_SUBNET}.0/24 is in use" in output
    assert not Path("/sys/class/net/tn-labwrong").exists()


def test_without_root_there_is_one_clear_message(booted: Lab) -> None:
    """A user who is neither root nor has sudo is told so, and nothing else happens."""
    # A user namespace without a mapping: the process is nobody, may read the same files, and can do nothing.
    result = booted.play("lab", check=False, prefix=("unshare", "--user"))
    assert result.returncode != 0
    assert "Lab hosts need root" in result.stdout + result.stderr


def test_lab_down_leaves_nothing(booted: Lab) -> None:
    """After lab-down there is no process, mount, bridge, rule, state or known host; again it changes nothing."""
    image = {path.name for path in _CACHE.iterdir()}
    booted.play("lab_down")
    assert not _supervisors()
    assert f"/{_LAB}/" not in Path("/proc/self/mountinfo").read_text()
    assert not Path(f"/sys/class/net/{_BRIDGE}").exists()
    assert _TABLE not in subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
    assert not (_STATE / _LAB).exists()
    assert f"{_SUBNET}.11" not in (booted.checkout / ".lab/known_hosts").read_text()
    assert {path.name for path in _CACHE.iterdir()} >= image
    assert _changed(booted.play("lab_down")) == 0
