"""The spot market in a real simvenue process, its customers, and nodes that trade on it."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.integration.venue.processes import STARTED_SECONDS, STOPPED_SECONDS, Customer, NodeRun

REPOSITORY = Path(__file__).resolve().parents[3]
BALANCES = {"USDT": "1000000", "BTC": "10", "ETH": "100", "DOGE": "100000"}
READ_ONLY = "only-looks"


@dataclass(slots=True)
class SpotVenue:
    """One ``simvenue serve`` process with the spot market; its ports are the system's choice and change at a restart.

    Args:
        directory: Holds configuration, ledger and log.
        customer: Signs with Ed25519, as the venue's sessions ask for.
        hmac: The same account's other key.
        reader: A third key of it, which may only look.
    """

    directory: Path
    customer: Customer
    hmac: Customer
    reader: Customer
    port: int = 0
    admin_port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls, directory: Path) -> SpotVenue:
        """Write the configuration and start; returns when the admin API answers."""
        venue = cls(directory, Customer.ed25519("node"), Customer.hmac("node"), Customer.hmac("node"))
        keys = [
            {"api_key": venue.customer.api_key, "public_key": venue.customer.public_key},
            {"api_key": venue.hmac.api_key, "api_secret": venue.hmac.api_secret},
            {"api_key": venue.reader.api_key, "api_secret": venue.reader.api_secret, "permissions": ["read"]},
        ]
        config = {
            "data_dir": str(directory / "data"),
            "admin": {"host": "127.0.0.1", "port": 0},
            "venues": {
                "binance_spot": {
                    "host": "127.0.0.1",
                    "port": 0,
                    "instruments": ["BTCUSDT", "ETHUSDT", "XRPUSDT", "DOGEUSDT"],
                }
            },
            "accounts": [{"name": "node", "keys": keys, "balances": BALANCES}],
            "market": {"kind": "synthetic", "seed": 7, "speed": 1.0},
            "debug": True,
        }
        venue.config.touch(mode=0o600)
        venue.config.write_text(yaml.safe_dump(config), encoding="utf-8")
        venue.resume()
        return venue

    @property
    def config(self) -> Path:
        """The configuration file, which holds the secrets."""
        return self.directory / "simvenue.yaml"

    @property
    def http(self) -> str:
        """Address of the REST endpoints."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        """Address of the streams."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything the process printed."""
        return (self.directory / "simvenue.log").read_text(encoding="utf-8")

    def resume(self) -> None:
        """Start the process on its configuration and ledger, on the ports it had before."""
        document = yaml.safe_load(self.config.read_text(encoding="utf-8"))
        document["admin"]["port"], document["venues"]["binance_spot"]["port"] = self.admin_port, self.port
        self.config.write_text(yaml.safe_dump(document), encoding="utf-8")
        command = [str(Path(sys.executable).with_name("simvenue")), "serve", "--config", str(self.config)]
        before = len(self.log) if (self.directory / "simvenue.log").exists() else 0
        with (self.directory / "simvenue.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.directory)
        deadline = time.monotonic() + STARTED_SECONDS
        while (urls := _urls(self.log[before:])) is None:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)
        self.port, self.admin_port = urls

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait for it."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(STOPPED_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            self.process = None

    def ledger(self) -> dict[str, Any]:
        """The venue's own account of the customer's orders and fills."""
        return self.admin("GET", "ledger?venue=binance_spot&account=node")

    def admin(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask the admin API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, f"/admin/v1/{path}", payload, {"Content-Type": "application/json"})
            response = connection.getresponse()
            document: dict[str, Any] = json.load(response)
        finally:
            connection.close()
        assert response.status < 300, document
        return document


def _urls(log: str) -> tuple[int, int] | None:
    for line in log.splitlines():
        if '"serving"' in line:
            document = json.loads(line)
            return tuple(int(document[name].rpartition(":")[2]) for name in ("binance_spot", "admin"))  # type: ignore[return-value]
    return None


class Node:
    """One node process that runs a scenario."""

    def __init__(
        self, venue: SpotVenue, directory: Path, scenario: str, *, seconds: float, customer: Customer | None = None
    ) -> None:
        """Start the process; the scenario may take ``seconds``."""
        customer = customer or venue.customer
        self._seconds = seconds
        self._report, self._log = directory / f"{scenario}.report.json", directory / f"{scenario}.log"
        self.marker = directory / f"{scenario}.marker"
        settings = {
            "scenario": scenario,
            "seconds": seconds,
            "report": str(self._report),
            "log": str(self._log),
            "marker": str(self.marker),
            "http": venue.http,
            "ws": venue.ws,
            "admin": f"http://127.0.0.1:{venue.admin_port}",
            "api_key": customer.api_key,
            "api_secret": customer.api_secret,
        }
        settings_file = directory / f"{scenario}.json"
        settings_file.write_text(json.dumps(settings), encoding="utf-8")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.venue_spot.node_process", str(settings_file)],
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        """Everything the process printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait(self) -> NodeRun:
        """Wait for the end; a node that does not end is killed."""
        try:
            self.process.wait(self._seconds + 45)
        finally:
            self.kill()
        assert self._report.exists(), self.log[-4000:]
        return NodeRun(json.loads(self._report.read_text(encoding="utf-8")), self.log, self.process.returncode)

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()
