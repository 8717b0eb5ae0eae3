"""A whole venue on loopback: real exchange, real ledger, real sockets; only the market is what a test makes it."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from yarl import URL

from simvenue.credentials import Credential, Permission
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.exchange.types import Account, OrderRequest, OrderType, Side
from simvenue.venues.bybit import VenueOptions, create_app
from simvenue.venues.bybit.auth import signature
from simvenue.venues.bybit.instruments import INSTRUMENTS
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

type Json = Any
"""Whatever the venue answers; the tests say what it should be."""

SECRET = "S" * 36
KEY = "K" * 20
READER = "R" * 20
MAKER, TAKER = "maker", "taker"
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
SPOT = {"category": "spot", "symbol": "BTCUSDT"}


class Clock:
    """The machine's clock, which a test may move."""

    def __init__(self) -> None:
        """Start with the true time."""
        self.offset_ms = 0

    def __call__(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000 + self.offset_ms


@dataclass(slots=True)
class Socket:
    """A client's WebSocket; frames that a test does not wait for are kept."""

    raw: aiohttp.ClientWebSocketResponse
    kept: list[Json] = field(default_factory=list)

    async def ask(self, frame: Json) -> Json:
        """Send a frame and give its reply, told from pushes by what only replies have."""
        await self.raw.send_str(frame if isinstance(frame, str) else json.dumps(frame))
        return await self.next(lambda message: "topic" not in message)

    async def topic(self, name: str) -> Json:
        """Give the next push of a topic."""
        return await self.next(lambda message: message.get("topic") == name)

    async def next(self, wanted: Any) -> Json:  # noqa: ANN401 - a function of the message
        """Give the next message that a test wants."""
        for index, message in enumerate(self.kept):
            if wanted(message):
                return self.kept.pop(index)
        while True:
            message = json.loads(await self.raw.receive_str(timeout=3 * PATIENCE))
            if wanted(message):
                return message
            self.kept.append(message)

    async def log_in(self, key: str = KEY) -> Json:
        """Send a correct login."""
        expires = time.time_ns() // 1_000_000 + 5000
        return await self.ask(
            {"op": "auth", "args": [key, expires, signature(SECRET, f"GET/realtime{expires}".encode())]}
        )


@dataclass(frozen=True, slots=True)
class Client:
    """A customer's view of the venue, and the test's own hand in the exchange."""

    url: str
    session: aiohttp.ClientSession
    exchange: Exchange
    clock: Clock
    app: web.Application

    async def send(
        self, method: str, path: str, query: str = "", data: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, Json, dict[str, str]]:
        """Send a request as it stands; the reply's status, JSON and headers."""
        target = f"{self.url}{path}{'?' if query else ''}{query}"
        async with self.session.request(method, URL(target, encoded=True), headers=headers, data=data) as response:
            assert response.content_type == "application/json", await response.text()
            return response.status, await response.json(), dict(response.headers)

    def headers(self, payload: bytes, key: str = KEY, **changes: str) -> dict[str, str]:
        """Sign a payload."""
        stamp, window = changes.get("stamp", str(self.clock())), changes.get("window", "5000")
        return {
            "X-BAPI-API-KEY": key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": window,
            "X-BAPI-SIGN": changes.get("sign", signature(SECRET, f"{stamp}{key}{window}".encode() + payload)),
        }

    async def call(self, method: str, path: str, **parameters: object) -> Json:
        """Sign, send, give the whole reply."""
        if method == "GET":
            query = urlencode(parameters)
            return (await self.send(method, f"/v5/{path}", query, headers=self.headers(query.encode())))[1]
        body = json.dumps(parameters).encode()
        return (await self.send(method, f"/v5/{path}", data=body, headers=self.headers(body)))[1]

    async def ok(self, method: str, path: str, **parameters: object) -> Json:
        """Sign, send, expect success; the result."""
        reply = await self.call(method, path, **parameters)
        assert (reply["retCode"], reply["retMsg"]) == (0, "OK"), reply
        return reply["result"]

    async def refused(self, method: str, path: str, **parameters: object) -> int:
        """Sign, send, expect a refusal; its code."""
        reply = await self.call(method, path, **parameters)
        assert reply["retCode"] != 0, reply
        assert set(reply) == {"retCode", "retMsg", "result", "retExtInfo", "time"}
        code: int = reply["retCode"]
        return code

    async def listed(self, path: str, **parameters: object) -> list[Json]:
        """Get a list."""
        rows: list[Json] = (await self.ok("GET", path, **parameters))["list"]
        return rows

    async def place(self, **order: object) -> str:
        """Place an order in BTCUSDT-LINEAR unless told otherwise; its id."""
        order_id: str = (await self.ok("POST", "order/create", **{**LINEAR, **order}))["orderId"]
        return order_id

    async def socket(self, path: str, *, key: str | None = None) -> Socket:
        """Open a WebSocket, logged in when a key is given."""
        opened = Socket(await self.session.ws_connect(f"{self.url}/v5/{path}"))
        if key:
            await opened.log_in(key)
        return opened

    async def private(self, *topics: str) -> Socket:
        """Open the private socket and subscribe."""
        opened = await self.socket("private", key=KEY)
        assert (await opened.ask({"op": "subscribe", "args": list(topics)}))["success"] is True
        return opened

    def quote(self, side: Side, price: str, quantity: str, symbol: str = "BTCUSDT-LINEAR") -> int:
        """Let somebody else rest an order; its id."""
        return self.exchange.submit(
            OrderRequest(
                account=MAKER,
                symbol=symbol,
                side=side,
                type=OrderType.LIMIT,
                quantity=Decimal(quantity),
                price=Decimal(price),
            )
        ).order_id

    def take(self, side: Side, quantity: str, symbol: str = "BTCUSDT-LINEAR") -> None:
        """Let somebody else trade at the market."""
        self.exchange.submit(
            OrderRequest(account=TAKER, symbol=symbol, side=side, type=OrderType.MARKET, quantity=Decimal(quantity))
        )

    def book(self) -> None:
        """Put a bid and an ask into linear and spot, around 60000."""
        for symbol in ("BTCUSDT-LINEAR", "BTCUSDT-SPOT"):
            self.quote(Side.BUY, "59990", "2", symbol)
            self.quote(Side.SELL, "60010", "2", symbol)


@asynccontextmanager
async def running_venue(directory: Path, options: VenueOptions) -> AsyncIterator[Client]:
    """A running venue with an empty book and accounts of three."""
    clock = Clock()
    ledger = Ledger(directory / "bybit.sqlite")
    money = {"USDT": Decimal(1_000_000), "BTC": Decimal(10), "ETH": Decimal(10), "XRP": Decimal(1000)}
    exchange = Exchange(
        instruments=INSTRUMENTS.values(),
        ledger=ledger,
        accounts=[Account(name=name, balances=money) for name in ("node", MAKER, TAKER)],
        clock=clock,
    )
    secret = SecretStr(SECRET)
    credentials = {
        KEY: Credential(account="node", secret=secret),
        READER: Credential(account="node", secret=secret, permissions=frozenset({Permission.READ})),
    }
    app = create_app(exchange, credentials, clock, options)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        yield Client(f"http://{host}:{port}", session, exchange, clock, app)
        await runner.cleanup()
    ledger.close()
