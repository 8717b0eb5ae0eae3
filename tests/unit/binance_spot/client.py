"""A whole spot venue on loopback: real exchange, real ledger, real sockets; only the market is what a test makes it."""

from __future__ import annotations

import base64
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr
from yarl import URL

from simvenue.credentials import Credential, Permission
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.exchange.types import Account, OrderRequest, OrderType, Side
from simvenue.venues.binance.auth import hmac_signature
from simvenue.venues.binance_spot import VenueOptions, create_app
from simvenue.venues.binance_spot.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

type Json = Any
"""Whatever the venue answers; the tests say what it should be."""

SECRET = "S" * 64
KEY = "K" * 64
ED_KEY = "E" * 64
READ_KEY = "R" * 64
MAKER_KEY = "M" * 64
MAKER = "maker"
TAKER = "taker"
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC_PEM = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

CREDENTIALS = {
    KEY: Credential(account="node", secret=SecretStr(SECRET)),
    ED_KEY: Credential(account="node", public_key=PUBLIC_PEM),
    MAKER_KEY: Credential(account=MAKER, secret=SecretStr(SECRET)),
    READ_KEY: Credential(account="node", secret=SecretStr(SECRET), permissions=frozenset({Permission.READ})),
}


def ed25519_signature(text: str) -> str:
    """A base64 signature with the test's own key."""
    return base64.b64encode(PRIVATE.sign(text.encode())).decode()


class Clock:
    """The machine's clock, which a test may move."""

    def __init__(self) -> None:
        """Start with the true time."""
        self.offset_ms = 0

    def __call__(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000 + self.offset_ms

    def begin_minute(self) -> None:
        """Go on to the next minute, so that no count of a minute ends within a test."""
        self.offset_ms += 60_000 - self() % 60_000


@dataclass(slots=True)
class Api:
    """A client of the WebSocket API."""

    socket: aiohttp.ClientWebSocketResponse
    clock: Clock
    events: list[Json]
    next_id: int = 0

    async def ask(self, method: str, **params: object) -> Json:
        """Send a request as it stands; the whole reply. Events that come before it are kept."""
        self.next_id += 1
        await self.socket.send_str(json.dumps({"id": self.next_id, "method": method, "params": params}))
        while True:
            message = await self.socket.receive_json(timeout=5)
            if message.get("id") == self.next_id:
                return message
            self.events.append(message)

    async def signed(self, method: str, *, key: str = KEY, **params: object) -> Json:
        """Sign a request with the key's own kind of signature and send it."""
        params |= {"apiKey": key, "timestamp": params.get("timestamp", self.clock())}
        text = "&".join(f"{name}={params[name]}" for name in sorted(params))
        signature = ed25519_signature(text) if key == ED_KEY else hmac_signature(SECRET, text)
        return await self.ask(method, **params, signature=signature)

    async def event(self) -> Json:
        """The next event."""
        return self.events.pop(0) if self.events else await self.socket.receive_json(timeout=5)


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
        response, body = await self.raw(method, path, query, headers, data)
        return response.status, body

    async def raw(
        self, method: str, path: str, query: str = "", headers: dict[str, str] | None = None, data: bytes = b""
    ) -> tuple[aiohttp.ClientResponse, Json]:
        """The same, with the reply's headers."""
        target = f"{self.url}{path}{'?' if query else ''}{query}"
        async with self.session.request(method, URL(target, encoded=True), headers=headers, data=data) as response:
            assert response.content_type == "application/json", await response.text()
            return response, await response.json()

    def query(self, key: str = KEY, **parameters: object) -> str:
        """Parameters, stamped and signed as the key's kind asks."""
        query = urlencode({**parameters, "timestamp": parameters.get("timestamp", self.clock())})
        signature = ed25519_signature(query) if key == ED_KEY else hmac_signature(SECRET, query)
        return f"{query}&signature={quote(signature, safe='')}"

    async def signed(self, method: str, path: str, *, key: str = KEY, **parameters: object) -> tuple[int, Json]:
        """Sign and send."""
        return await self.public(method, path, self.query(key, **parameters), headers={"X-MBX-APIKEY": key})

    async def ok(self, method: str, path: str, *, key: str = KEY, **parameters: object) -> Json:
        """Sign, send, expect success; the reply's JSON."""
        status, body = await self.signed(method, path, key=key, **parameters)
        assert status == 200, body
        return body

    async def refused(self, method: str, path: str, **parameters: object) -> tuple[int, str]:
        """Sign, send, expect HTTP 400; the venue's code and text."""
        query = self.query(**parameters)  # type: ignore[arg-type] # a parameter is never called key
        status, body = await self.public(method, path, query, headers={"X-MBX-APIKEY": KEY})
        assert status == 400, body
        assert set(body) == {"code", "msg"}
        return body["code"], body["msg"]

    async def socket(self, path: str) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket."""
        return await self.session.ws_connect(f"{self.url}{path}")

    async def api(self, path: str = "/ws-api/v3") -> Api:
        """Open a socket of the WebSocket API."""
        return Api(await self.socket(path), self.clock, [])

    def quote(self, side: Side, price: str, quantity: str, account: str = MAKER, symbol: str = "BTCUSDT") -> int:
        """Let somebody else rest an order; its id."""
        request = OrderRequest(
            account=account,
            symbol=symbol,
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


@asynccontextmanager
async def running_venue(directory: Path, options: VenueOptions) -> AsyncIterator[Client]:
    """A running venue with an empty book and two accounts."""
    clock = Clock()
    ledger = Ledger(directory / "ledger.sqlite")
    money = {"USDT": Decimal(1_000_000), "BTC": Decimal(10), "ETH": Decimal(100)}
    exchange = Exchange(
        instruments=INSTRUMENTS.values(),
        ledger=ledger,
        accounts=[Account(name=name, balances=money) for name in ("node", MAKER, TAKER)],
        clock=clock,
        conditional_locks=True,
        debug=True,
    )
    app = create_app(exchange, CREDENTIALS, clock, options)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        yield Client(f"http://{host}:{port}", session, exchange, clock, app)
        await runner.cleanup()
    ledger.close()
