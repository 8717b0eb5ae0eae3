"""Algo orders of the futures venue: how they are asked for, found, cancelled, and told of on the user stream."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from nautilus_trader.adapters.binance.futures.schemas.account import (
    BinanceFuturesAlgoOrder,
    BinanceFuturesAlgoOrderCancelResponse,
)
from nautilus_trader.adapters.binance.futures.schemas.user import (
    BinanceFuturesAlgoUpdateMsg,
    BinanceFuturesOrderUpdateMsg,
)

from simvenue.exchange.types import MarketStep, Side
from tests.unit.simvenue_venues.client import KEY

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

    from tests.unit.simvenue_venues.client import Client

ORDER = "/fapi/v1/order"
ALGO = "/fapi/v1/algoOrder"
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "STOP_MARKET",
    "quantity": "0.010",
    "triggerPrice": "61000",
}


def _ask(**changes: str) -> dict[str, str]:
    return {name: value for name, value in {**STOP, **changes}.items() if value}


@pytest.fixture
async def quoted(venue: Client) -> Client:
    """A venue with a bid, an ask and a last price of 60000."""
    venue.quote(Side.SELL, "60000.00", "1.010")
    venue.take(Side.BUY, "0.010")
    venue.quote(Side.BUY, "59990.00", "1.000")
    return venue


def _mark(venue: Client, price: str) -> None:
    venue.exchange.step_market("BTCUSDT", MarketStep(reference=Decimal(price), bids=(), asks=()))


async def _user_stream(venue: Client) -> ClientWebSocketResponse:
    _, body = await venue.public("POST", "/fapi/v1/listenKey", headers={"X-MBX-APIKEY": KEY})
    return await venue.socket(f"/ws?listenKey={body['listenKey']}")


async def _events(socket: ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(3):
        return [await socket.receive_json() for _ in range(count)]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, {"orderType": "STOP_MARKET", "triggerPrice": "61000.00", "price": "0.00", "timeInForce": "GTC"}),
        (
            {"type": "STOP", "price": "61100", "timeInForce": "GTC"},
            {"orderType": "STOP", "triggerPrice": "61000.00", "price": "61100.00"},
        ),
        (
            {"type": "TAKE_PROFIT_MARKET", "triggerPrice": "59000", "workingType": "MARK_PRICE"},
            {"orderType": "TAKE_PROFIT_MARKET", "triggerPrice": "59000.00", "workingType": "MARK_PRICE"},
        ),
        (
            {"type": "TAKE_PROFIT", "side": "SELL", "price": "61050", "timeInForce": "GTX"},
            {"orderType": "TAKE_PROFIT", "timeInForce": "GTX", "workingType": "CONTRACT_PRICE"},
        ),
        (
            {"type": "TRAILING_STOP_MARKET", "triggerPrice": "", "callbackRate": "0.5", "activatePrice": "59500"},
            {"orderType": "TRAILING_STOP_MARKET", "callbackRate": "0.5", "activatePrice": "59500.00"},
        ),
        (
            {"type": "TRAILING_STOP_MARKET", "triggerPrice": "", "callbackRate": "1", "side": "SELL"},
            {"callbackRate": "1", "triggerPrice": "0.00"},
        ),
        ({"reduceOnly": "True"}, {"reduceOnly": True}),
    ],
)
async def test_every_kind_is_placed_and_told_back(quoted: Client, asked: dict[str, str], told: dict[str, Any]) -> None:
    """The reply, the single query and the list of open ones are the same document, with what was asked for."""
    if asked.get("reduceOnly"):
        await quoted.ok("POST", ORDER, symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.010")
    placed = await quoted.ok("POST", ALGO, **_ask(**asked))
    assert placed.items() >= told.items()
    assert (placed["algoStatus"], placed["actualOrderId"], placed["quantity"]) == ("NEW", "", "0.010")
    assert await quoted.ok("GET", ALGO, algoId=placed["algoId"]) == placed
    assert await quoted.ok("GET", ALGO, clientAlgoId=placed["clientAlgoId"]) == placed
    assert await quoted.ok("GET", "/fapi/v1/openAlgoOrders") == [placed]
    assert await quoted.ok("GET", "/fapi/v1/openAlgoOrders", symbol="ETHUSDT") == []
    assert await quoted.ok("GET", "/fapi/v1/allAlgoOrders", symbol="BTCUSDT") == [placed]
    msgspec.convert(placed, BinanceFuturesAlgoOrder, strict=True)


async def test_what_waits_is_no_regular_order(quoted: Client) -> None:
    """The matching engine does not know an algo order: not in its lists, not by id, not by cancel-all."""
    placed = await quoted.ok("POST", ALGO, **_ask(clientAlgoId="mine"))
    for path in ("/fapi/v1/openOrders", "/fapi/v1/allOrders"):
        assert await quoted.ok("GET", path, symbol="BTCUSDT") == []
    assert await quoted.refused("GET", ORDER, symbol="BTCUSDT", origClientOrderId="mine") == -2013
    assert await quoted.refused("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId="mine") == -2011
    assert await quoted.refused("DELETE", ORDER, symbol="BTCUSDT", orderId=placed["algoId"]) == -2011
    await quoted.ok("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert len(await quoted.ok("GET", "/fapi/v1/openAlgoOrders")) == 1


async def test_cancelling_by_either_id_and_all_at_once(quoted: Client) -> None:
    """A cancel answers with its code as text; what is gone cannot be cancelled again; cancel-all spares the others."""
    first = await quoted.ok("POST", ALGO, **_ask(clientAlgoId="one"))
    await quoted.ok("POST", ALGO, **_ask(clientAlgoId="two"))
    done = await quoted.ok("DELETE", ALGO, algoId=first["algoId"], clientAlgoId="one")
    assert done == {"algoId": first["algoId"], "clientAlgoId": "one", "code": "200", "msg": "success"}
    msgspec.convert(done, BinanceFuturesAlgoOrderCancelResponse, strict=True)
    assert await quoted.refused("DELETE", ALGO, algoId=first["algoId"]) == -2011
    await quoted.ok("DELETE", ALGO, clientAlgoId="two")
    await quoted.ok("POST", ALGO, **_ask(clientAlgoId="three"))
    resting = await quoted.ok(
        "POST", ORDER, symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.010", price="59000"
    )
    assert (await quoted.ok("DELETE", "/fapi/v1/algoOpenOrders", symbol="BTCUSDT"))["code"] == 200
    assert await quoted.ok("GET", "/fapi/v1/openAlgoOrders") == []
    assert [row["orderId"] for row in await quoted.ok("GET", "/fapi/v1/openOrders")] == [resting["orderId"]]
    rows = await quoted.ok("GET", "/fapi/v1/allAlgoOrders", symbol="BTCUSDT")
    assert [row["algoStatus"] for row in rows] == ["CANCELED"] * 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"algoType": "VP"}, -1130),
        ({"algoType": ""}, -1102),
        ({"symbol": "NOPE"}, -1121),
        ({"side": "HOLD"}, -1117),
        ({"type": "LIMIT"}, -1116),
        ({"type": "WISH"}, -1116),
        ({"triggerPrice": ""}, -1102),
        ({"triggerPrice": "0"}, -4006),
        ({"triggerPrice": "61000.001"}, -1111),
        ({"triggerPrice": "61000.05"}, -4014),
        ({"triggerPrice": "59000"}, -2021),
        ({"type": "TAKE_PROFIT_MARKET"}, -2021),
        ({"workingType": "INDEX_PRICE"}, -4031),
        ({"quantity": "0"}, -4003),
        ({"quantity": "2000"}, -4005),
        ({"price": "61000"}, -1106),
        ({"priceMatch": "QUEUE"}, -5038),
        ({"type": "STOP", "timeInForce": "GTC"}, -1102),
        ({"type": "STOP", "timeInForce": "SOON", "price": "61000"}, -1115),
        ({"type": "STOP", "timeInForce": "GTD", "price": "61000"}, -1102),
        ({"type": "TRAILING_STOP_MARKET"}, -1102),
        ({"type": "TRAILING_STOP_MARKET", "callbackRate": "0.05"}, -2007),
        ({"type": "TRAILING_STOP_MARKET", "callbackRate": "10.1"}, -2007),
        ({"positionSide": "LONG"}, -4061),
        ({"positionSide": "UP"}, -4060),
        ({"closePosition": "true"}, -4137),
        ({"closePosition": "true", "quantity": "", "reduceOnly": "true"}, -1106),
        ({"closePosition": "true", "quantity": "", "type": "STOP", "price": "61000"}, -4136),
        ({"closePosition": "perhaps"}, -1130),
        ({"clientAlgoId": "x" * 37}, -4015),
        ({"clientAlgoId": "a b"}, -1100),
    ],
)
async def test_a_bad_algo_order_gets_its_code(quoted: Client, changes: dict[str, str], code: int) -> None:
    """Every way to get one wrong has the venue's own code, and nothing waits afterwards."""
    assert await quoted.refused("POST", ALGO, **_ask(**changes)) == code
    assert await quoted.ok("GET", "/fapi/v1/allAlgoOrders", symbol="BTCUSDT") == []


