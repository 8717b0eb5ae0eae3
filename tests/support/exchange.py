"""A simulated exchange on this machine, so that no lost lab host takes its ledger along."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.lab import wait_for
from tests.support.ledger import differences
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.lab import Host

_SIMVENUE = Path(sys.executable).with_name("simvenue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Where it listens for nodes and for operators, and the key of the account ``node``."""

    port: int
    admin: str
    key: str
    secret: str

    def ask(self, *argv: str) -> str:
        """Run a simvenue command on it."""
        command = [str(_SIMVENUE), *argv, "--admin-url", self.admin]
        return subprocess.run(command, text=True, capture_output=True, check=True).stdout

    def ledger(self) -> dict[str, Any]:
        """Read the node's account: the oracle."""
        document: dict[str, Any] = json.loads(self.ask("ledger", "--account", "node", "--json"))
        return document

    def equal_dump(self, host: Host, *, within: float = 60) -> dict[str, Any]:
        """Let the market stand still until node and ledger agree; what the node says then."""
        self.ask("market", "pause")
        try:
            wait_for(lambda: not self.differences(host), within=within, what="equality of node and ledger")
            return host.node("dump")
        finally:
            self.ask("market", "resume")

    def differences(self, host: Host) -> list[str]:
        """Say what node and ledger do not agree about."""
        return differences(host.node("dump"), self.ledger())


@contextmanager
def exchange(place: Path) -> Iterator[Exchange]:
    """Start one with its ledger in a directory, listening on every address; end it afterwards."""
    port, admin = free_port(), free_port()
    key, secret = secrets.token_hex(32), secrets.token_hex(32)
    account = {
        "name": "node",
        "keys": [{"api_key": key, "api_secret": secret}],
        "balances": {"USDT": "100000", "BTC": "1"},
    }
    config = place / "simvenue.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "data_dir": str(place / "ledger"),
                "admin": {"host": "127.0.0.1", "port": admin},
                "venues": {"binance_futures": {"host": "0.0.0.0", "port": port, "instruments": ["BTCUSDT"]}},
                "accounts": [account],
                "market": {"kind": "synthetic", "seed": 7},
            }
        )
    )
    config.chmod(0o600)
    with (place / "simvenue.log").open("w") as log:
        process = subprocess.Popen([_SIMVENUE, "serve", "--config", config], stdout=log, stderr=log)
    try:
        yield Exchange(port=port, admin=f"http://127.0.0.1:{admin}", key=key, secret=secret)
    finally:
        process.terminate()
        process.wait(30)


def trade_on(checkout: Path, venue: Exchange, *, controller: str) -> None:
    """Edit a testnet inventory: lab1 trades there, at the controller's address, and has no exchange itself."""
    inventory = checkout / "inventory/testnet"
    hosts = yaml.safe_load((inventory / "hosts.yml").read_text())
    del hosts["simvenue"]
    (inventory / "hosts.yml").write_text(yaml.safe_dump(hosts))
    chosen = inventory / "group_vars/all/vars.yml"
    chosen.write_text(chosen.read_text().replace("venue: simvenue", "venue: testnet"))
    settings = {"BINANCE_BASE_URL_HTTP": "http", "BINANCE_BASE_URL_WS": "ws", "BINANCE_BASE_URL_WS_STREAM": "ws"}
    address = f"{controller}:{venue.port}"
    (inventory / "host_vars").mkdir()
    (inventory / "host_vars/lab1.yml").write_text(
        yaml.safe_dump(
            {
                "tradingnode_settings": {name: f"{scheme}://{address}" for name, scheme in settings.items()},
                "vault_binance_api_key": venue.key,
                "vault_binance_api_secret": venue.secret,
            }
        )
    )
