"""One ``simvenue serve`` process with one exchange: starts on free ports, stops, tells its ledger."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.patience import PATIENCE
from tests.support.ports import free_port

STARTED_SECONDS = 60.0 * PATIENCE
STOPPED_SECONDS = 30.0 * PATIENCE


@dataclass(slots=True, kw_only=True)
class VenueProcess:
    """A venue on two ports of its own.

    Attributes:
        directory: Holds configuration, ledger and log.
        name: Which of simvenue's venues.
    """

    directory: Path
    name: str
    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def configure(self, venue: dict[str, Any], accounts: list[dict[str, Any]], **more: object) -> None:
        """Write the configuration."""
        data = self.directory / "venue"
        data.mkdir()
        document = {
            "data_dir": str(data),
            "admin": {"host": "127.0.0.1", "port": self.admin_port},
            "venues": {self.name: {"host": "127.0.0.1", "port": self.port, **venue}},
            "accounts": accounts,
            **more,
        }
        # It holds the secrets.
        self._config.touch(mode=0o600)
        self._config.write_text(yaml.safe_dump(document), encoding="utf-8")

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
        log = self.directory / "simvenue.log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    def resume(self) -> None:
        """Start the process on its configuration and ledger."""
        command = [str(Path(sys.executable).with_name("simvenue")), "serve", "--config", str(self._config)]
        before = len(self.log)
        with (self.directory / "simvenue.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.directory)
        deadline = time.monotonic() + STARTED_SECONDS
        try:
            while '"serving"' not in self.log[before:]:
                assert self.process.poll() is None, self.log
                assert time.monotonic() < deadline, self.log
                time.sleep(0.05)
        except BaseException:
            # It would burden every other test.
            self.stop()
            raise

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
        """The venue's own account of a customer's orders, fills and positions."""
        return self.admin("GET", f"ledger?account={account}")

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

    @property
    def _config(self) -> Path:
        return self.directory / "simvenue.yaml"
