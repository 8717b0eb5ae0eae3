"""Starts the real simvenue and talks to it over real HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.patience import PATIENCE

SIMVENUE = Path(sys.executable).with_name("simvenue")
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Simvenue:
    """One `simvenue serve`, restartable on the same data."""

    config: Path
    url: str
    venue_url: str
    process: subprocess.Popen[str] | None = None

    def start(self, **environment: str) -> Simvenue:
        """Start it and wait until it answers."""
        command = [str(SIMVENUE), "serve", "--config", str(self.config)]
        log = (self.config.parent / "serve.log").open("a")
        with log:
            self.process = subprocess.Popen(
                command, stderr=log, stdout=log, text=True, env={"PATH": "/usr/bin:/bin", **environment}
            )
        deadline = time.monotonic() + 90
        while True:
            assert self.process.poll() is None, (self.config.parent / "serve.log").read_text()
            assert time.monotonic() < deadline, "simvenue does not answer"
            try:
                assert self.call("GET", "/admin/v1/health")[0] == 200
            except OSError:
                time.sleep(0.05)
            else:
                return self

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Make one request; give status and JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)  # noqa: S310 - our own
        try:
            with _opener.open(request, timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def ask_venue(self, path: str) -> int:
        """Ask the venue something without a signature; give the status."""
        try:
            with _opener.open(self.venue_url + path, timeout=10) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def order(self, **fields: object) -> tuple[int, Any]:
        """Place an order; BTCUSDT limit unless told otherwise."""
        return self.call("POST", "/admin/v1/orders", {"symbol": "BTCUSDT", "type": "LIMIT", **fields})

    def ledger(self, account: str, venue: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """Dump an account's ledger."""
        named = f"&venue={venue}" if venue else ""
        status, document = self.call("GET", f"/admin/v1/ledger?account={account}{named}")
        assert status == 200
        return document

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the simvenue command against it."""
        command = [str(SIMVENUE), *arguments, "--admin-url", self.url]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30 * PATIENCE)

    def kill(self) -> None:
        """Kill it without a chance to do anything."""
        self.end(signal.SIGKILL)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait; give its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(30 * PATIENCE)
        self.process = None
        return code