async def test_looking_for_what_is_not_there(quoted: Client) -> None:
    """Queries and cancels of nothing, of no id, and of a regular order's id each have their code."""
    assert await quoted.refused("GET", ALGO, algoId=1) == -2013
    assert await quoted.refused("GET", ALGO) == -1102
    assert await quoted.refused("DELETE", ALGO, algoId=1) == -2011
    assert await quoted.refused("DELETE", ALGO, clientAlgoId="nobody") == -2011
    regular = await quoted.ok(
        "POST", ORDER, symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.010", price="59000"
    )
    assert await quoted.refused("GET", ALGO, clientAlgoId=regular["clientOrderId"]) == -2013
    assert await quoted.refused("GET", "/fapi/v1/openAlgoOrders", algoType="VP") == -1130
    assert await quoted.refused("GET", "/fapi/v1/allAlgoOrders") == -1102


async def test_a_market_stop_fires_and_tells_each_step(quoted: Client) -> None:
    """NEW, then TRIGGERING, TRIGGERED with the order's id, the order's own life under it, and FINISHED last."""
    socket = await _user_stream(quoted)
    placed = await quoted.ok("POST", ALGO, **_ask(triggerPrice="60100", clientAlgoId="stop"))
    quoted.quote(Side.SELL, "60100.00", "1.000")
    quoted.take(Side.BUY, "1.500")
    new, triggering, triggered, accepted, balance, lite, trade, finished = await _events(socket, 8)
    assert [event["e"] for event in (new, triggering, triggered, finished)] == ["ALGO_UPDATE"] * 4
    assert [event["o"]["X"] for event in (new, triggering, triggered, finished)] == [
        "NEW",
        "TRIGGERING",
        "TRIGGERED",
        "FINISHED",
    ]
    assert [event["o"]["ai"] for event in (new, triggering)] == ["", ""]
    assert {event["o"]["aid"] for event in (new, triggering, triggered, finished)} == {placed["algoId"]}
    order_id = int(triggered["o"]["ai"])
    assert order_id != placed["algoId"]
    assert (accepted["o"]["x"], accepted["o"]["i"], accepted["o"]["c"]) == ("NEW", order_id, "stop")
    assert (accepted["o"]["o"], accepted["o"]["ot"], accepted["o"]["sp"]) == ("MARKET", "STOP_MARKET", "60100.00")
    assert [balance["e"], lite["e"]] == ["ACCOUNT_UPDATE", "TRADE_LITE"]
    assert (trade["o"]["x"], trade["o"]["X"], trade["o"]["L"]) == ("TRADE", "FILLED", "60100.00")
    assert (finished["o"]["aq"], finished["o"]["ap"], finished["o"]["act"]) == ("0.010", "60100.00000000", "MARKET")
    for event in (new, triggering, triggered, finished):
        msgspec.convert(event, BinanceFuturesAlgoUpdateMsg, strict=True)
    for event in (accepted, trade):
        msgspec.convert(event, BinanceFuturesOrderUpdateMsg, strict=True)
    row = await quoted.ok("GET", ALGO, algoId=placed["algoId"])
    assert (row["algoStatus"], row["actualOrderId"]) == ("FINISHED", str(order_id))
    (order,) = await quoted.ok("GET", "/fapi/v1/allOrders", symbol="BTCUSDT")
    assert (order["orderId"], order["type"], order["origType"]) == (order_id, "MARKET", "STOP_MARKET")
    assert (await quoted.ok("GET", "/fapi/v1/userTrades", symbol="BTCUSDT"))[0]["orderId"] == order_id


