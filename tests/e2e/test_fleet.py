"""A team's day on three hosts: first deploy, no change, a change, one that fails, a host that goes away."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.deploys import THREE, changed, closing_rows, three_hosts
from tests.support.lab import Host, clone, run, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.nightly

_SUBNET = "10.213.45"
_DEPLOY = (".venv/bin/ansible-playbook", "deploy.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Three deployed hosts, and what their first deploy printed."""

    checkout: Path
    hosts: dict[str, Host]
    first_output: str

    def pids(self) -> dict[str, str]:
        """The node's process on every host."""
        return {name: host.show("tradingnode", "MainPID")["MainPID"] for name, host in self.hosts.items()}

    def order_qty(self, quantity: str) -> None:
        """Edits the inventory as an operator does."""
        file = self.checkout / "inventory/testnet/group_vars/all/vars.yml"
        document = yaml.safe_load(file.read_text())
        document["tradingnode_strategies"][0]["config"]["order_qty"] = quantity
        file.write_text(yaml.safe_dump(document))

    def quantities(self) -> dict[str, str]:
        """What each host's strategies.yaml says."""
        command = "cat /etc/tradingnode/main.strategies.yaml"
        documents = {name: yaml.safe_load(host.ssh(command).stdout) for name, host in self.hosts.items()}
        return {name: found["strategies"][0]["config"]["order_qty"] for name, found in documents.items()}


@pytest.fixture(scope="module")
def fleet(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """``make vault lab deploy`` in a clean clone; ``make lab-down`` afterwards."""
    copy = tmp_path_factory.mktemp("fleet") / "tradingnode-ops"
    checkout = clone(repository, copy, lab="fleet", subnet=_SUBNET)
    three_hosts(checkout, _SUBNET)
    hosts = {name: Host(checkout=checkout, address=f"{_SUBNET}.{11 + n}") for n, name in enumerate(THREE)}
    try:
        first = run(checkout, "make", "vault", "lab", "deploy", timeout=2400).stdout
        yield Fleet(checkout=checkout, hosts=hosts, first_output=first)
    finally:
        run(checkout, "make", "lab-down")


def test_the_first_deploy_ends_with_three_trading_nodes(fleet: Fleet) -> None:
    """From bare hosts to three rows that say changed and RUNNING."""
    rows = closing_rows(fleet.first_output)
    assert set(rows) == set(THREE)
    assert {(row["before"], row["state"]) for row in rows.values()} == {("-", "RUNNING")}
    assert all(row["result"].startswith("changed") for row in rows.values())


def test_nothing_to_do_is_nothing_done(fleet: Fleet) -> None:
    """A second deploy changes nothing and restarts nothing on any host."""
    before = fleet.pids()
    done = run(fleet.checkout, *_DEPLOY, timeout=1800)
    assert changed(done.stdout) == dict.fromkeys(THREE, 0)
    assert {row["result"] for row in closing_rows(done.stdout).values()} == {"unchanged"}
    assert fleet.pids() == before


def test_a_strategy_change_reaches_the_canary_first(fleet: Fleet) -> None:
    """A new order size is told, proven on one host, then brought to the others; orders and positions stay equal."""
    before = fleet.pids()
    fleet.order_qty("0.012")
    done = run(fleet.checkout, *_DEPLOY, timeout=1800)
    assert "main.strategies.yaml: +    order_qty: '0.012'" in done.stdout
    batches = done.stdout.split("PLAY [Deploy]")[1:]
    assert len(batches) == len(THREE)
    assert "lab2" not in batches[0]
    assert "RUNNING HANDLER [tradingnode : Restart the node]" in batches[0]
    assert set(fleet.quantities().values()) == {"0.012"}
    assert not set(fleet.pids().values()) & set(before.values())
    for host in fleet.hosts.values():
        host.assert_equals_ledger()


def test_a_change_that_fails_goes_back_and_goes_no_further(fleet: Fleet) -> None:
    """Settings with which no node becomes READY reach the canary only, which trades again with the old ones."""
    before = fleet.pids()
    extra = json.dumps({"tradingnode_settings": {"READY_TIMEOUT": 1}})
    done = run(fleet.checkout, *_DEPLOY, "-e", extra, check=False, timeout=1800)
    assert done.returncode != 0
    rows = closing_rows(done.stdout)
    assert [rows[name]["result"] for name in THREE] == ["FAILED", "not begun", "not begun"]
    assert "which is READY" in done.stdout
    after = fleet.pids()
    assert (after["lab2"], after["lab3"]) == (before["lab2"], before["lab3"])
    assert fleet.hosts["lab1"].is_trading()
    assert "READY_TIMEOUT" not in fleet.hosts["lab1"].ssh("cat /etc/tradingnode/main.env").stdout
    fleet.hosts["lab1"].assert_equals_ledger()


def test_a_host_that_goes_away_halfway(fleet: Fleet) -> None:
    """The second host loses its power while it is deployed: the third is deployed, the next run heals."""
    fleet.order_qty("0.014")
    with subprocess.Popen(
        _DEPLOY, cwd=fleet.checkout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as deploy:
        assert deploy.stdout is not None
        printed: list[str] = []
        for line in deploy.stdout:
            printed.append(line)
            if sum("PLAY [Deploy]" in one for one in printed) == 2 and "TASK [redis : " in line:
                fleet.hosts["lab2"].ssh("systemctl --force --force poweroff", check=False)
                break
        printed += deploy.stdout
    rows = closing_rows("".join(printed))
    assert deploy.returncode != 0
    assert rows["lab2"]["result"] == "unreachable"
    for name in ("lab1", "lab3"):
        assert rows[name]["result"].startswith("changed"), "".join(printed)
        assert fleet.hosts[name].is_trading()

    run(fleet.checkout, "make", "lab")
    wait_for(lambda: fleet.hosts["lab2"].ssh("true", check=False).returncode == 0, within=60, what="lab2 is back")
    healed = closing_rows(run(fleet.checkout, *_DEPLOY, timeout=1800).stdout)
    assert {row["state"] for row in healed.values()} == {"RUNNING"}
    assert set(fleet.quantities().values()) == {"0.014"}
    for host in fleet.hosts.values():
        host.assert_equals_ledger()
