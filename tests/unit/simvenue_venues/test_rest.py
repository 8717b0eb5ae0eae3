"""The REST endpoints over a real socket, a real exchange and a real ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simvenue.exchange.types import RejectReason, Side
from simvenue.venues.binance.auth import hmac_signature
from simvenue.venues.binance_futures.rejections import REJECTIONS
from tests.unit.simvenue_venues.client import KEY, SECRET

if TYPE_CHECKING:
    from tests.unit.simvenue_venues.client import Client

ORDER = "/fapi/v1/order"
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010"}


async def _place(venue: Client, **changes: str) -> dict[str, Any]:
    reply: dict[str, Any] = await venue.ok("POST", ORDER, **{**LIMIT, "price": "59000.00", **changes})
    return reply


async def test_public_endpoints_need_no_key(venue: Client) -> None:
    """Reachability, time, instruments and market data are answered to anybody."""
    venue.quote(Side.BUY, "59990.00", "1.000")
    for path, query in (
        ("/fapi/v1/ping", ""),
        ("/fapi/v1/time", ""),
        ("/fapi/v1/exchangeInfo", ""),
        ("/fapi/v1/depth", "symbol=BTCUSDT"),
        ("/fapi/v1/trades", "symbol=BTCUSDT"),
        ("/fapi/v1/aggTrades", "symbol=BTCUSDT"),
        ("/fapi/v1/klines", "symbol=BTCUSDT&interval=1m"),
        ("/fapi/v1/premiumIndex", "symbol=BTCUSDT"),
        ("/fapi/v1/premiumIndex", ""),
    ):
        status, _ = await venue.public("GET", path, query)
        assert status == 200, path


async def test_an_order_lives_and_is_found(venue: Client) -> None:
    """A resting order is acknowledged, listed open, amended, cancelled and still found afterwards."""
    placed = await _place(venue, newClientOrderId="O-1")
    assert (placed["clientOrderId"], placed["status"], placed["price"]) == ("O-1", "NEW", "59000.00")
    identity = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    assert [row["orderId"] for row in await venue.ok("GET", "/fapi/v1/openOrders")] == [placed["orderId"]]
    amended = await venue.ok("PUT", ORDER, side="BUY", quantity="0.020", price="59100.00", **identity)
    assert (amended["origQty"], amended["price"]) == ("0.020", "59100.00")
    cancelled = await venue.ok("DELETE", ORDER, origClientOrderId="O-1", **identity)
    assert cancelled["status"] == "CANCELED"
    assert await venue.ok("GET", "/fapi/v1/openOrders", symbol="BTCUSDT") == []
    assert (await venue.ok("GET", ORDER, symbol="BTCUSDT", origClientOrderId="O-1"))["status"] == "CANCELED"
    assert [row["status"] for row in await venue.ok("GET", "/fapi/v1/allOrders", symbol="BTCUSDT")] == ["CANCELED"]
    assert await venue.refused("GET", "/fapi/v1/openOrder", **identity) == -2013


async def test_a_fill_shows_in_trades_position_and_balance(venue: Client) -> None:
    """A market order against a resting one leaves a fill, a position and a paid fee that agree."""
    venue.quote(Side.SELL, "60000.00", "1.000")
    market = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}
    result = await venue.ok("POST", ORDER, newOrderRespType="RESULT", **market)
    assert (result["status"], result["executedQty"], result["avgPrice"]) == ("FILLED", "0.010", "60000.00000000")
    (fill,) = await venue.ok("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert (fill["price"], fill["qty"], fill["commission"], fill["commissionAsset"]) == (
        "60000.00",
        "0.010",
        "0.30000000",
        "USDT",
    )
    assert (fill["buyer"], fill["maker"]) == (True, False)
    (position,) = await venue.ok("GET", "/fapi/v3/positionRisk")
    assert (position["positionAmt"], position["entryPrice"]) == ("0.010", "60000.00000000")
    account = await venue.ok("GET", "/fapi/v2/account", recvWindow=5000)
    assert account["totalWalletBalance"] == "999999.70000000"
    assert {row["asset"] for row in account["assets"]} == {"USDT", "BNB"}


async def test_an_acknowledgement_tells_no_fill(venue: Client) -> None:
    """By default a submit answers with the order as it arrived, as the venue does."""
    venue.quote(Side.SELL, "60000.00", "1.000")
    reply = await _place(venue, price="60000.00")
    assert (reply["status"], reply["executedQty"]) == ("NEW", "0.000")
    assert (await venue.ok("GET", ORDER, symbol="BTCUSDT", orderId=reply["orderId"]))["status"] == "FILLED"


async def test_many_orders_are_cancelled_at_once(venue: Client) -> None:
    """A batch answers each id in its place, failures too; cancel-all takes the rest and then finds nothing."""
    for name in ("a", "b", "c"):
        await _place(venue, newClientOrderId=name)
    replies = await venue.ok(
        "DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", origClientOrderIdList='["b","nobody","a"]'
    )
    assert [reply.get("clientOrderId", reply.get("code")) for reply in replies] == ["b", -2011, "a"]
    for _ in range(2):
        assert (await venue.ok("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT"))["code"] == 200
        assert await venue.ok("GET", "/fapi/v1/openOrders") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOPE"}, -1121),
        ({"symbol": ""}, -1102),
        ({"side": "HOLD"}, -1117),
        ({"type": "STOP_MARKET"}, -4120),
        ({"type": "WISH"}, -1116),
        ({"timeInForce": "GTD"}, -1102),
        ({"timeInForce": ""}, -1102),
        ({"quantity": "0.0001"}, -1111),
        ({"quantity": "0"}, -4003),
        ({"quantity": "2000"}, -4005),
        ({"quantity": "0.001"}, -4164),
        ({"quantity": "nan"}, -1100),
        ({"price": "59000.001"}, -1111),
        ({"price": "59000.05"}, -4014),
        ({"price": "0"}, -4001),
        ({"price": "90000"}, -4016),
        ({"price": "60000.00", "timeInForce": "GTX"}, -5022),
        ({"positionSide": "LONG"}, -4061),
        ({"positionSide": "UP"}, -4060),
        ({"reduceOnly": "True"}, -2022),
        ({"reduceOnly": "maybe"}, -1130),
        ({"priceMatch": "QUEUE"}, -1106),
        ({"newClientOrderId": "x" * 37}, -4015),
        ({"newClientOrderId": "a b"}, -1100),
        ({"newOrderRespType": "FULL"}, -1136),
        ({"quantity": "900", "price": "59900"}, -2019),
        ({"type": "MARKET"}, -1106),
    ],
)
async def test_a_bad_order_gets_its_code_and_leaves_nothing(venue: Client, changes: dict[str, str], code: int) -> None:
    """Every way to get an order wrong has the venue's own code, and no order comes of it."""
    venue.quote(Side.SELL, "60000.00", "1.000")
    assert await venue.refused("POST", ORDER, **{**LIMIT, "price": "59000.00", **changes}) == code
    assert await venue.ok("GET", "/fapi/v1/allOrders", symbol="BTCUSDT") == []


