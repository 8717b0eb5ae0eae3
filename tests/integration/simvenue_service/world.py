"""A real simvenue with every venue on free ports, and ways to ask it over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simvenue import demo
from tests.support.patience import PATIENCE
from tests.support.ports import free_port

SIMVENUE = Path(sys.executable).with_name("simvenue")
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(method: str, url: str, body: object = None) -> tuple[int, Any]:
    """Make one request; give status and JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 - our own
    try:
        with _opener.open(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@dataclass
class Everything:
    """One simvenue process with all venues, as a run without a configuration has them, on free ports."""

    place: Path
    environment: dict[str, str]
    document: dict[str, Any] = field(init=False)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        """Write the configuration."""
        config = demo.prepare(self.place)
        self.document = yaml.safe_load(config.read_text())
        for part in (self.document["admin"], *self.document["venues"].values()):
            part["port"] = free_port()
        self.write()

    def write(self) -> None:
        """Write the configuration as it is now."""
        (self.place / demo.CONFIG).write_text(yaml.safe_dump(self.document))

    @property
    def admin(self) -> str:
        """Where the admin API is."""
        return f"http://127.0.0.1:{self.document['admin']['port']}/admin/v1"

    @property
    def log(self) -> str:
        """All the process printed."""
        return (self.place / "serve.log").read_text()

    def url(self, venue: str) -> str:
        """Where a venue is."""
        return f"http://127.0.0.1:{self.document['venues'][venue]['port']}"

    def start(self) -> Everything:
        """Start it as a user would, without options, and wait until it answers."""
        with (self.place / "serve.log").open("ab") as log:
            self.process = subprocess.Popen([SIMVENUE, "serve"], stdout=log, stderr=log, env=self.environment)
        try:
            self.answers()
        except BaseException:
            # It would burden every other test.
            self.process.kill()
            self.process.wait()
            raise
        return self

    def answers(self, since_ms: int = 0) -> int:
        """Wait until a process answers that began after a time; give when it began."""
        deadline = time.monotonic() + 60
        while True:
            assert self.process is not None
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            try:
                _, health = call("GET", f"{self.admin}/health")
            except OSError:
                health = {"started_ms": 0}
            if health["started_ms"] > since_ms:
                return int(health["started_ms"])
            time.sleep(0.05)

    def end(self) -> int:
        """Stop it; give its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(30 * PATIENCE)
        self.process = None
        return code
