"""Orders per second and acknowledgement latency of simvenue beside a bare aiohttp echo, and its memory over time."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from rich.console import Console
from rich.table import Table
from yarl import URL

from tests.integration.simvenue_service.world import Everything

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_HERE = Path(__file__).parent
_SECONDS = 5.0
_WARM_UP_SECONDS = 1.0
_CONNECTIONS = (1, 10, 50)
_EVENTS = 1_000_000
# An order that is accepted, written down, tried against the book and done with: nothing piles up while it is measured.
_ORDER = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.010&price=58000.00"
type Send = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one series of requests came to."""

    per_second: float
    median_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load, and the key its requests are signed with."""

    url: str
    api_key: str
    secret: str

    def signed(self) -> str:
        """The order with time and signature."""
        query = f"{_ORDER}&timestamp={time.time_ns() // 1_000_000}"
        return f"{query}&signature={hmac.new(self.secret.encode(), query.encode(), hashlib.sha256).hexdigest()}"


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Binance futures in a process of its own, markets running, rate limits off."""
    state = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state))
        world = Everything(state / "simvenue", {"XDG_STATE_HOME": str(state), "PATH": os.environ["PATH"]})
    futures = world.document["venues"]["binance_futures"] | {"rate_limits": False, "instruments": ["BTCUSDT"]}
    world.document["venues"] = {"binance_futures": futures}
    world.write()
    key = world.document["accounts"][0]["keys"][0]
    world.start()
    yield Target(world.url("binance_futures"), key["api_key"], key["api_secret"])
    assert world.end() == 0


@contextmanager
def _echo(target: Target, reply: str) -> Iterator[Target]:
    # It gets the same requests and answers what simvenue answered to one of them.
    command = [sys.executable, str(_HERE / "bare_echo.py"), reply]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Target(f"http://127.0.0.1:{process.stdout.readline().strip()}", target.api_key, target.secret)
        process.terminate()


async def _load(senders: list[Send]) -> Measured:
    # Each connection sends its next order when the one before is acknowledged.
    taken: list[float] = []

    async def one(send: Send, until: float, keep: list[float] | None) -> None:
        while (begun := time.perf_counter()) < until:
            await send()
            if keep is not None:
                keep.append(time.perf_counter() - begun)

    for seconds, keep in ((_WARM_UP_SECONDS, None), (_SECONDS, taken)):
        until = time.perf_counter() + seconds
        await asyncio.gather(*(one(send, until, keep) for send in senders))
    percentiles = statistics.quantiles(taken, n=100)
    return Measured(len(taken) / _SECONDS, statistics.median(taken) * 1000, percentiles[98] * 1000)


async def _rest(target: Target, connections: int) -> tuple[Measured, str]:
    last = ""

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections), headers={"X-MBX-APIKEY": target.api_key}
    ) as session:

        async def send() -> str:
            nonlocal last
            async with session.post(URL(f"{target.url}/fapi/v1/order?{target.signed()}", encoded=True)) as response:
                last = await response.text()
                assert response.status == 200, last
                return last

        return await _load([send] * connections), last


async def _socket(target: Target, path: str) -> tuple[Measured, str]:
    last = ""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{target.url}{path}") as socket:

        async def send() -> str:
            nonlocal last
            parameters: dict[str, str | int] = {"apiKey": target.api_key, "timestamp": time.time_ns() // 1_000_000}
            parameters |= {name: value for name, _, value in (pair.partition("=") for pair in _ORDER.split("&"))}
            text = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
            signature = hmac.new(target.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
            frame = {"id": "1", "method": "order.place", "params": parameters | {"signature": signature}}
            await socket.send_str(json.dumps(frame))
            last = await socket.receive_str()
            assert '"status":200' in last, last
            return last

        return await _load([send]), last


async def test_orders(venue: Target, tmp_path: Path) -> None:
    """Orders over REST on 1, 10 and 50 connections and over one WebSocket, each beside the echo, right after it."""
    table = Table("orders over", "simvenue/s", "echo/s", "ratio", "median ms", "echo", "p99 ms", "echo")
    for connections in _CONNECTIONS:
        measured, reply = await _rest(venue, connections)
        with _echo(venue, reply) as bare:
            beside, _ = await _rest(bare, connections)
        _add(table, f"REST, {connections} connections", measured, beside)
    measured, reply = await _socket(venue, "/ws-fapi/v1")
    with _echo(venue, reply) as bare:
        beside, _ = await _socket(bare, "/socket")
    _add(table, "WebSocket API, 1 connection", measured, beside)
    Console(width=120).print(table)
    # Every acknowledged order is in the ledger's file first; this is what such files allow one after the other.
    Console(width=120).print(f"bare SQLite, written as the ledger is: {_commits_per_second(tmp_path):.0f} commits/s")


def _commits_per_second(directory: Path) -> float:
    with closing(sqlite3.connect(directory / "bare.sqlite", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT)")
        begun, count = time.perf_counter(), 0
        while time.perf_counter() < begun + _SECONDS:
            database.execute("INSERT INTO orders (text) VALUES (?)", (_ORDER,))
            count += 1
        return count / (time.perf_counter() - begun)


def _add(table: Table, what: str, measured: Measured, beside: Measured) -> None:
    table.add_row(
        what,
        f"{measured.per_second:.0f}",
        f"{beside.per_second:.0f}",
        f"{measured.per_second / beside.per_second:.2f}",
        f"{measured.median_ms:.2f}",
        f"{beside.median_ms:.2f}",
        f"{measured.p99_ms:.2f}",
        f"{beside.p99_ms:.2f}",
    )


@pytest.mark.parametrize("venue_name", ["binance_futures", "binance_spot", "bybit"])
def test_memory(tmp_path: Path, venue_name: str) -> None:
    """A million market events leave a venue with the memory it had after the first hundred and fifty thousand."""
    command = [sys.executable, str(_HERE / "market_events.py"), str(tmp_path), venue_name, str(_EVENTS)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    resident = {int(events): int(kib) for events, _, kib in (line.partition(" ") for line in lines if line)}
    early = next(kib for events, kib in resident.items() if events >= 150_000)
    last = list(resident.values())[-1]
    Console(width=120).print(f"{venue_name}: {early} KiB after 150,000 market events, {last} KiB after a million")
    assert last < early * 1.1
