"""Backup, loss of the host, a new host, restore: the node has the same orders and position, and the venue agrees."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.lab import Host, clone, run, wait_for
from tests.support.ledger import differences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Testnet

# Each deploys several times.
pytestmark = pytest.mark.nightly

_SUBNET = "10.213.33"
_SIMVENUE = Path(sys.executable).with_name("simvenue")
_PLAY = ".venv/bin/ansible-playbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A simulated exchange on this machine, so that no lost host takes its ledger along."""

    url: str
    admin: str
    key: str
    secret: str

    def ask(self, *argv: str) -> str:
        """Run a simvenue command on it."""
        command = [str(_SIMVENUE), *argv, "--admin-url", self.admin]
        done = subprocess.run(command, text=True, capture_output=True, check=True)
        return done.stdout

    def ledger(self) -> dict[str, Any]:
        """Read the node's account: the oracle."""
        document: dict[str, Any] = json.loads(self.ask("ledger", "--account", "node", "--json"))
        return document


@contextmanager
def _venue(place: Path) -> Iterator[Venue]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        port, admin = one.getsockname()[1], two.getsockname()[1]
    key, secret = secrets.token_hex(32), secrets.token_hex(32)
    config = place / "simvenue.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "data_dir": str(place / "ledger"),
                "admin": {"host": "127.0.0.1", "port": admin},
                "venues": {"binance_futures": {"host": "0.0.0.0", "port": port, "instruments": ["BTCUSDT"]}},
                "accounts": [
                    {
                        "name": "node",
                        "keys": [{"api_key": key, "api_secret": secret}],
                        "balances": {"USDT": "100000", "BTC": "1"},
                    }
                ],
                "market": {"kind": "synthetic", "seed": 7},
            }
        )
    )
    config.chmod(0o600)
    with (place / "simvenue.log").open("w") as log:
        process = subprocess.Popen([_SIMVENUE, "serve", "--config", config], stdout=log, stderr=log)
    try:
        yield Venue(url=f"{_SUBNET}.1:{port}", admin=f"http://127.0.0.1:{admin}", key=key, secret=secret)
    finally:
        process.terminate()
        process.wait(30)


def _trade_on(checkout: Path, venue: Venue) -> None:
    inventory = checkout / "inventory/testnet"
    hosts = yaml.safe_load((inventory / "hosts.yml").read_text())
    del hosts["simvenue"]
    (inventory / "hosts.yml").write_text(yaml.safe_dump(hosts))
    chosen = inventory / "group_vars/all/vars.yml"
    chosen.write_text(chosen.read_text().replace("venue: simvenue", "venue: testnet"))
    settings = {"BINANCE_BASE_URL_HTTP": "http", "BINANCE_BASE_URL_WS": "ws", "BINANCE_BASE_URL_WS_STREAM": "ws"}
    (inventory / "host_vars").mkdir()
    (inventory / "host_vars/lab1.yml").write_text(
        yaml.safe_dump(
            {
                "tradingnode_settings": {name: f"{scheme}://{venue.url}" for name, scheme in settings.items()},
                "vault_binance_api_key": venue.key,
                "vault_binance_api_secret": venue.secret,
            }
        )
    )


def _equal_dump(host: Host, venue: Venue) -> dict[str, Any]:
    """Stops the market until node and ledger agree; what the node says then."""
    venue.ask("market", "pause")
    try:
        wait_for(
            lambda: not differences(host.node("dump"), venue.ledger()), within=60, what="equality of node and ledger"
        )
        return host.node("dump")
    finally:
        venue.ask("market", "resume")


def _known(dump: dict[str, Any]) -> tuple[set[str], set[str]]:
    return {order["client_order_id"] for order in dump["orders"]}, {fill["trade_id"] for fill in dump["fills"]}


def test_a_lost_host_comes_back_from_its_backup(repository: Path, tmp_path: Path) -> None:
    """Backup, power cut and a destroyed disk, a bare host, restore: READY with every order, fill and the position."""
    checkout = clone(repository, tmp_path / "tradingnode-ops", lab="bak", subnet=_SUBNET)
    host = Host(checkout=checkout, address=f"{_SUBNET}.11")
    with _venue(tmp_path) as venue:
        _trade_on(checkout, venue)
        try:
            run(checkout, "make", "testnet", timeout=2400)
            wait_for(lambda: bool(host.node("dump")["positions"]), within=300, what="a position")
            before = _equal_dump(host, venue)
            run(checkout, _PLAY, "playbooks/backup.yml", timeout=1200)
            run(checkout, _PLAY, "playbooks/lab.yml", "-e", "lab_host_state=killed")
            run(checkout, "make", "lab-down")
            run(checkout, "make", "lab")
            restored = run(checkout, _PLAY, "playbooks/restore.yml", timeout=2400)
            assert "READY" in restored.stdout
            # Also what was filled between the backup and the restore is there, and counted once.
            after = _equal_dump(host, venue)
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
