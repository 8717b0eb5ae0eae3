"""How each venue's orders, books, sockets and errors look on the wire, for tests that hold on all of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from simvenue.venues.catalogue import VENUES
from tests.integration.faults.rig import KEY, SECRET, Json, Reply, machine_ms, receive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import aiohttp
    from aiohttp import web

    from simvenue.credentials import Credential
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Instrument
    from simvenue.venues.transport.fault_form import FaultForm
    from tests.integration.faults.rig import Rig


def _hmac(payload: str) -> str:
    return hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Served:
    """What every venue's package gives."""

    name: str
    symbol: str

    @property
    def form(self) -> FaultForm:
        """The venue's own words."""
        return VENUES[self.name].form

    def create_app(
        self, exchange: Exchange, credentials: Mapping[str, Credential], clock: Callable[[], int]
    ) -> web.Application:
        """The venue's application."""
        return VENUES[self.name].create_app(exchange, credentials, clock)

    def instruments(self) -> list[Instrument]:
        """The one that is traded."""
        return [VENUES[self.name].instruments[self.symbol]]


@dataclass(frozen=True)
class Binance(Served):
    """Both of Binance's markets."""

    prefix: str
    order_event: str
    fill_where: dict[str, str]
    side_field: str
    frame_path: str
    trade_stream: str = "btcusdt@aggTrade"
    depth_stream: str = "btcusdt@depth@100ms"
    error_code: int = -1007
    order_method: str = "order.place"

    @property
    def order_path(self) -> str:
        """Where orders are placed."""
        return f"{self.prefix}/order"

    @property
    def history_path(self) -> str:
        """Where all orders are listed."""
        return f"{self.prefix}/allOrders"

    @property
    def book_path(self) -> str:
        """Where the book is told."""
        return f"{self.prefix}/depth"

    async def signed(self, rig: Rig, method: str, path: str, **parameters: object) -> Reply:
        """The query with its signature at the end."""
        query = urlencode({**parameters, "timestamp": machine_ms()})
        return await rig.send(method, f"{path}?{query}&signature={_hmac(query)}", {"X-MBX-APIKEY": KEY})

    def _order(self, client_order_id: str, *, market: bool) -> dict[str, object]:
        order: dict[str, object] = {"symbol": self.symbol, "side": "BUY", "quantity": "0.010"}
        order |= {"type": "MARKET"} if market else {"type": "LIMIT", "timeInForce": "GTC", "price": "55000.00"}
        return {**order, "newClientOrderId": client_order_id}

    async def place(self, rig: Rig, client_order_id: str, *, market: bool = False) -> Reply:
        """A buy."""
        return await self.signed(rig, "POST", self.order_path, **self._order(client_order_id, market=market))

    async def trade_socket(self, rig: Rig) -> aiohttp.ClientWebSocketResponse:
        """A socket that takes orders."""
        return await rig.socket(self.frame_path)

    async def place_by_frame(self, socket: aiohttp.ClientWebSocketResponse, client_order_id: str) -> None:
        """A buy as a signed frame."""
        given = {**self._order(client_order_id, market=False), "apiKey": KEY, "timestamp": machine_ms()}
        signed = "&".join(f"{name}={given[name]}" for name in sorted(given))
        frame = {"id": client_order_id, "method": self.order_method, "params": given | {"signature": _hmac(signed)}}
        await socket.send_str(json.dumps(frame))

    def frame_code(self, reply: Json) -> int:
        """The code of a frame's reply; 0 for success."""
        code: int = reply.get("error", {}).get("code", 0)
        return code

    async def book(self, rig: Rig) -> Reply:
        """The book."""
        return await rig.send("GET", f"{self.book_path}?symbol={self.symbol}&limit=100")

    async def history(self, rig: Rig) -> Reply:
        """All orders."""
        return await self.signed(rig, "GET", self.history_path, symbol=self.symbol)

    def code(self, reply: Reply) -> int:
        """The code of the body."""
        body = reply.json
        return body.get("code", 0) if isinstance(body, dict) else 0

    def rows(self, reply: Reply) -> list[Json]:
        """The body."""
        rows: list[Json] = reply.json
        return rows

    def order_ids(self, reply: Reply) -> list[str]:
        """By the venue's field."""
        return [row["clientOrderId"] for row in self.rows(reply)]

    @property
    def listen_key_path(self) -> str:
        """Where listen keys are made."""
        return "/fapi/v1/listenKey" if "fapi" in self.prefix else "/api/v3/userDataStream"

    async def listen_key(self, rig: Rig) -> str:
        """A fresh listen key."""
        reply = await rig.send("POST", self.listen_key_path, {"X-MBX-APIKEY": KEY})
        key: str = reply.json["listenKey"]
        return key

    async def user_socket(self, rig: Rig) -> aiohttp.ClientWebSocketResponse:
        """By listen key."""
        return await rig.socket(f"/ws?listenKey={await self.listen_key(rig)}")

    async def public_socket(self, rig: Rig, stream: str) -> aiohttp.ClientWebSocketResponse:
        """A raw stream."""
        return await rig.socket(f"/ws/{stream}")

    def event_name(self, message: Json) -> str:
        """The field ``e``."""
        name: str = message.get("e", "")
        return name

    async def server_time(self, rig: Rig) -> int:
        """The time endpoint."""
        now: int = (await rig.send("GET", f"{self.prefix}/time")).json["serverTime"]
        return now


