"""The life of algo orders on the futures venue: how they fire, what they become, and what the user stream tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from nautilus_trader.adapters.binance.futures.schemas.user import (
    BinanceFuturesAlgoUpdateMsg,
    BinanceFuturesOrderUpdateMsg,
)

from simvenue.exchange.types import Side
from tests.unit.simvenue_venues.algo import ALGO, ORDER, ask
from tests.unit.simvenue_venues.client import receive

if TYPE_CHECKING:
    from tests.unit.simvenue_venues.client import Client


async def test_a_market_stop_fires_and_tells_each_step(quoted: Client) -> None:
    """NEW, then TRIGGERING, TRIGGERED with the order's id, the order's own life under it, and FINISHED last."""
    socket = await quoted.user_stream()
    placed = await quoted.ok("POST", ALGO, **ask(triggerPrice="60100", clientAlgoId="stop"))
    quoted.quote(Side.SELL, "60100.00", "1.000")
    quoted.take(Side.BUY, "1.500")
    new, triggering, triggered, accepted, balance, lite, trade, finished = await receive(socket, 8)
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
    placed = await quoted.ok("POST", ALGO, **ask(type="STOP", triggerPrice="60100", price="60050", timeInForce="GTC"))
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
    socket = await quoted.user_stream()
    assert (await quoted.ok("DELETE", ORDER, **identity))["status"] == "CANCELED"
    cancelled, finished = await receive(socket, 2)
    assert (cancelled["o"]["x"], finished["o"]["X"], finished["o"]["aq"]) == ("CANCELED", "FINISHED", "0")
    assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == "FINISHED"


async def test_mark_price_orders_watch_the_mark(quoted: Client) -> None:
    """A trade beyond the trigger leaves it waiting; the mark price there fires it."""
    placed = await quoted.ok("POST", ALGO, **ask(triggerPrice="60100", workingType="MARK_PRICE"))
    quoted.quote(Side.SELL, "60200.00", "1.000")
    quoted.take(Side.BUY, "1.500")
    assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == "NEW"
    quoted.mark("60100.00")
    assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == "FINISHED"


async def test_a_trailing_stop_follows_and_fires(quoted: Client) -> None:
    """It becomes active at its activation price, follows the best price, and fires the callback rate behind it."""
    placed = await quoted.ok(
        "POST",
        ALGO,
        **ask(type="TRAILING_STOP_MARKET", side="SELL", triggerPrice="", callbackRate="1", workingType="MARK_PRICE"),
    )
    for price, status in (("61000.00", "NEW"), ("60500.00", "NEW"), ("62000.00", "NEW"), ("61380.00", "FINISHED")):
        quoted.mark(price)
        assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == status, price


async def test_close_position_closes_what_is_there_when_it_fires(quoted: Client) -> None:
    """It tells no quantity while it waits, and sells the whole position in the end."""
    await quoted.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.020")
    placed = await quoted.ok(
        "POST",
        ALGO,
        **ask(side="SELL", triggerPrice="59000", quantity="", closePosition="true", workingType="MARK_PRICE"),
    )
    assert (placed["quantity"], placed["closePosition"]) == ("", True)
    await quoted.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.030")
    quoted.mark("59000.00")
    assert await quoted.ok("GET", "/fapi/v3/positionRisk") == []
    fills = await quoted.ok("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert fills[-1]["qty"] == "0.050"


async def test_a_cancelled_algo_order_tells_only_that(quoted: Client) -> None:
    """The matching engine never had it, so ALGO_UPDATE CANCELED is all that is said."""
    socket = await quoted.user_stream()
    placed = await quoted.ok("POST", ALGO, **ask())
    await quoted.ok("DELETE", ALGO, algoId=placed["algoId"])
    new, cancelled = await receive(socket, 2)
    assert [(event["e"], event["o"]["X"]) for event in (new, cancelled)] == [
        ("ALGO_UPDATE", "NEW"),
        ("ALGO_UPDATE", "CANCELED"),
    ]


async def test_what_cannot_be_paid_when_it_fires_ends_truthfully(quoted: Client) -> None:
    """A stop whose margin is gone by then triggers, expires unfilled, and is finished."""
    quoted.quote(Side.SELL, "60000.00", "20.000")
    await quoted.ok("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=1)
    placed = await quoted.ok("POST", ALGO, **ask(quantity="10", workingType="MARK_PRICE", triggerPrice="60100"))
    await quoted.ok(
        "POST", ORDER, symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="10", price="59000"
    )
    socket = await quoted.user_stream()
    quoted.mark("60100.00")
    events = await receive(socket, 5)
    said = [event["o"].get("x", event["o"]["X"]) for event in events]
    assert said == ["TRIGGERING", "TRIGGERED", "NEW", "EXPIRED", "FINISHED"]
    assert events[3]["o"]["X"] in {"EXPIRED", "REJECTED"}
    assert (await quoted.ok("GET", ALGO, algoId=placed["algoId"]))["algoStatus"] == "FINISHED"
