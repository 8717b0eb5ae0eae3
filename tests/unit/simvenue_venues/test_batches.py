"""Several orders in one request, orders with a date, prices read from the book, and the dead man's switch."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from simvenue.exchange.types import Side

if TYPE_CHECKING:
    from tests.unit.simvenue_venues.client import Client

ORDER = "/fapi/v1/order"
BATCH = "/fapi/v1/batchOrders"
COUNTDOWN = "/fapi/v1/countdownCancelAll"
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010"}
RESTING = {**LIMIT, "price": "59000"}


async def test_a_batch_answers_each_order_in_its_place(venue: Client) -> None:
    """Good orders are placed, bad ones answered with their own code, whatever form JSON gives numbers and truths."""
    orders: list[dict[str, Any]] = [
        {**RESTING, "newClientOrderId": "a"},
        {**RESTING, "quantity": 0.02, "price": 59100.5, "reduceOnly": False},
        {**RESTING, "symbol": "NOPE"},
        {**RESTING, "quantity": "0.0001"},
        {**RESTING, "type": "STOP_MARKET"},
    ]
    replies = await venue.ok("POST", BATCH, batchOrders=json.dumps(orders))
    assert [reply.get("code") or reply["price"] for reply in replies] == ["59000.00", "59100.50", -1121, -1111, -4120]
    assert len(await venue.ok("GET", "/fapi/v1/openOrders")) == 2


async def test_a_batch_amends_each_order(venue: Client) -> None:
    """Each amendment is answered on its own."""
    ids = [(await venue.ok("POST", ORDER, **RESTING))["orderId"] for _ in range(2)]
    change = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.020", "price": "59100"}
    wanted = [{**change, "orderId": ids[0]}, {**change, "orderId": 1}, {**change, "orderId": ids[1], "price": "59200"}]
    replies = await venue.ok("PUT", BATCH, batchOrders=json.dumps(wanted))
    assert [reply.get("code") or reply["price"] for reply in replies] == ["59100.00", -2013, "59200.00"]


async def test_a_batch_cancels_by_either_id(venue: Client) -> None:
    """The venue's ids and the client's both name orders, and the reply keeps their order."""
    first = await venue.ok("POST", ORDER, **RESTING)
    second = await venue.ok("POST", ORDER, **RESTING, newClientOrderId="b")
    replies = await venue.ok("DELETE", BATCH, symbol="BTCUSDT", orderIdList=f"[1,{first['orderId']}]")
    assert [reply.get("code") or reply["orderId"] for reply in replies] == [-2011, first["orderId"]]
    replies = await venue.ok("DELETE", BATCH, symbol="BTCUSDT", origClientOrderIdList='["b"]')
    assert [reply["orderId"] for reply in replies] == [second["orderId"]]


@pytest.mark.parametrize(
    "orders",
    ["", "{}", "[]", "[1]", "not json", "[" * 500, json.dumps([RESTING] * 6), json.dumps([{**RESTING, "price": None}])],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_batch_that_is_none_is_refused(venue: Client, method: str, orders: str) -> None:
    """What is no list of one to five orders is refused as a whole."""
    assert await venue.refused(method, BATCH, batchOrders=orders) in {-1102, -1130, -4082}
    assert await venue.ok("GET", "/fapi/v1/openOrders") == []


async def test_an_order_with_a_date_expires(venue: Client) -> None:
    """GTD is kept to the second, told back, and ends the order when its time has come."""
    until = venue.clock() + 700_000
    placed = await venue.ok("POST", ORDER, **{**RESTING, "timeInForce": "GTD"}, goodTillDate=until)
    assert (placed["timeInForce"], placed["goodTillDate"]) == ("GTD", until // 1000 * 1000)
    # The date is cut to its second, and the real clock goes on.
    venue.clock.offset_ms = 690_000
    venue.exchange.roll()
    assert len(await venue.ok("GET", "/fapi/v1/openOrders")) == 1
    venue.clock.offset_ms = 701_000
    venue.exchange.roll()
    order = await venue.ok("GET", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    assert order["status"] == "EXPIRED"


@pytest.mark.parametrize("until", [-1, 0, 599, 253_402_300_800])
async def test_a_date_too_near_or_too_far_is_refused(venue: Client, until: int) -> None:
    """The venue wants more than ten minutes, and less than eternity."""
    date = until * 1000 if until > 600 else max(0, venue.clock() + until * 1000)
    assert await venue.refused("POST", ORDER, **{**RESTING, "timeInForce": "GTD"}, goodTillDate=date) == -5040


@pytest.mark.parametrize(
    ("side", "word", "price"),
    [
        ("BUY", "QUEUE", "59990.00"),
        ("SELL", "QUEUE", "60000.00"),
        ("SELL", "OPPONENT", "59990.00"),
        ("BUY", "OPPONENT", "60000.00"),
        ("BUY", "QUEUE_5", "59986.00"),
        ("BUY", "OPPONENT_5", "60004.00"),
    ],
)
async def test_a_price_can_be_read_from_the_book(venue: Client, side: str, word: str, price: str) -> None:
    """QUEUE joins one's own side, OPPONENT takes the other's, the number says which level."""
    for level in range(5):
        venue.quote(Side.BUY, f"{59990 - level}.00", "1.000")
        venue.quote(Side.SELL, f"{60000 + level}.00", "1.000")
    placed = await venue.ok("POST", ORDER, **{**LIMIT, "side": side}, priceMatch=word)
    assert placed["price"] == price


async def test_a_price_that_the_book_does_not_have_is_refused(venue: Client) -> None:
    """Unknown words, a book without that level, and a price beside it each have their code."""
    venue.quote(Side.BUY, "59990.00", "1.000")
    assert await venue.refused("POST", ORDER, **LIMIT, priceMatch="BEST") == -5037
    assert await venue.refused("POST", ORDER, **LIMIT, priceMatch="QUEUE_5") == -5041
    assert await venue.refused("POST", ORDER, **RESTING, priceMatch="QUEUE") == -1106


async def test_amending_may_read_the_price_from_the_book(venue: Client) -> None:
    """An amendment takes priceMatch as well."""
    venue.quote(Side.BUY, "59990.00", "1.000")
    placed = await venue.ok("POST", ORDER, **RESTING)
    identity = {"symbol": "BTCUSDT", "orderId": placed["orderId"], "side": "BUY", "quantity": "0.010"}
    assert (await venue.ok("PUT", ORDER, **identity, priceMatch="QUEUE"))["price"] == "59990.00"


async def test_a_countdown_cancels_when_nobody_renews_it(venue: Client) -> None:
    """The switch spares algo orders and other symbols, is put off by another call, and stopped by zero."""
    await venue.ok("POST", ORDER, **RESTING)
    await venue.ok("POST", ORDER, **{**RESTING, "symbol": "ETHUSDT", "price": "2900", "quantity": "0.100"})
    assert await venue.ok("POST", COUNTDOWN, symbol="BTCUSDT", countdownTime=100) == {
        "symbol": "BTCUSDT",
        "countdownTime": "100",
    }
    await venue.ok("POST", COUNTDOWN, symbol="BTCUSDT", countdownTime=0)
    await asyncio.sleep(0.3)
    assert len(await venue.ok("GET", "/fapi/v1/openOrders")) == 2
    await venue.ok("POST", COUNTDOWN, symbol="BTCUSDT", countdownTime=100)
    await asyncio.sleep(0.3)
    assert [row["symbol"] for row in await venue.ok("GET", "/fapi/v1/openOrders")] == ["ETHUSDT"]
    assert await venue.refused("POST", COUNTDOWN, symbol="BTCUSDT") == -1102


async def test_a_test_order_is_checked_and_not_placed(venue: Client) -> None:
    """The same refusals as the real one, and no order."""
    assert await venue.ok("POST", "/fapi/v1/order/test", **RESTING) == {}
    assert await venue.refused("POST", "/fapi/v1/order/test", **{**RESTING, "side": "HOLD"}) == -1117
    assert await venue.ok("GET", "/fapi/v1/openOrders") == []


async def test_a_fill_or_kill_order_is_filled_or_refused(venue: Client) -> None:
    """What the book cannot fill wholly at the price is -5021 and leaves no trace; what it can is filled."""
    venue.quote(Side.SELL, "60000.00", "0.010")
    venue.quote(Side.SELL, "60010.00", "0.010")
    kill = {**LIMIT, "timeInForce": "FOK", "quantity": "0.020"}
    assert await venue.refused("POST", ORDER, **kill, price="60000") == -5021
    assert await venue.ok("GET", "/fapi/v1/allOrders", symbol="BTCUSDT") == []
    placed = await venue.ok("POST", ORDER, **kill, price="60010", newOrderRespType="RESULT")
    assert (placed["status"], placed["executedQty"]) == ("FILLED", "0.020")


async def test_open_orders_are_limited_as_the_filters_say(venue: Client) -> None:
    """The eleventh algo order of a symbol is -4045, the 201st order -2025; other symbols and market orders go on."""
    venue.quote(Side.SELL, "60000.00", "1.000")
    _, info = await venue.public("GET", "/fapi/v1/exchangeInfo")
    limits = {row["filterType"]: row.get("limit") for row in info["symbols"][0]["filters"]}
    stop = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "BUY", "type": "STOP_MARKET", "quantity": "0.010"}
    for _ in range(limits["MAX_NUM_ALGO_ORDERS"]):
        await venue.ok("POST", "/fapi/v1/algoOrder", **stop, triggerPrice="61000")
    assert await venue.refused("POST", "/fapi/v1/algoOrder", **stop, triggerPrice="61000") == -4045
    for _ in range(limits["MAX_NUM_ORDERS"]):
        venue.quote(Side.BUY, "59000.00", "0.010", account="node")
    assert await venue.refused("POST", ORDER, **RESTING) == -2025
    await venue.ok("POST", ORDER, **{**RESTING, "symbol": "ETHUSDT", "price": "2900", "quantity": "0.100"})
    await venue.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
