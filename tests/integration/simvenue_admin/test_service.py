"""The process: starts, stops, refuses, survives."""

from __future__ import annotations

import asyncio
import random
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.integration.simvenue_admin.process import SIMVENUE
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.simvenue_admin.process import Simvenue


def test_stops_clean_and_fast(simvenue: Simvenue) -> None:
    """SIGTERM ends it with exit 0 within two seconds."""
    begun = time.monotonic()
    assert simvenue.end() == 0
    assert time.monotonic() - begun < 2 * PATIENCE


def test_tells_systemd(stopped: Simvenue, tmp_path: Path) -> None:
    """READY comes when both ports answer, STOPPING when it is asked to stop."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5 * PATIENCE)
        stopped.start(NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert systemd.recv(1000) == b"STATUS=opening the ledgers"
        assert systemd.recv(1000).startswith(b"READY=1\nSTATUS=serving binance_futures at http://127.0.0.1:")
        stopped.end()
        assert systemd.recv(1000) == b"STOPPING=1\nSTATUS=stopped"


async def test_stops_fast_with_open_connections(simvenue: Simvenue) -> None:
    """Clients with open sockets cannot hold up a stop."""
    async with aiohttp.ClientSession() as session:
        url = f"{simvenue.venue_url}/stream?streams=btcusdt@bookTicker"
        sockets = [await session.ws_connect(url, autoping=False, autoclose=False) for _ in range(3)]
        for connection in sockets:
            await connection.receive(timeout=5 * PATIENCE)
        begun = time.monotonic()
        assert await asyncio.to_thread(simvenue.end) == 0
        assert time.monotonic() - begun < 2 * PATIENCE


def test_ends_when_the_ledger_cannot_be_written(simvenue: Simvenue) -> None:
    """When its ledger refuses writes it does not go on with what it cannot keep: exit 74, with the reason."""
    assert simvenue.process is not None
    ledger = simvenue.config.parent / "data/binance_futures.sqlite"
    with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert simvenue.process.wait(20 * PATIENCE) == 74
    simvenue.process = None
    log = (simvenue.config.parent / "serve.log").read_text()
    assert "another program is writing to it; stop that one" in log
    assert "Traceback" not in log


def test_rubbish_is_no_failure_of_ours(simvenue: Simvenue) -> None:
    """Bytes that are no HTTP, and a body that cannot be unpacked, leave no error in the log."""
    packed = b"POST /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    for url, path in ((simvenue.url, b"admin/v1/orders"), (simvenue.venue_url, b"fapi/v1/order")):
        for rubbish in (b"\x16\x03\x01\r\n\r\n", b"GET /?\xff HTTP/1.1\r\n\r\n", packed % path):
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5) as connection:
                connection.sendall(rubbish)
                connection.shutdown(socket.SHUT_WR)
                assert b" 40" in connection.recv(1000)
    assert simvenue.end() == 0
    log = (simvenue.config.parent / "serve.log").read_text()
    assert '"level": "error"' not in log
    assert "Traceback" not in log


def _refused(simvenue: Simvenue) -> tuple[int, str]:
    command = [str(SIMVENUE), "serve", "--config", str(simvenue.config)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30 * PATIENCE)
    output = result.stdout + result.stderr
    assert "Traceback" not in output
    assert "secret-of-node" not in output
    return result.returncode, output


def test_port_taken(stopped: Simvenue) -> None:
    """A taken port is named with its key, exit 69."""
    port = int(stopped.venue_url.rsplit(":", 1)[1])
    with socket.create_server(("127.0.0.1", port)):
        code, output = _refused(stopped)
    assert code == 69
    assert f"venues.binance_futures: 127.0.0.1:{port} is taken by another process; stop that one" in output


def test_address_of_another_machine(stopped: Simvenue) -> None:
    """An address that is not this machine's is named with its key, exit 69."""
    text = stopped.config.read_text().replace("admin: {host: 127.0.0.1", "admin: {host: 192.0.2.1")
    stopped.config.write_text(text)
    code, output = _refused(stopped)
    assert code == 69
    assert "admin: 192.0.2.1:" in output
    assert "set host to an address of this machine" in output