@dataclass(frozen=True)
class Bybit(Served):
    """Bybit's linear category; spot differs in no way that matters here."""

    category: str = "linear"
    wire_symbol: str = "BTCUSDT"
    order_path: str = "/v5/order/create"
    history_path: str = "/v5/order/history"
    book_path: str = "/v5/market/orderbook"
    trade_stream: str = "publicTrade.BTCUSDT"
    depth_stream: str = "orderbook.50.BTCUSDT"
    order_event: str = "order"
    fill_where: dict[str, str] = field(default_factory=lambda: {"data.0.orderStatus": "Filled"})
    side_field: str = "data.0.side"
    error_code: int = 10006
    order_method: str = "order.create"
    frame_path: str = "/v5/trade"

    async def signed(self, rig: Rig, method: str, path: str, **parameters: object) -> Reply:
        """Headers over the query or the JSON."""
        payload = urlencode(parameters) if method == "GET" else json.dumps(parameters, separators=(",", ":"))
        now = str(machine_ms())
        headers = {
            "X-BAPI-API-KEY": KEY,
            "X-BAPI-TIMESTAMP": now,
            "X-BAPI-RECV-WINDOW": "5000",
            "X-BAPI-SIGN": _hmac(f"{now}{KEY}5000{payload}"),
        }
        if method == "GET":
            return await rig.send(method, f"{path}?{payload}", headers)
        return await rig.send(method, path, {**headers, "Content-Type": "application/json"}, payload.encode())

    def _order(self, client_order_id: str, *, market: bool) -> dict[str, Any]:
        order = {"category": self.category, "symbol": self.wire_symbol, "side": "Buy", "qty": "0.010"}
        order |= {"orderType": "Market"} if market else {"orderType": "Limit", "price": "55000.0"}
        return {**order, "orderLinkId": client_order_id}

    async def place(self, rig: Rig, client_order_id: str, *, market: bool = False) -> Reply:
        """A buy over REST."""
        return await self.signed(rig, "POST", self.order_path, **self._order(client_order_id, market=market))

    async def trade_socket(self, rig: Rig) -> aiohttp.ClientWebSocketResponse:
        """A socket that takes orders."""
        socket = await rig.socket(self.frame_path)
        await self._login(socket)
        return socket

    async def place_by_frame(self, socket: aiohttp.ClientWebSocketResponse, client_order_id: str) -> None:
        """A buy over the trade socket."""
        frame = {
            "reqId": client_order_id,
            "op": "order.create",
            "header": {"X-BAPI-TIMESTAMP": str(machine_ms())},
            "args": [self._order(client_order_id, market=False)],
        }
        await socket.send_str(json.dumps(frame))

    def frame_code(self, reply: Json) -> int:
        """The retCode."""
        code: int = reply["retCode"]
        return code

    async def _login(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        expires = machine_ms() + 5_000
        await socket.send_str(json.dumps({"op": "auth", "args": [KEY, expires, _hmac(f"GET/realtime{expires}")]}))
        await receive(socket)

    async def book(self, rig: Rig) -> Reply:
        """The book."""
        query = f"category={self.category}&symbol={self.wire_symbol}&limit=50"
        return await rig.send("GET", f"{self.book_path}?{query}")

    async def history(self, rig: Rig) -> Reply:
        """All orders that are over."""
        return await self.signed(rig, "GET", self.history_path, category=self.category, symbol=self.wire_symbol)

    def code(self, reply: Reply) -> int:
        """The retCode."""
        code: int = reply.json["retCode"]
        return code

    def rows(self, reply: Reply) -> list[Json]:
        """The result's list."""
        rows: list[Json] = reply.json["result"]["list"]
        return rows

    def order_ids(self, reply: Reply) -> list[str]:
        """By the venue's field."""
        return [row["orderLinkId"] for row in self.rows(reply)]

    async def user_socket(self, rig: Rig) -> aiohttp.ClientWebSocketResponse:
        """By login, with the order topic."""
        socket = await rig.socket("/v5/private")
        await self._login(socket)
        await socket.send_str(json.dumps({"op": "subscribe", "args": ["order", "execution"]}))
        await receive(socket)
        return socket

    async def public_socket(self, rig: Rig, stream: str) -> aiohttp.ClientWebSocketResponse:
        """One topic."""
        socket = await rig.socket(f"/v5/public/{self.category}")
        await socket.send_str(json.dumps({"op": "subscribe", "args": [stream], "req_id": "1"}))
        await receive(socket)
        return socket

    def event_name(self, message: Json) -> str:
        """The topic."""
        name: str = message.get("topic", "")
        return name

    async def server_time(self, rig: Rig) -> int:
        """The time of every envelope."""
        now: int = (await rig.send("GET", "/v5/market/time")).json["time"]
        return now


_ALL: list[Binance | Bybit] = [
    Binance(
        name="binance_futures",
        symbol="BTCUSDT",
        prefix="/fapi/v1",
        order_event="ORDER_TRADE_UPDATE",
        fill_where={"o.x": "TRADE"},
        side_field="o.S",
        frame_path="/ws-fapi/v1",
    ),
    Binance(
        name="binance_spot",
        symbol="BTCUSDT",
        prefix="/api/v3",
        order_event="executionReport",
        fill_where={"x": "TRADE"},
        side_field="S",
        frame_path="/ws-api/v3",
    ),
    Bybit(name="bybit", symbol="BTCUSDT-LINEAR"),
]
WIRES = {wire.name: wire for wire in _ALL if wire.name in VENUES}
"""The venues that this process can serve."""
