"""Starts and stops the processes of the conformance tests: the venue, and nodes that trade on it."""

from __future__ import annotations

import http.client
import json
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

REPOSITORY = Path(__file__).resolve().parents[3]
INSTRUMENTS = ["BTCUSDT", "ETHUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT"]
STARTED_SECONDS = 15.0
STOPPED_SECONDS = 30.0


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass(frozen=True, slots=True)
class Customer:
    """Who trades: an account and its API key, of either kind."""

    account: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    public_key: str | None = None

    @classmethod
    def hmac(cls, account: str) -> Customer:
        """A customer whose secret signs."""
        return cls(account, secrets.token_hex(32), secrets.token_hex(32))

    @classmethod
    def ed25519(cls, account: str) -> Customer:
        """A customer whose private key signs."""
        private = Ed25519PrivateKey.generate()
        secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return cls(account, secrets.token_hex(32), secret, public)

    @property
    def configured(self) -> dict[str, Any]:
        """The account as the venue's configuration names it."""
        proof = {"public_key": self.public_key} if self.public_key else {"api_secret": self.api_secret}
        return {
            "name": self.account,
            "keys": [{"api_key": self.api_key, **proof}],
            "balances": {"USDT": "1000000"},
        }


@dataclass(slots=True)
class Simvenue:
    """One ``simvenue serve`` process."""

    directory: Path
    customer: Customer
    port: int
    admin_port: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(
        cls, directory: Path, *, speed: float = 1.0, others: tuple[Customer, ...] = (), rate_limits: bool = True
    ) -> Simvenue:
        """Write the configuration and start; returns when the admin API answers."""
        port, admin_port = _free_ports(2)
        venue = cls(directory, Customer.hmac("node"), port, admin_port)
        config = {
            "data_dir": str(directory / "venue"),
            "admin": {"host": "127.0.0.1", "port": admin_port},
            "venues": {
                "binance_futures": {
                    "host": "127.0.0.1",
                    "port": port,
                    "instruments": INSTRUMENTS,
                    "rate_limits": rate_limits,
                },
            },
            "accounts": [customer.configured for customer in (venue.customer, *others)],
            "market": {"kind": "synthetic", "seed": 7, "speed": speed},
        }
        venue.config.touch(mode=0o600)
        venue.config.write_text(yaml.safe_dump(config), encoding="utf-8")
        (directory / "venue").mkdir()
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
    def admin(self) -> str:
        """Address of the admin API."""
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def log(self) -> str:
        """Everything the process printed."""
        return (self.directory / "simvenue.log").read_text(encoding="utf-8")

    def resume(self) -> None:
        """Start the process on its configuration and ledger."""
        command = [str(Path(sys.executable).with_name("simvenue")), "serve", "--config", str(self.config)]
        with (self.directory / "simvenue.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.directory)
        deadline = time.monotonic() + STARTED_SECONDS
        while True:
            try:
                self._get("health")
            except ConnectionError:
                assert self.process.poll() is None, self.log
                assert time.monotonic() < deadline, self.log
                time.sleep(0.05)
            else:
                return

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

    def ledger(self, account: str = "node") -> dict[str, Any]:
        """The venue's own account of a node's orders, fills and positions."""
        return self._get(f"ledger?account={account}")

    def _get(self, path: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        try:
            connection.request("GET", f"/admin/v1/{path}")
            document: dict[str, Any] = json.load(connection.getresponse())
        finally:
            connection.close()
        return document


@dataclass(frozen=True, slots=True)
class NodeRun:
    """What a node process left: its report, its log, its exit code."""

    report: dict[str, Any]
    log: str
    exit_code: int

    @property
    def errors(self) -> list[str]:
        """The log lines that upstream marks as errors."""
        return [line for line in self.log.splitlines() if "[ERROR]" in line or "Traceback" in line]


class Node:
    """One node process that runs a scenario."""

    def __init__(
        self, venue: Simvenue, directory: Path, scenario: str, *, seconds: float, customer: Customer | None = None
    ) -> None:
        """Start the process; the scenario may take ``seconds``."""
        customer = customer or venue.customer
        self._seconds = seconds
        self._report, self._log = directory / f"{scenario}.report.json", directory / f"{scenario}.log"
        self.marker = directory / f"{scenario}.marker"
        settings_file = directory / f"{scenario}.json"
        settings = {
            "scenario": scenario,
            "seconds": seconds,
            "report": str(self._report),
            "log": str(self._log),
            "marker": str(self.marker),
            "http": venue.http,
            "ws": venue.ws,
            "admin": venue.admin,
            "account": customer.account,
            "api_key": customer.api_key,
            "api_secret": customer.api_secret,
        }
        settings_file.write_text(json.dumps(settings), encoding="utf-8")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.venue.node_process", str(settings_file)],
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        """Everything the process printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End the process at once, if it still runs."""
        self._process.kill()
        self._process.wait()

    def wait(self) -> NodeRun:
        """Wait for the end; a node that does not end is killed."""
        try:
            self._process.wait(self._seconds + 45)
        finally:
            self.kill()
        assert self._report.exists(), self.log[-4000:]
        return NodeRun(json.loads(self._report.read_text(encoding="utf-8")), self.log, self._process.returncode)


def run_node(venue: Simvenue, directory: Path, scenario: str, *, seconds: float) -> NodeRun:
    """Run one node to the end of a scenario."""
    return Node(venue, directory, scenario, seconds=seconds).wait()