async def test_a_client_order_id_is_used_once(venue: Client) -> None:
    """The id of an open order cannot be given to another."""
    await _place(venue, newClientOrderId="twice")
    assert await venue.refused("POST", ORDER, **LIMIT, price="59000.00", newClientOrderId="twice") == -4116


async def test_orders_that_are_not_there(venue: Client) -> None:
    """Looking up, changing and cancelling nothing each have their code."""
    ghost = {"symbol": "BTCUSDT", "orderId": 1}
    assert await venue.refused("GET", ORDER, **ghost) == -2013
    assert await venue.refused("PUT", ORDER, side="BUY", quantity="0.010", price="59000", **ghost) == -2013
    assert await venue.refused("DELETE", ORDER, **ghost) == -2011
    assert await venue.refused("GET", ORDER, symbol="BTCUSDT") == -1102
    assert await venue.refused("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", origClientOrderIdList="[1]") == -1130


async def test_another_accounts_order_is_out_of_reach(venue: Client) -> None:
    """Nobody sees or cancels what is not theirs."""
    theirs = venue.quote(Side.SELL, "60000.00", "1.000")
    assert await venue.refused("GET", ORDER, symbol="BTCUSDT", orderId=theirs) == -2013
    assert await venue.refused("DELETE", ORDER, symbol="BTCUSDT", orderId=theirs) == -2011


async def test_amending_to_the_same_is_refused(venue: Client) -> None:
    """An amend that changes nothing is -5027, one for the other side -1130."""
    identity = {"symbol": "BTCUSDT", "orderId": (await _place(venue))["orderId"], "quantity": "0.010"}
    assert await venue.refused("PUT", ORDER, side="BUY", price="59000.00", **identity) == -5027
    assert await venue.refused("PUT", ORDER, side="SELL", price="59100.00", **identity) == -1130


