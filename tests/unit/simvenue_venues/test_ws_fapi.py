"""The futures venue's WebSocket API: the same orders and documents by method name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from simvenue.exchange.types import Side
from simvenue.venues.binance.auth import hmac_signature
from tests.support.patience import PATIENCE
from tests.unit.simvenue_venues.client import KEY, SECRET

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

    from tests.unit.simvenue_venues.client import Client

PATH = "/ws-fapi/v1"
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010"}


async def _ask(socket: ClientWebSocketResponse, method: str, **params: object) -> dict[str, Any]:
    await socket.send_json({"id": method, "method": method, "params": params})
    reply: dict[str, Any] = await socket.receive_json(timeout=3 * PATIENCE)
    assert reply["id"] == method
    return reply


async def _signed(venue: Client, socket: ClientWebSocketResponse, method: str, **params: object) -> dict[str, Any]:
    named = {**params, "apiKey": KEY, "timestamp": venue.clock()}
    # What is signed over the socket is sorted by name.
    signature = hmac_signature(SECRET, urlencode(sorted(named.items())))
    return await _ask(socket, method, **named, signature=signature)


async def test_an_order_lives_over_the_socket(venue: Client) -> None:
    """Placed, shown, changed and cancelled: the same documents as over REST."""
    socket = await venue.socket(PATH)
    placed = await _signed(venue, socket, "order.place", **LIMIT, price="59000")
    assert (placed["status"], placed["result"]["status"]) == (200, "NEW")
    identity = {"symbol": "BTCUSDT", "orderId": placed["result"]["orderId"]}
    shown = await _signed(venue, socket, "order.status", **identity)
    assert shown["result"] == await venue.ok("GET", "/fapi/v1/order", **identity)
    changed = await _signed(venue, socket, "order.modify", **identity, side="BUY", quantity="0.020", price="59100")
    assert (changed["result"]["origQty"], changed["result"]["price"]) == ("0.020", "59100.00")
    cancelled = await _signed(venue, socket, "order.cancel", **identity)
    assert cancelled["result"]["status"] == "CANCELED"
    again = await _signed(venue, socket, "order.cancel", **identity)
    assert (again["status"], again["error"]["code"]) == (400, -2011)


async def test_algo_orders_are_placed_and_cancelled(venue: Client) -> None:
    """The algo service answers over the socket, too."""
    venue.quote(Side.SELL, "60000.00", "1.000")
    socket = await venue.socket(PATH)
    stop = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "BUY", "type": "STOP_MARKET"}
    placed = await _signed(venue, socket, "algoOrder.place", **stop, quantity="0.010", triggerPrice="61000")
    assert placed["result"]["algoStatus"] == "NEW"
    cancelled = await _signed(venue, socket, "algoOrder.cancel", algoId=placed["result"]["algoId"])
    assert cancelled["result"]["code"] == "200"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("account.balance", "/fapi/v2/balance"),
        ("v2/account.balance", "/fapi/v3/balance"),
        ("account.status", "/fapi/v2/account"),
        ("v2/account.status", "/fapi/v3/account"),
        ("account.position", "/fapi/v2/positionRisk"),
        ("v2/account.position", "/fapi/v3/positionRisk"),
    ],
)
async def test_account_documents_are_those_of_rest(venue: Client, method: str, path: str) -> None:
    """Each method answers what its REST endpoint does, but for the moment of asking."""
    venue.quote(Side.SELL, "60000.00", "1.000")
    await venue.ok("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
    reply = await _signed(venue, await venue.socket(PATH), method)
    assert _timeless(reply["result"]) == _timeless(await venue.ok("GET", path))


def _timeless(document: object) -> object:
    if isinstance(document, dict):
        return {name: _timeless(value) for name, value in document.items() if name != "updateTime"}
    return [_timeless(value) for value in document] if isinstance(document, list) else document


async def test_the_market_is_open_to_everybody(venue: Client) -> None:
    """Book and tickers need no key."""
    venue.quote(Side.BUY, "59990.00", "1.000")
    socket = await venue.socket(PATH)
    depth = await _ask(socket, "depth", symbol="BTCUSDT", limit=5)
    assert depth["result"]["bids"] == [["59990.00", "1.000"]]
    assert (await _ask(socket, "ticker.price", symbol="BTCUSDT"))["result"]["price"] == "60000.00"
    assert len((await _ask(socket, "ticker.book"))["result"]) == 2
    assert "serverTime" in (await _ask(socket, "time"))["result"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("order.place", {}, -1102),
        ("order.dance", {}, -1020),
        ("order.place", {"symbol": "NOPE", "side": "BUY", "type": "MARKET", "quantity": "1"}, -1121),
        ("order.place", {**LIMIT, "type": "STOP_MARKET"}, -4120),
        ("account.balance", {"recvWindow": 70_000}, -1131),
    ],
)
async def test_refusals_have_the_venues_form(venue: Client, method: str, params: dict[str, object], code: int) -> None:
    """A refusal carries status, code and message, and the socket goes on."""
    socket = await venue.socket(PATH)
    reply = await _signed(venue, socket, method, **params)
    assert reply["status"] == 400
    assert set(reply["error"]) == {"code", "msg"}
    assert reply["error"]["code"] == code
    assert (await _ask(socket, "ping"))["status"] == 200


async def test_an_unsigned_order_is_refused(venue: Client) -> None:
    """Without key or signature nothing is placed."""
    socket = await venue.socket(PATH)
    reply = await _ask(socket, "order.place", **LIMIT, price="59000", timestamp=venue.clock(), apiKey=KEY)
    assert reply["status"] in {400, 401}
    assert await venue.ok("GET", "/fapi/v1/openOrders") == []


async def test_listen_keys_are_opened_over_the_socket(venue: Client) -> None:
    """The key that userDataStream.start gives carries the account's events."""
    socket = await venue.socket(PATH)
    started = await _ask(socket, "userDataStream.start", apiKey=KEY)
    key = started["result"]["listenKey"]
    events = await venue.socket(f"/ws?listenKey={key}")
    await venue.ok("POST", "/fapi/v1/order", **LIMIT, price="59000")
    assert (await events.receive_json(timeout=3 * PATIENCE))["e"] == "ORDER_TRADE_UPDATE"
    assert (await _ask(socket, "userDataStream.ping", apiKey=KEY))["result"]["listenKey"] == key
    assert (await _ask(socket, "userDataStream.stop", apiKey=KEY))["status"] == 200
