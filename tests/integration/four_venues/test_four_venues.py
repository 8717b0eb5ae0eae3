"""One node, three exchanges, four markets: it trades on all, logs no error, and believes what the ledgers say."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dotenv import dotenv_values

from simvenue import demo
from tests.integration.four_venues.node_process import INSTRUMENTS
from tests.integration.node.world import REDIS_PASSWORD, REDIS_USER, TRADER, stop_process
from tests.integration.simvenue_service.world import call
from tests.support.ledger import differences
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.integration.node.world import Redis
    from tests.integration.simvenue_service.world import Everything

REPOSITORY = Path(__file__).resolve().parents[3]
_STARTS_SECONDS, _STOPS_SECONDS = 60.0 * PATIENCE, 30.0 * PATIENCE
_LAST_EVENTS_SECONDS = 3.0
_PLACES = Decimal("1e-8")


def variables(world: Everything) -> dict[str, str]:
    """Give keys and addresses of every venue as a node's environment has them."""
    # The keys are those of the file that a user is pointed to; the ports are this test's own.
    found = {name: value for name, value in dotenv_values(world.place / demo.KEYS).items() if value}
    for venue, prefix in (("binance_futures", "BINANCE"), ("binance_spot", "BINANCE_SPOT"), ("bybit", "BYBIT")):
        address = world.url(venue).removeprefix("http://")
        for name in found:
            if name.startswith(f"{prefix}_BASE_URL"):
                found[name] = f"{found[name].partition(':')[0]}://{address}"
    return found


def fills(world: Everything) -> dict[str, set[str]]:
    """Give the sides that were filled, by market."""
    found: dict[str, set[str]] = {}
    for venue in world.document["venues"]:
        for fill in call("GET", f"{world.admin}/ledger?venue={venue}&account=node")[1]["fills"]:
            found.setdefault(f"{venue} {fill['symbol']}", set()).add(fill["side"])
    return found


def _trade(world: Everything, redis: Redis, directory: Path, seconds: float) -> tuple[dict[str, Any], str, int]:
    """Run the node while the markets move; they stand still before it ends, so that nothing is on its way then."""
    report, log = directory / "report.json", directory / "node.log"
    settings = {
        "trader": TRADER,
        "variables": variables(world),
        "report": str(report),
        "redis_port": redis.port,
        "redis_user": REDIS_USER,
        "redis_password": REDIS_PASSWORD,
    }
    settings_file = directory / "settings.json"
    settings_file.write_text(json.dumps(settings), encoding="utf-8")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.four_venues.node_process", str(settings_file)],
            cwd=REPOSITORY,
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + _STARTS_SECONDS
        while len(fills(world)) < len(INSTRUMENTS):
            assert process.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < deadline, (fills(world), log.read_text()[-4000:])
            time.sleep(0.5)
        time.sleep(seconds)
        call("POST", f"{world.admin}/market/pause")
        time.sleep(_LAST_EVENTS_SECONDS)
        process.send_signal(signal.SIGUSR1)
        process.wait(_STOPS_SECONDS)
    finally:
        stop_process(process)
    return json.loads(report.read_text()), log.read_text(errors="replace"), process.returncode


_CLIENTS = {"binance_futures": "BINANCE", "binance_spot": "BINANCE_SPOT", "bybit": "BYBIT"}


def _of_venue(document: dict[str, Any], venue: str) -> dict[str, Any]:
    ending = f".{_CLIENTS[venue]}"
    return {
        kind: [row for row in document[kind] if row["instrument_id"].endswith(ending)]
        for kind in ("orders", "fills", "positions")
    }


def compare(venue: str, report: dict[str, Any], ledger: dict[str, Any]) -> None:
    """Fail unless a node's dump is what a venue's ledger says; balances too where the dump has them."""
    node = _of_venue(report, venue)
    found = differences(node, ledger)
    # Spot knows no positions; what upstream rounds fees to in its own ones is not the venue's. Balances are.
    assert [line for line in found if venue != "binance_spot" or not line.startswith("position ")] == []
    assert _fees(node["fills"]) == _fees(ledger["fills"])
    if "balances" in report:
        cached = {asset: Decimal(amount) for asset, amount in report["balances"][_CLIENTS[venue]].items()}
        for asset, amount in ledger["balances"].items():
            assert cached.get(asset, Decimal(0)) == Decimal(amount).quantize(_PLACES), asset


def _fees(rows: list[dict[str, Any]]) -> Counter[tuple[str, Decimal, Decimal, Decimal, str]]:
    return Counter(
        (
            fill["client_order_id"],
            Decimal(fill["price"]),
            Decimal(fill["quantity"]),
            Decimal(fill["commission"]).quantize(_PLACES),
            fill.get("commission_currency") or fill["commission_asset"],
        )
        for fill in rows
    )


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(20, marks=pytest.mark.slow, id="half a minute"),
        pytest.param(600, marks=[pytest.mark.nightly], id="ten minutes"),
    ],
)
def test_trades_on_all_four(everything: Everything, redis: Redis, tmp_path: Path, seconds: float) -> None:
    """Both sides are filled on each market, no ERROR line; orders, fills, fees and balances are the ledgers'."""
    report, log, code = _trade(everything, redis, tmp_path, seconds)
    assert [line for line in log.splitlines() if "[ERROR]" in line or "Traceback" in line or "panicked" in line] == []
    assert code == 0
    assert list(fills(everything).values()) == [{"BUY", "SELL"}] * len(INSTRUMENTS)
    for venue in everything.document["venues"]:
        _, ledger = call("GET", f"{everything.admin}/ledger?venue={venue}&account=node")
        compare(venue, report, ledger)
        _, audit = call("GET", f"{everything.admin}/audit?venue={venue}")
        assert not any(audit["contradictions"].values()), venue
        print(f"{venue}: {len(ledger['orders'])} orders, {len(ledger['fills'])} fills")
    assert "Traceback" not in everything.log
