"""How tests speak to Bybit."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.integration.faults.rig import KEY, Json, Reply, machine_ms, receive
from tests.integration.faults.served import Served, sign

if TYPE_CHECKING:
    import aiohttp

    from tests.integration.faults.rig import Rig


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
            "X-BAPI-SIGN": sign(f"{now}{KEY}5000{payload}"),
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
        await socket.send_str(json.dumps({"op": "auth", "args": [KEY, expires, sign(f"GET/realtime{expires}")]}))
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