async def test_a_limit_stop_goes_on_as_an_order(quoted: Client) -> None:
    """Once triggered it rests in the book, is amended and cancelled like any other, and no longer as an algo order."""
    placed = await quoted.ok("POST", ALGO, **_ask(type="STOP", triggerPrice="60100", price="60050", timeInForce="GTC"))
    quoted.quote(Side.SELL, "60100.00", "1.000")
    quoted.take(Side.BUY, "1.500")
    (order,) = await quoted.ok("GET", "/fapi/v1/openOrders")
    assert (order["type"], order["origType"], order["stopPrice"]) == ("LIMIT", "STOP", "60100.00")
    assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == "TRIGGERED"
    assert await quoted.ok("GET", "/fapi/v1/openAlgoOrders") == []
    assert await quoted.refused("DELETE", ALGO, algoId=placed["algoId"]) == -2011
    identity = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
    amended = await quoted.ok("PUT", ORDER, side="BUY", quantity="0.020", price="60040", **identity)
    assert (amended["price"], amended["origQty"]) == ("60040.00", "0.020")
    socket = await _user_stream(quoted)
    assert (await quoted.ok("DELETE", ORDER, **identity))["status"] == "CANCELED"
    cancelled, finished = await _events(socket, 2)
    assert (cancelled["o"]["x"], finished["o"]["X"], finished["o"]["aq"]) == ("CANCELED", "FINISHED", "0")
    assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == "FINISHED"


