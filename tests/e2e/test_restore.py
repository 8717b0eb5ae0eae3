"""Backup, loss of the host, a new host, restore: the node has the same orders and position, and the venue agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.exchange import exchange, trade_on
from tests.support.lab import Host, clone, run, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Testnet

# Each deploys several times.
pytestmark = pytest.mark.nightly

_SUBNET = "10.213.33"
_PLAY = ".venv/bin/ansible-playbook"


def _known(dump: dict[str, Any]) -> tuple[set[str], set[str]]:
    return {order["client_order_id"] for order in dump["orders"]}, {fill["trade_id"] for fill in dump["fills"]}


def test_a_lost_host_comes_back_from_its_backup(repository: Path, tmp_path: Path) -> None:
    """Backup, power cut and a destroyed disk, a bare host, restore: READY with every order, fill and the position."""
    checkout = clone(repository, tmp_path / "tradingnode-ops", lab="bak", subnet=_SUBNET)
    host = Host(checkout=checkout, address=f"{_SUBNET}.11")
    with exchange(tmp_path) as venue:
        trade_on(checkout, venue, controller=f"{_SUBNET}.1")
        try:
            run(checkout, "make", "testnet", timeout=2400)
            wait_for(lambda: bool(host.node("dump")["positions"]), within=300, what="a position")
            before = venue.equal_dump(host)
            run(checkout, _PLAY, "playbooks/backup.yml", timeout=1200)
            run(checkout, _PLAY, "playbooks/lab.yml", "-e", "lab_host_state=killed")
            run(checkout, "make", "lab-down")
            run(checkout, "make", "lab")
            restored = run(checkout, _PLAY, "playbooks/restore.yml", timeout=2400)
            assert "READY" in restored.stdout
            # Also what was filled between the backup and the restore is there, and counted once.
            after = venue.equal_dump(host)
            assert _known(before)[0] <= _known(after)[0]
            assert _known(before)[1] <= _known(after)[1]
            fills = len(after["fills"])
            wait_for(lambda: host.node("status")["fills"] > fills, within=300, what="a fill after the restore")
        finally:
            run(checkout, "make", "lab-down")


def test_a_lost_redis_comes_back_from_a_backup(testnet: Testnet) -> None:
    """Redis' data, settings and state lost on a running host: restored, READY and equal to the ledger."""
    host, checkout = testnet.host, testnet.checkout
    wait_for(lambda: host.node("status")["fills"] >= 1, within=60, what="a fill")
    before = host.node("dump")
    run(checkout, _PLAY, "playbooks/backup.yml")
    (archive,) = (checkout / "backups/testnet").glob("lab1-main-*.tar.gz.age")
    assert archive.stat().st_mode & 0o777 == 0o600
    host.ssh("systemctl stop tradingnode; systemctl stop redis-server; rm -rf /var/lib/redis/*")
    host.ssh("rm -rf /etc/tradingnode/main.env /var/lib/tradingnode/main")
    restored = run(checkout, _PLAY, "playbooks/restore.yml")
    assert "READY" in restored.stdout
    after = host.node("dump")
    assert _known(before)[0] <= _known(after)[0]
    assert _known(before)[1] <= _known(after)[1]
    host.assert_equals_ledger()
    assert host.show("tradingnode", "UnitFileState") == {"UnitFileState": "enabled"}
    left = host.ssh("ls -A /var/lib/redis /var/backups | grep -E 'restore|backup-|[.]age' || true").stdout.split()
    assert [name for name in left if not name.startswith("before-restore-")] == []
