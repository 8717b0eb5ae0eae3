"""Upgrades and goes back on a host with positions open: what fails undoes itself, what is undone stays undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.lab import run, wait_for
from tests.support.own_strategy import deploy, project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Testnet

# Each deploys several times.
pytestmark = pytest.mark.nightly

_GENERATIONS = "/etc/tradingnode/generations/main"


def _running(testnet: Testnet) -> dict[str, Any]:
    """What runs: generation, release as the process itself shows it, process id."""
    host = testnet.host
    pid = int(host.show("tradingnode", "MainPID")["MainPID"])
    return {
        "generation": host.ssh(f"readlink {_GENERATIONS}/current").stdout.strip(),
        "release": host.ssh(f"tr '\\0' '\\n' < /proc/{pid}/cmdline | head -1").stdout.strip(),
        "pid": pid,
    }


def _rollback(testnet: Testnet, **extra: str) -> str:
    done = run(testnet.checkout, ".venv/bin/ansible-playbook", "playbooks/rollback.yml", "-e", json.dumps(extra))
    return done.stdout


def test_an_upgrade_that_fails_goes_back_by_itself(testnet: Testnet, tmp_path: Path) -> None:
    """A strategy version that does not start leaves the last good one READY, fills and position equal to the venue's.

    Then a version that cannot be imported is refused before anything is touched, a rollback goes back on command, a
    second rollback changes nothing, and the inventory's own deploy finds the node as it wants it.

    """
    host = testnet.host
    first = _running(testnet)
    wait_for(lambda: bool(host.node("status")["positions"]), within=90, what="an open position")

    good = project(tmp_path / "one", "1.0.0")
    deploy(testnet.checkout, good)
    upgraded = _running(testnet)
    assert upgraded["release"] != first["release"]
    assert host.is_trading()
    # The first one is counted with everything it holds, the second with what it does not share: bytecode, mostly.
    sizes = host.ssh(f"du -sm {' '.join(one['release'].split('/bin/')[0] for one in (first, upgraded))}").stdout
    whole, more = (int(line.split()[0]) for line in sizes.splitlines())
    assert more < whole / 5, f"a release of {whole} MB costs {more} MB more: its files are not shared"

    fills = {fill["trade_id"] for fill in host.ledger()["fills"]}
    failed = deploy(testnet.checkout, project(tmp_path / "two", "2.0.0", starts=False), check=False)
    assert failed.returncode != 0
    assert "edition 2.0.0 cannot start" in failed.stdout
    assert f"to {upgraded['generation']}" in failed.stdout
    assert "is READY" in failed.stdout
    returned = _running(testnet)
    assert (returned["generation"], returned["release"]) == (upgraded["generation"], upgraded["release"])
    assert host.is_trading()
    assert fills <= {fill["trade_id"] for fill in host.assert_equals_ledger()["fills"]}

    refused = deploy(testnet.checkout, project(tmp_path / "three", "3.0.0", imports=False), check=False)
    assert refused.returncode != 0
    assert "no_such_library" in refused.stdout
    assert _running(testnet) == returned

    _rollback(testnet, tradingnode_generation=first["generation"])
    back = _running(testnet)
    assert (back["generation"], back["release"]) == (first["generation"], first["release"])
    host.assert_equals_ledger()
    _rollback(testnet)
    assert _running(testnet) == back

    run(testnet.checkout, ".venv/bin/ansible-playbook", "deploy.yml", "--tags", "tradingnode")
    assert _running(testnet) == back


def test_a_host_without_internet_is_served_by_the_controller(testnet: Testnet, tmp_path: Path) -> None:
    """With a wheelhouse a release is made on a host that has no way out, no cache and no uv."""
    host = testnet.host
    route = host.ssh("ip -4 route show default").stdout.strip()
    host.ssh("rm -rf /opt/tradingnode/cache /opt/tradingnode/tools && ip -4 route del default")
    try:
        source = project(tmp_path / "offline", "4.0.0")
        deploy(testnet.checkout, source, tradingnode_install="wheelhouse")
        assert host.is_trading()
        installed = f"{_GENERATIONS}/current/release/lib/python3*/site-packages/house_maker.py"
        assert "4.0.0" in host.ssh(f"grep edition {installed}").stdout
    finally:
        host.ssh(f"ip route add {route}")
    run(testnet.checkout, ".venv/bin/ansible-playbook", "deploy.yml", "--tags", "tradingnode")
    host.assert_equals_ledger()
