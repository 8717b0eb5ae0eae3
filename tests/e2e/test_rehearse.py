"""`make rehearse` on a deployed lab: failures are played for real, and what comes of them is told truthfully."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.faults import FAULTS
from tests.support.lab import Host, clone, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Testnet

_SUBNET = "10.213.46"
_NOT_EVERYWHERE = {"memory", "delay-and-loss"}
"""They need cgroup v2 and netem of the kernel, and say so where these are not."""


def _rehearse(checkout: Path, *words: str, code: int = 0, timeout: float = 900) -> list[dict[str, Any]]:
    done = run(checkout, "make", "rehearse", "JSON=1", *words, check=False, timeout=timeout)
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    told: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])["faults"]
    return told


def test_a_killed_node_is_survived(testnet: Testnet) -> None:
    """The node is killed: it took hold, the node came back by itself, and no fill is lost or twice."""
    (told,) = _rehearse(testnet.checkout, "FAULT=kill-9")
    assert "status=9/KILL" in told["proof"]
    assert told["verdict"] == "true", told
    assert told["seconds_to_ready"] > 0
    assert (told["lost"], told["duplicated"], told["phantom"]) == (0, 0, 0)
    assert told["fills"] > 0
    testnet.host.assert_equals_ledger()


def test_a_node_that_is_not_ready_is_refused(testnet: Testnet) -> None:
    """With the node stopped nothing is played: exit 2, and the sentence names the host and the way out."""
    testnet.host.ssh("systemctl stop tradingnode")
    try:
        done = run(testnet.checkout, "make", "rehearse", "FAULT=kill-9", check=False)
        assert done.returncode != 0
        assert "Nothing was done:" in done.stdout
        assert "the node on lab1 is not READY (inactive" in done.stdout
    finally:
        testnet.host.ssh("systemctl start tradingnode", timeout=200)


@pytest.fixture(scope="module")
def lab(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout with a testnet of its own: a Redis that was emptied is no start for other tests."""
    checkout = clone(repository, tmp_path_factory.mktemp("rehearse") / "tradingnode-ops", lab="play", subnet=_SUBNET)
    try:
        run(checkout, "make", "testnet", timeout=2400)
        yield checkout
    finally:
        run(checkout, "make", "lab-down")


@pytest.mark.nightly
def test_every_failure_is_survived(lab: Path) -> None:
    """All failures one after the other: none false, and unknown only what this kernel cannot do."""
    told = {one["fault"]: one for one in _rehearse(lab, timeout=3600)}
    assert list(told) == list(FAULTS)
    doubtful = {name for name, one in told.items() if one["verdict"] == "unknown"}
    assert doubtful <= _NOT_EVERYWHERE, told
    assert all(told[name]["meanwhile"] == "not done" for name in doubtful)


@pytest.mark.nightly
def test_a_node_that_does_not_come_back_is_told(lab: Path) -> None:
    """With a unit that systemd does not restart, kill -9 is FALSE and the command ends with an error."""
    host, place = Host(checkout=lab, address=f"{_SUBNET}.11"), "/run/systemd/system/tradingnode.service.d"
    never = f"mkdir -p {place} && printf '[Service]\\nRestart=no\\n' > {place}/90-never.conf"
    host.ssh(f"{never} && systemctl daemon-reload")
    try:
        (told,) = _rehearse(lab, "FAULT=kill-9", code=2)
    finally:
        host.ssh(f"rm {place}/90-never.conf; systemctl daemon-reload; systemctl reset-failed tradingnode")
        host.ssh("systemctl start tradingnode", timeout=200)
    assert told["verdict"] == "false"
    assert any(why.startswith("I10: not ready within") for why in told["wrong"])
