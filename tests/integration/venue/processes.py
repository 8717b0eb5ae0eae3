"""The customers of the conformance tests, their venue, and the nodes that trade on it."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.integration.venue.venue_process import VenueProcess
from tests.support.patience import PATIENCE

REPOSITORY = Path(__file__).resolve().parents[3]
# Generous: several start side by side, and one that is waited for costs nothing.
STARTS_AND_STOPS = 150.0
INSTRUMENTS = ["BTCUSDT", "ETHUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT"]


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
    def key(self) -> dict[str, Any]:
        """The key as the venue's configuration names it."""
        proof = {"public_key": self.public_key} if self.public_key else {"api_secret": self.api_secret}
        return {"api_key": self.api_key, **proof}


@dataclass(slots=True, kw_only=True)
class Simvenue(VenueProcess):
    """Binance's futures, and who trades there."""

    customer: Customer

    @classmethod
    def start(
        cls, directory: Path, *, speed: float = 1.0, others: tuple[Customer, ...] = (), rate_limits: bool = True
    ) -> Simvenue:
        """Write the configuration and start; returns when the venue serves."""
        venue = cls(directory=directory, name="binance_futures", customer=Customer.hmac("node"))
        venue.configure(
            {"instruments": INSTRUMENTS, "rate_limits": rate_limits},
            [
                {"name": customer.account, "keys": [customer.key], "balances": {"USDT": "1000000"}}
                for customer in (venue.customer, *others)
            ],
            market={"kind": "synthetic", "seed": 7, "speed": speed},
        )
        venue.resume()
        return venue


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
    """One node process that runs a scenario.

    Args:
        venue: Where it trades.
        directory: For settings, log and report.
        scenario: What it does.
        seconds: How long that may take.
        customer: Who it is.
        module: The node's program.
    """

    def __init__(
        self,
        venue: VenueProcess,
        directory: Path,
        scenario: str,
        *,
        seconds: float,
        customer: Customer,
        module: str = "tests.integration.venue.node_process",
    ) -> None:
        """Start the process."""
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
            "admin": f"http://127.0.0.1:{venue.admin_port}",
            "account": customer.account,
            "api_key": customer.api_key,
            "api_secret": customer.api_secret,
        }
        settings_file.write_text(json.dumps(settings), encoding="utf-8")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(settings_file)],
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
            self._process.wait(self._seconds * PATIENCE + STARTS_AND_STOPS)
        finally:
            self.kill()
        assert self._report.exists(), self.log[-4000:]
        return NodeRun(json.loads(self._report.read_text(encoding="utf-8")), self.log, self._process.returncode)


def run_node(venue: Simvenue, directory: Path, scenario: str, *, seconds: float) -> NodeRun:
    """Run one node to the end of a scenario."""
    return Node(venue, directory, scenario, seconds=seconds, customer=venue.customer).wait()