async def test_mark_price_orders_watch_the_mark(quoted: Client) -> None:
    """A trade beyond the trigger leaves it waiting; the mark price there fires it."""
    placed = await quoted.ok("POST", ALGO, **_ask(triggerPrice="60100", workingType="MARK_PRICE"))
    quoted.quote(Side.SELL, "60200.00", "1.000")
    quoted.take(Side.BUY, "1.500")
    assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == "NEW"
    _mark(quoted, "60100.00")
    assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == "FINISHED"


async def test_a_trailing_stop_follows_and_fires(quoted: Client) -> None:
    """It becomes active at its activation price, follows the best price, and fires the callback rate behind it."""
    placed = await quoted.ok(
        "POST",
        ALGO,
        **_ask(type="TRAILING_STOP_MARKET", side="SELL", triggerPrice="", callbackRate="1", workingType="MARK_PRICE"),
    )
    for price, status in (("61000.00", "NEW"), ("60500.00", "NEW"), ("62000.00", "NEW"), ("61380.00", "FINISHED")):
        _mark(quoted, price)
        assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == status, price


async def test_close_position_closes_what_is_there_when_it_fires(quoted: Client) -> None:
    """It tells no quantity while it waits, and sells the whole position in the end."""
    await quoted.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.020")
    placed = await quoted.ok(
        "POST",
        ALGO,
        **_ask(side="SELL", triggerPrice="59000", quantity="", closePosition="true", workingType="MARK_PRICE"),
    )
    assert (placed["quantity"], placed["closePosition"]) == ("", True)
    await quoted.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.030")
    _mark(quoted, "59000.00")
    assert await quoted.ok("GET", "/fapi/v3/positionRisk") == []
    fills = await quoted.ok("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert fills[-1]["qty"] == "0.050"


async def test_a_cancelled_algo_order_tells_only_that(quoted: Client) -> None:
    """The matching engine never had it, so ALGO_UPDATE CANCELED is all that is said."""
    socket = await _user_stream(quoted)
    placed = await quoted.ok("POST", ALGO, **_ask())
    await quoted.ok("DELETE", ALGO, algoId=placed["algoId"])
    new, cancelled = await _events(socket, 2)
    assert [(event["e"], event["o"]["X"]) for event in (new, cancelled)] == [
        ("ALGO_UPDATE", "NEW"),
        ("ALGO_UPDATE", "CANCELED"),
    ]


async def test_what_cannot_be_paid_when_it_fires_ends_truthfully(quoted: Client) -> None:
    """A stop whose margin is gone by then triggers, expires unfilled, and is finished."""
    quoted.quote(Side.SELL, "60000.00", "20.000")
    await quoted.ok("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=1)
    placed = await quoted.ok("POST", ALGO, **_ask(quantity="10", workingType="MARK_PRICE", triggerPrice="60100"))
    await quoted.ok(
        "POST", ORDER, symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="10", price="59000"
    )
    socket = await _user_stream(quoted)
    _mark(quoted, "60100.00")
    events = await _events(socket, 5)
    said = [event["o"].get("x", event["o"]["X"]) for event in events]
    assert said == ["TRIGGERING", "TRIGGERED", "NEW", "EXPIRED", "FINISHED"]
    assert events[3]["o"]["X"] in {"EXPIRED", "REJECTED"}
    assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == "FINISHED"


async def test_history_is_found_behind_algo_orders(quoted: Client) -> None:
    """A page of orders is filled up although algo orders lie between them, and the other way round."""
    regular = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010"}
    first = await quoted.ok("POST", ORDER, **regular, price="59000")
    algos = [await quoted.ok("POST", ALGO, **_ask()) for _ in range(3)]
    second = await quoted.ok("POST", ORDER, **regular, price="59000")
    rows = await quoted.ok("GET", "/fapi/v1/allOrders", symbol="BTCUSDT", limit=2)
    assert [row["orderId"] for row in rows] == [first["orderId"], second["orderId"]], "the last two"
    await quoted.ok("POST", ORDER, **regular, price="59000")
    rows = await quoted.ok("GET", "/fapi/v1/allOrders", symbol="BTCUSDT", limit=1, orderId=first["orderId"] + 1)
    assert [row["orderId"] for row in rows] == [second["orderId"]]
    rows = await quoted.ok("GET", "/fapi/v1/allAlgoOrders", symbol="BTCUSDT", limit=2)
    assert [row["algoId"] for row in rows] == [algo["algoId"] for algo in algos[1:]]
    rows = await quoted.ok("GET", "/fapi/v1/allAlgoOrders", symbol="BTCUSDT", limit=2, algoId=algos[0]["algoId"])
    assert [row["algoId"] for row in rows] == [algo["algoId"] for algo in algos[:2]]
