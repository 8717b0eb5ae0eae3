"""How tests speak to both of Binance's markets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.integration.faults.rig import KEY, Json, Reply, machine_ms
from tests.integration.faults.served import Served, sign

if TYPE_CHECKING:
    import aiohttp

    from tests.integration.faults.rig import Rig


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
        return await rig.send(method, f"{path}?{query}&signature={sign(query)}", {"X-MBX-APIKEY": KEY})

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
        frame = {"id": client_order_id, "method": self.order_method, "params": given | {"signature": sign(signed)}}
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
