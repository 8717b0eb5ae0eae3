"""A whole venue on loopback: real exchange, real ledger, real sockets; only the market is what a test makes it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from yarl import URL

from simvenue.credentials import Credential
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.exchange.types import Account, MarketStep, OrderRequest, OrderType, Side
from simvenue.venues.binance.auth import hmac_signature
from simvenue.venues.binance_futures import VenueOptions, create_app
from simvenue.venues.binance_futures.instruments import INSTRUMENTS
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

type Json = Any
"""Whatever the venue answers; the tests say what it should be."""

SECRET = "S" * 64
KEY = "K" * 64
MAKER = "maker"
TAKER = "taker"


class Clock:
    """The machine's clock, which a test may move."""

    def __init__(self) -> None:
        """Start with the true time."""
        self.offset_ms = 0

    def __call__(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000 + self.offset_ms


@dataclass(frozen=True, slots=True)
class Client:
    """A customer's view of the venue, and the test's own hand in the exchange."""

    url: str
    session: aiohttp.ClientSession
    exchange: Exchange
    clock: Clock
    app: web.Application

    async def public(
        self, method: str, path: str, query: str = "", headers: dict[str, str] | None = None, data: bytes = b""
    ) -> tuple[int, Json]:
        """Send a request as it stands; the reply's status and JSON."""
        target = f"{self.url}{path}{'?' if query else ''}{query}"
        async with self.session.request(method, URL(target, encoded=True), headers=headers, data=data) as response:
            assert response.content_type == "application/json", await response.text()
            return response.status, await response.json()

    async def signed(self, method: str, path: str, **parameters: object) -> tuple[int, Json]:
        """Sign and send."""
        query = urlencode({**parameters, "timestamp": parameters.get("timestamp", self.clock())})
        query += f"&signature={hmac_signature(SECRET, query)}"
        return await self.public(method, path, query, headers={"X-MBX-APIKEY": KEY})

    async def ok(self, method: str, path: str, **parameters: object) -> Json:
        """Sign, send, expect success; the reply's JSON."""
        status, body = await self.signed(method, path, **parameters)
        assert status == 200, body
        return body

    async def refused(self, method: str, path: str, **parameters: object) -> int:
        """Sign, send, expect HTTP 400; the venue's code."""
        status, body = await self.signed(method, path, **parameters)
        assert status == 400, body
        assert set(body) == {"code", "msg"}
        code: int = body["code"]
        return code

    async def socket(self, path: str) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket."""
        return await self.session.ws_connect(f"{self.url}{path}")

    async def user_stream(self) -> aiohttp.ClientWebSocketResponse:
        """Ask for a listen key and open its stream."""
        _, body = await self.public("POST", "/fapi/v1/listenKey", headers={"X-MBX-APIKEY": KEY})
        return await self.socket(f"/ws?listenKey={body['listenKey']}")

    def mark(self, price: str) -> None:
        """Move the mark price, and no trade with it."""
        self.exchange.step_market("BTCUSDT", MarketStep(reference=Decimal(price), bids=(), asks=()))

    def quote(self, side: Side, price: str, quantity: str, account: str = MAKER) -> int:
        """Let somebody else rest an order; its id."""
        request = OrderRequest(
            account=account,
            symbol="BTCUSDT",
            side=side,
            type=OrderType.LIMIT,
            quantity=Decimal(quantity),
            price=Decimal(price),
        )
        return self.exchange.submit(request).order_id

    def take(self, side: Side, quantity: str) -> None:
        """Let somebody else trade at the market."""
        request = OrderRequest(
            account=TAKER, symbol="BTCUSDT", side=side, type=OrderType.MARKET, quantity=Decimal(quantity)
        )
        self.exchange.submit(request)


async def receive(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[Json]:
    """The next messages of a socket; three seconds for all of them."""
    async with asyncio.timeout(3 * PATIENCE):
        return [await socket.receive_json() for _ in range(count)]


@asynccontextmanager
async def running_venue(directory: Path, options: VenueOptions) -> AsyncIterator[Client]:
    """A running venue with an empty book and three accounts."""
    clock = Clock()
    ledger = Ledger(directory / "ledger.sqlite")
    money = {"USDT": Decimal(1_000_000), "BNB": Decimal(1)}
    exchange = Exchange(
        instruments=[INSTRUMENTS["BTCUSDT"], INSTRUMENTS["ETHUSDT"]],
        ledger=ledger,
        accounts=[Account(name=name, balances=money) for name in ("node", MAKER, TAKER)],
        clock=clock,
    )
    app = create_app(exchange, {KEY: Credential(account="node", secret=SecretStr(SECRET))}, clock, options)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        yield Client(f"http://{host}:{port}", session, exchange, clock, app)
        await runner.cleanup()
    ledger.close()
