"""What `nodecfg render` writes is started by upstream's own module, on a real Redis and a simulated venue."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.integration.node.world import API_KEY, API_SECRET, INSTRUMENT, MARKET_MAKER, REDIS_USER, TRADER, eventually
from tests.integration.nodecfg_command.conftest import REPOSITORY
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.node.world import Redis, Venue
    from tests.integration.nodecfg_command.conftest import Command


def _start(rendered: Path, log: Path, *options: str) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "BINANCE_FUTURES_TESTNET_API_KEY": API_KEY,
        "BINANCE_FUTURES_TESTNET_API_SECRET": API_SECRET,
    }
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "nautilus_trader.live", "--fsspec-url", str(rendered), *options],
            cwd=log.parent,
            env=environment,
            stdout=file,
            stderr=file,
        )


def test_upstreams_module_runs_it(command: Command, redis: Redis, venue: Venue, tmp_path: Path) -> None:
    """Upstream's module takes the file as it is, connects, reconciles, and its strategy has orders at the venue."""
    strategies, rendered, log = (tmp_path / name for name in ("strategies.yaml", "node.json", "upstream.log"))
    strategies.write_text(yaml.safe_dump({"strategies": [MARKET_MAKER]}))
    redis.admin("ACL", "SETUSER", REDIS_USER, "resetkeys", "~trader-TRADER-001:*")
    done = command.run(
        "render",
        "--with-secrets",
        "--output",
        str(rendered),
        NAUTILUS_TRADER_ID="TRADER-001",
        NAUTILUS_STRATEGIES_FILE=str(strategies),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert rendered.stat().st_mode & 0o777 == 0o600
    node = _start(rendered, log)
    try:
        eventually(venue.open_orders, seconds=40, what="orders at the venue")
        assert redis.admin("KEYS", "trader-TRADER-001:orders:*")
        node.send_signal(signal.SIGTERM)
        assert node.wait(40 * PATIENCE) == 0
    finally:
        if node.poll() is None:
            node.kill()
            node.wait()
    assert "Execution state reconciled" in log.read_text(errors="replace")


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("NAUTILUS_TRADER_ID", TRADER, "nautilus_trader.model.identifiers.TraderId"),
        ("RECONCILIATION_INSTRUMENT_IDS", INSTRUMENT, "nautilus_trader.model.identifiers.InstrumentId"),
    ],
)
def test_upstreams_module_refuses_it(command: Command, tmp_path: Path, name: str, value: str, kind: str) -> None:
    """1.231.0 decodes without its own hook: when this test fails, the refusal of `render` can go."""
    rendered = tmp_path / "node.json"
    changes = {"NAUTILUS_TRADER_ID": "TRADER-001", name: value}
    refused = command.run("render", "--output", str(rendered), **changes)
    assert (refused.returncode, rendered.exists()) == (78, False)
    assert f"{name} = {value}: is in the config, and upstream's module refuses it there: Expected {kind}" in (
        refused.stderr
    )
    done = command.run("render", "--allow-refused", "--output", str(rendered), **changes)
    assert done.returncode == 0
    node = _start(rendered, tmp_path / "upstream.log")
    assert node.wait(60 * PATIENCE) == 1
    assert f"Expected `{kind}`" in (tmp_path / "upstream.log").read_text()


def test_upstreams_module_builds_leverages(command: Command, redis: Redis, tmp_path: Path) -> None:
    """Leverages and margin types, whose keys are Binance's symbols, are decoded by upstream's module too."""
    rendered, log = tmp_path / "node.json", tmp_path / "upstream.log"
    redis.admin("ACL", "SETUSER", REDIS_USER, "resetkeys", "~trader-TRADER-001:*")
    done = command.run(
        *("render", "--as-default-trader", "--with-secrets", "--output", str(rendered)),
        BINANCE_LEVERAGES=json.dumps({INSTRUMENT: 5}),
        BINANCE_MARGIN_TYPES=json.dumps({INSTRUMENT: "CROSSED"}),
    )
    assert done.returncode == 0, done.stderr
    node = _start(rendered, log, "--start", "false")
    assert node.wait(60 * PATIENCE) == 0, log.read_text()
    assert "Building execution client for BINANCE" in log.read_text()
