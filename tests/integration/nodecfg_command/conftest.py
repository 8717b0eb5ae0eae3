"""A Redis, a venue and an env file for the command, each test its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from nodecfg.cli import app
from tests.integration.node.world import (
    API_KEY,
    API_SECRET,
    INSTRUMENT,
    REDIS_PASSWORD,
    REDIS_USER,
    TRADER,
    Redis,
    Venue,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Command:
    """The installed `nodecfg`, with an env file of its own."""

    directory: Path
    variables: dict[str, str]

    def run(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Runs a command over the variables with changes."""
        return subprocess.run(
            [sys.executable, "-m", "nodecfg", *arguments, "--env-file", str(self._env_file(changes))],
            cwd=self.directory,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(self.directory)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def doctor(self, *arguments: str, **changes: str) -> tuple[int, dict[str, dict[str, str]]]:
        """Runs the doctor in this process, without retries; gives exit code and findings by check."""
        line = ["doctor", "--json", "--retries", "0", *arguments, "--env-file", str(self._env_file(changes))]
        done = CliRunner().invoke(app, line)
        assert isinstance(done.exception, SystemExit | None), done.exception
        for secret in (API_KEY, API_SECRET, REDIS_PASSWORD):
            assert secret not in done.output
        document: dict[str, Any] = json.loads(done.stdout)
        return done.exit_code, {finding["check"]: finding for finding in document["findings"]}

    def _env_file(self, changes: dict[str, str]) -> Path:
        path = self.directory / "node.env"
        path.write_text("".join(f"{name}='{value}'\n" for name, value in {**self.variables, **changes}.items()))
        path.chmod(0o600)
        return path


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A running redis-server."""
    server = Redis(tmp_path / "redis").start()
    yield server
    server.stop()


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Venue]:
    """A running simulated venue."""
    process = Venue(tmp_path / "venue").start()
    yield process
    process.stop()


@pytest.fixture
def command(redis: Redis, venue: Venue, tmp_path: Path) -> Command:
    """The command, with settings that lead to both."""
    return Command(
        tmp_path,
        {
            "NAUTILUS_TRADER_ID": TRADER,
            "REDIS_PORT": str(redis.port),
            "REDIS_USERNAME": REDIS_USER,
            "REDIS_PASSWORD": REDIS_PASSWORD,
            "REDIS_RESPONSE_TIMEOUT": "2",
            "BINANCE_API_KEY": API_KEY,
            "BINANCE_API_SECRET": API_SECRET,
            "BINANCE_TESTNET": "true",
            "BINANCE_INSTRUMENT_IDS": INSTRUMENT,
            "BINANCE_BASE_URL_HTTP": venue.url,
            "BINANCE_BASE_URL_WS": f"ws://127.0.0.1:{venue.port}",
            "BINANCE_BASE_URL_WS_STREAM": f"ws://127.0.0.1:{venue.port}",
        },
    )
