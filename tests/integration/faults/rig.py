"""A venue on loopback under faults: real exchange, ledger and sockets; tests speak the venue's own protocol to it."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from yarl import URL

from simvenue.credentials import Credential
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.exchange.types import Account, OrderRequest, OrderType, Side, TimeInForce
from simvenue.faults import Faults, parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from simvenue.exchange.types import Order
    from simvenue.faults.active import Active
    from tests.integration.faults.binance_wire import Binance
    from tests.integration.faults.bybit_wire import Bybit

type Json = Any

SECRET = "S" * 36
KEY = "K" * 20
ACCOUNT = "node"
OTHER = "maker"
THIRD = "taker"
MONEY = {asset: Decimal(1_000_000) for asset in ("USDT", "BTC", "ETH", "BNB")}


def machine_ms() -> int:
    """The machine's clock."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over HTTP."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Json:
        """The body as JSON."""
        return json.loads(self.text)


@dataclass
class Rig:
    """A running venue, the faults it is under, and the test's hand in its exchange."""

    wire: Binance | Bybit
    url: str
    session: aiohttp.ClientSession
    exchange: Exchange
    faults: Faults
    app: web.Application
    sockets: list[aiohttp.ClientWebSocketResponse] = field(default_factory=list)

    def inject(self, kind: str, **fields: object) -> Active[Any]:
        """Put a fault in, as the admin API does."""
        return self.faults.add(parse({"kind": kind, **fields}))

    async def send(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, data: bytes = b""
    ) -> Reply:
        """Send a request as it stands; the query is not encoded again."""
        async with self.session.request(
            method, URL(f"{self.url}{target}", encoded=True), headers=headers, data=data or None
        ) as response:
            return Reply(response.status, await response.text(), dict(response.headers))

    async def socket(self, path: str) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket."""
        socket = await self.session.ws_connect(f"{self.url}{path}", autoping=True)
        self.sockets.append(socket)
        return socket

    def find(self, client_order_id: str) -> Order | None:
        """The order in the ledger, the truth about what was carried out."""
        return self.exchange.order(ACCOUNT, self.wire.symbol, client_order_id=client_order_id)

    def quote(self, side: Side, price: str, quantity: str = "1") -> Order:
        """Let somebody else rest an order."""
        return self.exchange.submit(
            OrderRequest(
                account=OTHER,
                symbol=self.wire.symbol,
                side=side,
                type=OrderType.LIMIT,
                quantity=Decimal(quantity),
                price=Decimal(price),
                time_in_force=TimeInForce.GTC,
            )
        )

    def take(self, side: Side, quantity: str = "0.01") -> Order:
        """Let somebody else trade at the market."""
        return self.exchange.submit(
            OrderRequest(
                account=THIRD, symbol=self.wire.symbol, side=side, type=OrderType.MARKET, quantity=Decimal(quantity)
            )
        )


async def until(done: Callable[[], bool], seconds: float = 3) -> None:
    """Wait for something that no socket tells."""
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def receive(socket: aiohttp.ClientWebSocketResponse, seconds: float = 3) -> Json:
    """The next message's JSON."""
    return json.loads(await asyncio.wait_for(socket.receive_str(), seconds))


async def events(socket: aiohttp.ClientWebSocketResponse, at_least: int = 0, *, quiet: float = 0.15) -> list[Json]:
    """All messages until enough have come and it is quiet for a while, or the socket ends."""
    found: list[Json] = []
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), quiet if len(found) >= at_least else 3)
        except TimeoutError:
            return found
        if message.type is not aiohttp.WSMsgType.TEXT:
            return found
        found.append(json.loads(message.data))


async def named(
    rig: Rig, socket: aiohttp.ClientWebSocketResponse, at_least: int = 0, *, quiet: float = 0.15
) -> list[Json]:
    """All order events, as above; what the venue tells beside them does not count."""
    found: list[Json] = []
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), quiet if len(found) >= at_least else 3)
        except TimeoutError:
            return found
        if message.type is not aiohttp.WSMsgType.TEXT:
            return found
        event = json.loads(message.data)
        found += [event] if rig.wire.event_name(event) == rig.wire.order_event else []


async def silent(socket: aiohttp.ClientWebSocketResponse, seconds: float = 0.15) -> bool:
    """Whether nothing at all comes for a while, no end either."""
    try:
        await asyncio.wait_for(socket.receive(), seconds)
    except TimeoutError:
        return True
    return False


async def ended(socket: aiohttp.ClientWebSocketResponse, seconds: float = 3) -> aiohttp.WSMsgType:
    """How a socket ends, whatever came before."""
    async with asyncio.timeout(seconds):
        while True:
            message = await socket.receive()
            if message.type in {
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSED,
                aiohttp.WSMsgType.CLOSING,
                aiohttp.WSMsgType.ERROR,
            }:
                return message.type


@asynccontextmanager
async def running(wire: Binance | Bybit, directory: Path, options: object = None) -> AsyncIterator[Rig]:
    """A venue with a small book: bids at 50000, asks at 60000, somebody else's."""
    faults = Faults(seed=7)
    clock = faults.clock(wire.name, machine_ms)
    ledger = Ledger(directory / f"{wire.name}.sqlite")
    exchange = Exchange(
        instruments=wire.instruments(),
        ledger=ledger,
        accounts=[Account(name=name, balances=MONEY) for name in (ACCOUNT, OTHER, THIRD)],
        clock=machine_ms,
    )
    app = wire.create_app(exchange, {KEY: Credential(account=ACCOUNT, secret=SecretStr(SECRET))}, clock, options)
    faults.install(app, wire.name, wire.form)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        rig = Rig(wire, f"http://{host}:{port}", session, exchange, faults, app)
        rig.quote(Side.BUY, "50000")
        rig.quote(Side.SELL, "60000")
        try:
            yield rig
        finally:
            faults.clear()
            for socket in rig.sockets:
                await socket.close()
            await runner.cleanup()
            ledger.close()
