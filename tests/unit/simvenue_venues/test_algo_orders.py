"""Algo orders of the futures venue: how they are asked for, found, cancelled, and told of on the user stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from nautilus_trader.adapters.binance.futures.schemas.account import (
    BinanceFuturesAlgoOrder,
    BinanceFuturesAlgoOrderCancelResponse,
)

from tests.unit.simvenue_venues.algo import ALGO, ORDER, ask

if TYPE_CHECKING:
    from tests.unit.simvenue_venues.client import Client


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
    placed = await quoted.ok("POST", ALGO, **ask(**asked))
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
    placed = await quoted.ok("POST", ALGO, **ask(clientAlgoId="mine"))
    for path in ("/fapi/v1/openOrders", "/fapi/v1/allOrders"):
        assert await quoted.ok("GET", path, symbol="BTCUSDT") == []
    assert await quoted.refused("GET", ORDER, symbol="BTCUSDT", origClientOrderId="mine") == -2013
    assert await quoted.refused("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId="mine") == -2011
    assert await quoted.refused("DELETE", ORDER, symbol="BTCUSDT", orderId=placed["algoId"]) == -2011
    await quoted.ok("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert len(await quoted.ok("GET", "/fapi/v1/openAlgoOrders")) == 1


async def test_cancelling_by_either_id_and_all_at_once(quoted: Client) -> None:
    """A cancel answers with its code as text; what is gone cannot be cancelled again; cancel-all spares the others."""
    first = await quoted.ok("POST", ALGO, **ask(clientAlgoId="one"))
    await quoted.ok("POST", ALGO, **ask(clientAlgoId="two"))
    done = await quoted.ok("DELETE", ALGO, algoId=first["algoId"], clientAlgoId="one")
    assert done == {"algoId": first["algoId"], "clientAlgoId": "one", "code": "200", "msg": "success"}
    msgspec.convert(done, BinanceFuturesAlgoOrderCancelResponse, strict=True)
    assert await quoted.refused("DELETE", ALGO, algoId=first["algoId"]) == -2011
    await quoted.ok("DELETE", ALGO, clientAlgoId="two")
    await quoted.ok("POST", ALGO, **ask(clientAlgoId="three"))
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
    assert await quoted.refused("POST", ALGO, **ask(**changes)) == code
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


async def test_history_is_found_behind_algo_orders(quoted: Client) -> None:
    """A page of orders is filled up although algo orders lie between them, and the other way round."""
    regular = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010"}
    first = await quoted.ok("POST", ORDER, **regular, price="59000")
    algos = [await quoted.ok("POST", ALGO, **ask()) for _ in range(3)]
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