async def test_klines_end(venue: Client) -> None:
    """Bars start at or after startTime, and past the end there are none, so that paging clients stop."""
    venue.quote(Side.SELL, "60000.00", "1.000")
    await venue.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
    _, bars = await venue.public("GET", "/fapi/v1/klines", "symbol=BTCUSDT&interval=1m")
    opened = bars[-1][0]
    _, same = await venue.public("GET", "/fapi/v1/klines", f"symbol=BTCUSDT&interval=1m&startTime={opened}")
    assert same[0][0] == opened
    assert len(same[0]) == 12
    _, none = await venue.public("GET", "/fapi/v1/klines", f"symbol=BTCUSDT&interval=1m&startTime={opened + 1}")
    assert none == []
    _, wider = await venue.public("GET", "/fapi/v1/klines", "symbol=BTCUSDT&interval=1h")
    assert wider[-1][5] == "0.010"
    status, body = await venue.public("GET", "/fapi/v1/klines", "symbol=BTCUSDT&interval=2m")
    assert (status, body["code"]) == (400, -1120)


async def test_trades_are_listed_from_an_id(venue: Client) -> None:
    """Public trades carry the price and side, and aggregates can be read on from an id."""
    venue.quote(Side.SELL, "60000.00", "1.000")
    for _ in range(3):
        await venue.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
    _, trades = await venue.public("GET", "/fapi/v1/trades", "symbol=BTCUSDT&limit=2")
    assert [(row["price"], row["qty"], row["isBuyerMaker"]) for row in trades] == [("60000.00", "0.010", False)] * 2
    _, rest = await venue.public("GET", "/fapi/v1/aggTrades", f"symbol=BTCUSDT&fromId={trades[-1]['id']}")
    assert [row["a"] for row in rest] == [trades[-1]["id"]]


async def test_unknown_paths_and_methods_are_the_venues_404(venue: Client) -> None:
    """A path that is not there, or not with this method, is JSON with the venue's code."""
    for method, path in (("GET", "/"), ("GET", "/fapi/v9/order"), ("PATCH", ORDER), ("POST", "/fapi/v1/time")):
        status, body = await venue.public(method, path)
        assert (status, body["code"]) == (404, -5000)
    status, body = await venue.public("GET", "/ws")
    assert (status, body["code"]) == (404, -5000)


async def test_a_wrong_signature_time_or_key_is_refused(venue: Client) -> None:
    """Each has its own code and status."""
    status, body = await venue.public(
        "GET", "/fapi/v2/account", f"timestamp={venue.clock()}&signature=00", headers={"X-MBX-APIKEY": "K" * 64}
    )
    assert (status, body["code"]) == (400, -1022)
    assert await venue.refused("GET", "/fapi/v2/account", timestamp=venue.clock() - 10_000) == -1021
    status, body = await venue.public("GET", "/fapi/v2/account", headers={"X-MBX-APIKEY": "nobody"})
    assert (status, body["code"]) == (401, -2015)
    status, body = await venue.public("POST", "/fapi/v1/listenKey")
    assert (status, body["code"]) == (401, -2014)


async def test_a_skewed_venue_clock_refuses_everybody(venue: Client) -> None:
    """When the venue's clock runs ahead, a request with the true time is stale."""
    honest = venue.clock()
    venue.clock.offset_ms = 20_000
    assert await venue.refused("GET", "/fapi/v2/account", timestamp=honest) == -1021


async def test_parameters_may_stand_in_the_body(venue: Client) -> None:
    """What is signed is the query followed by the body, so clients may put parameters in either."""
    for depth, code in ((1, -1130), (60_000, -1130)):
        query = f"symbol=BTCUSDT&timestamp={venue.clock()}"
        body = f"&origClientOrderIdList={'[' * depth}"
        body += f"&signature={hmac_signature(SECRET, query + body)}"
        headers = {"X-MBX-APIKEY": KEY}
        status, reply = await venue.public("DELETE", "/fapi/v1/batchOrders", query, headers=headers, data=body.encode())
        assert (status, reply["code"]) == (400, code)


async def test_a_body_that_is_too_large_or_not_text_is_refused(venue: Client) -> None:
    """Oversized and binary bodies end in the venue's form of error."""
    status, body = await venue.public("POST", ORDER, data=b"x" * 100_000)
    assert status == 413
    assert set(body) == {"code", "msg"}
    status, body = await venue.public("POST", ORDER, data=b"\xff\xfe")
    assert (status, body["code"]) == (400, -1100)


def test_every_refusal_of_the_exchange_has_a_code() -> None:
    """No reason of the exchange is without the venue's words."""
    assert set(RejectReason) - set(REJECTIONS) == set()
