"""Drives a deployed lab host the way an operator does: make, ssh, the node's and the venue's own commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.ledger import differences
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One lab host, reached over ssh with the checkout's own key and known hosts."""

    checkout: Path
    address: str

    def ssh(self, command: str, *, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs one shell command as root; raises AssertionError with its output when ``check`` and it failed."""
        lab = self.checkout / ".lab"
        options = ["-o", f"UserKnownHostsFile={lab / 'known_hosts'}", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]
        result = subprocess.run(
            ["ssh", "-i", str(lab / "id_ed25519"), *options, f"root@{self.address}", command],
            capture_output=True,
            text=True,
            timeout=timeout * PATIENCE,
            check=False,
        )
        assert not check or result.returncode == 0, (
            f"{command}: exit {result.returncode}\n{result.stdout}{result.stderr}"
        )
        return result

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Reads properties of a systemd unit."""
        lines = self.ssh(f"systemctl show {unit} -p {','.join(properties)}").stdout.splitlines()
        return dict(line.split("=", 1) for line in lines)

    def node(self, verb: str) -> dict[str, Any]:
        """Asks the running node: ``status`` or ``dump``."""
        document: dict[str, Any] = json.loads(self.ssh(f"noderun {verb} --json").stdout)
        return document

    def ledger(self) -> dict[str, Any]:
        """Reads the venue's ledger for the node's account: the oracle."""
        command = "simvenue ledger --account node --venue binance_futures --json"
        document: dict[str, Any] = json.loads(self.ssh(command).stdout)
        return document

    def is_trading(self) -> bool:
        """Whether the node answers and says RUNNING."""
        result = self.ssh("noderun status --json", check=False)
        return result.returncode == 0 and json.loads(result.stdout)["state"] == "RUNNING"

    def assert_equals_ledger(self, *, within: float = 30) -> dict[str, Any]:
        """Lets the market stand still until the node has nothing left to answer, compares, and returns the ledger.

        The last differences are reported when they do not go away in time.

        """
        self.ssh("simvenue market pause")
        try:
            deadline = time.monotonic() + within * PATIENCE
            while found := differences(self.node("dump"), ledger := self.ledger()):
                assert time.monotonic() < deadline, "node and venue differ:\n" + "\n".join(found)
                time.sleep(0.5)
        finally:
            self.ssh("simvenue market resume")
        return ledger


def wait_for(condition: Callable[[], bool], *, within: float, what: str) -> float:
    """Polls until the condition holds and returns the seconds it took; raises AssertionError at the deadline.

    The deadline is that of a calm machine.

    """
    within *= PATIENCE
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < within, f"{what}: not within {within} s"
        time.sleep(0.5)
    return time.monotonic() - start


def clone(repository: Path, target: Path, *, lab: str, subnet: str) -> Path:
    """Copies what git tracks, plus new files it does not ignore, into a checkout with a history and a lab of its own.

    The testnet inventory's lab name and addresses are the only difference from a user's clone, so that a
    running testnet on the same machine is left alone.

    """
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=repository, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        # Not there: removed, but not yet from git. Links stay links.
        if os.path.lexists(repository / name):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, target / name, follow_symlinks=False)
    subprocess.run(["git", "init", "-q"], cwd=target, check=True)
    hosts, group = target / "inventory/testnet/hosts.yml", target / "inventory/testnet/group_vars/lab.yml"
    hosts.write_text(hosts.read_text().replace("10.213.10.", f"{subnet}."))
    group.write_text(f"{group.read_text()}lab_host_lab: {lab}\nlab_host_subnet: {subnet}.0/24\n")
    return target


def run(checkout: Path, *command: str, check: bool = True, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """Runs a command of the README in a checkout, with this test's own environment variables left out."""
    unset = ("VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ANSIBLE_CONFIG")
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    result = subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=timeout * PATIENCE, check=False
    )
    output = f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
    assert not check or result.returncode == 0, output
    return result
