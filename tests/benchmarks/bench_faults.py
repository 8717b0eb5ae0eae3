"""What the fault layer costs when it is not used: a venue's requests per second with it, beside the same without."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web
from rich.console import Console
from rich.table import Table

from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.faults import Faults, parse
from simvenue.venues.binance.fault_form import fault_form
from simvenue.venues.binance_futures import VenueOptions, create_app
from simvenue.venues.binance_futures.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

REQUESTS = 1_000
ROUNDS = 11
WITHOUT, IDLE, ELSEWHERE = "without the layer", "no faults", "one fault that meets nothing"
REQUEST = b"GET /fapi/v1/time HTTP/1.1\r\nHost: x\r\n\r\n"


class _Client:
    """One keep-alive connection that costs next to nothing itself, so that the venue is what is measured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def rate(self) -> float:
        begun = time.perf_counter()
        for _ in range(REQUESTS):
            self._writer.write(REQUEST)
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await self._reader.readexactly(length)
        return REQUESTS / (time.perf_counter() - begun)

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def _served(app: web.Application) -> AsyncIterator[_Client]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = _Client(*await asyncio.open_connection(*runner.addresses[0][:2]))
    yield client
    client.close()
    await runner.cleanup()


async def test_an_unused_fault_layer_costs_nothing_measurable(tmp_path: Path) -> None:
    """With no faults a venue answers as many requests as without the layer, within the noise of one run."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    exchange = Exchange(instruments=INSTRUMENTS.values(), ledger=ledger, accounts=[], clock=_clock)
    options = VenueOptions(limits=())
    faults = Faults()
    layered = create_app(exchange, {}, faults.clock("binance_futures", _clock), options)
    faults.install(layered, "binance_futures", fault_form)
    rates: dict[str, list[float]] = {WITHOUT: [], IDLE: [], ELSEWHERE: []}
    async with _served(create_app(exchange, {}, _clock, options)) as bare, _served(layered) as client:
        for _ in range(ROUNDS):
            rates[WITHOUT].append(await bare.rate())
            rates[IDLE].append(await client.rate())
            fault = faults.add(parse({"kind": "http_status", "status": 500, "path": "/nowhere"}))
            rates[ELSEWHERE].append(await client.rate())
            faults.clear(fault.number)
    ledger.close()
    medians = {name: statistics.median(found) for name, found in rates.items()}
    table = Table("GET /fapi/v1/time", "requests/s", "worst", "best", "ratio", title=f"median of {ROUNDS}, one run")
    for name, found in rates.items():
        ratio = medians[name] / medians[WITHOUT]
        table.add_row(name, f"{medians[name]:.0f}", f"{min(found):.0f}", f"{max(found):.0f}", f"{ratio:.3f}")
    Console().print(table)
    assert medians[IDLE] > 0.9 * medians[WITHOUT]


def _clock() -> int:
    return time.time_ns() // 1_000_000