def test_second_on_the_same_data(simvenue: Simvenue) -> None:
    """A second simvenue on the same data directory is refused with exit 74."""
    code, output = _refused(simvenue)
    assert code == 74
    assert "another simvenue holds it" in output


def test_wrong_configuration(stopped: Simvenue) -> None:
    """A wrong configuration shows every problem on its own line, exit 78."""
    text = stopped.config.read_text().replace("BTCUSDT", "BTCUSD").replace("seed", "sed")
    stopped.config.write_text(text)
    stopped.config.chmod(0o644)
    code, output = _refused(stopped)
    assert code == 78
    lines = [line for line in output.splitlines() if line.startswith(f"{stopped.config}: ")]
    assert len(lines) == 2
    assert "chmod 0640" in lines[0]
    assert "market.sed is not a known key; did you mean seed?" in lines[1]


def test_recording_that_is_none(stopped: Simvenue, tmp_path: Path) -> None:
    """A file that is no recording is named, exit 78."""
    (tmp_path / "trades.parquet").write_text("no parquet")
    replay = "kind: replay, file: trades.parquet, symbol: BTCUSDT"
    stopped.config.write_text(stopped.config.read_text().replace("kind: synthetic, seed: 7", replay))
    code, output = _refused(stopped)
    assert code == 78
    assert "trades.parquet has the columns no parquet; known are" in output


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kill_loses_nothing_acknowledged(stopped: Simvenue, seed: int) -> None:
    """Killed with -9 while trading, it comes back with every acknowledged order and fill, ids rising, books exact."""
    rng = random.Random(seed)  # noqa: S311 - a schedule, no secret
    acknowledged: list[Any] = []
    simvenue = stopped.start()

    def trade() -> None:
        try:
            while True:
                mark = Decimal(simvenue.call("GET", "/admin/v1/state")[1]["instruments"][0]["mark_price"])
                price = (mark * Decimal(rng.choice(["0.9998", "1.0002", "0.98", "1.02"]))).quantize(Decimal("0.1"))
                status, order = simvenue.order(
                    account="node", side=rng.choice(["BUY", "SELL"]), quantity="0.01", price=str(price)
                )
                assert status == 200, order
                acknowledged.append(order)
        except OSError:
            return

    trader = threading.Thread(target=trade)
    trader.start()
    time.sleep(1 + rng.random())
    simvenue.kill()
    trader.join()
    assert len(acknowledged) > 20

    simvenue.start()
    ledger = simvenue.ledger("node")
    found = {order["order_id"]: order for order in ledger["orders"]}
    for order in acknowledged:
        assert order["order_id"] in found
        assert Decimal(found[order["order_id"]]["filled"]) >= Decimal(order["filled"])
    assert len(found) - len(acknowledged) <= 1  # one may have been accepted with its answer lost
    audit = simvenue.run("audit")
    assert audit.returncode == 0, audit.stdout
    _, fresh = simvenue.order(account="node", side="BUY", quantity="0.01", price="59000")
    assert fresh["order_id"] > max(found)
    state = simvenue.call("GET", "/admin/v1/state")[1]["instruments"][0]
    assert Decimal(state["bid"]) < Decimal(state["ask"])


def test_replay_of_recorded_trades(stopped: Simvenue, repository: Path) -> None:
    """A configured recording moves the price through its own range, faster when told."""
    recording = repository.parent / "shared/data/recorded/btcusdt-trades.parquet"
    replay = f"kind: replay, file: {recording}, symbol: BTCUSDT"
    text = stopped.config.read_text().replace("kind: synthetic, seed: 7, speed: 1.0", f"{replay}, speed: 20")
    stopped.config.write_text(text)
    simvenue = stopped.start()
    prices = set()
    for _ in range(20):
        instruments = simvenue.call("GET", "/admin/v1/state")[1]["instruments"]
        prices.add(Decimal(instruments[0]["mark_price"]))
        time.sleep(0.1)
    assert len(prices) > 5
    assert all(39_430 <= price <= 39_550 for price in prices)
    assert instruments[0]["market"].startswith("replay:btcusdt-trades.parquet")
    assert instruments[1]["market"] == "synthetic:7"
