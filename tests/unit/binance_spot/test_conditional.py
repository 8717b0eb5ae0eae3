"""Orders that wait for a price: where they wait, what fires them, how many there may be."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from simvenue.exchange.types import Side
from tests.unit.binance_spot.test_orders import LIMIT, ORDER

if TYPE_CHECKING:
    from tests.unit.binance_spot.client import Client

STOP = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS_LIMIT", "timeInForce": "GTC", "quantity": "0.01"}


async def test_a_stop_waits_outside_the_book_until_the_price_comes(venue: Client) -> None:
    """It is NEW but not working, locks what it will sell, and trades once the last price falls to it."""
    venue.quote(Side.BUY, "59000.00", "1")
    placed = await venue.ok("POST", ORDER, **STOP, price="58000.00", stopPrice="59000.00")
    assert set(placed) == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
    waiting = await venue.ok("GET", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    assert (waiting["status"], waiting["isWorking"], waiting["workingTime"]) == ("NEW", False, -1)
    assert waiting["stopPrice"] == "59000.00000000"
    assert venue.exchange.locked("node")["BTC"] == Decimal("0.01")
    venue.take(Side.SELL, "0.1")
    filled = await venue.ok("GET", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    assert (filled["status"], filled["type"], filled["isWorking"]) == ("FILLED", "STOP_LOSS_LIMIT", True)


@pytest.mark.parametrize(
    ("side", "kind", "stop"),
    [
        ("BUY", "STOP_LOSS", "61000.00"),
        ("SELL", "STOP_LOSS", "59000.00"),
        ("BUY", "TAKE_PROFIT", "59000.00"),
        ("SELL", "TAKE_PROFIT", "61000.00"),
    ],
)
async def test_every_trigger_waits_on_its_own_side_of_the_price(venue: Client, side: str, kind: str, stop: str) -> None:
    """A stop price on the waiting side is taken and echoed, one on the other side would trigger at once."""
    parameters = {"symbol": "BTCUSDT", "side": side, "type": kind, "quantity": "0.01"}
    placed = await venue.ok("POST", ORDER, **parameters, stopPrice=stop, newOrderRespType="RESULT")
    assert (placed["type"], placed["side"], placed["stopPrice"]) == (kind, side, f"{stop}000000")
    other = "61000.00" if stop == "59000.00" else "59000.00"
    refusal = await venue.refused("POST", ORDER, **parameters, stopPrice=other)
    assert refusal == (-2010, "Order would trigger immediately.")


async def test_a_trailing_take_profit_starts_at_its_price(venue: Client) -> None:
    """It follows once its stop price is reached; a stop loss takes no start, and a take profit not without."""
    for price in ("60000.00", "60600.00"):
        venue.quote(Side.SELL, price, "0.1")
    venue.quote(Side.BUY, "59990.00", "1")
    trailing: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "quantity": "0.01",
        "trailingDelta": 50,
        "newOrderRespType": "RESULT",
    }
    placed = await venue.ok("POST", ORDER, **trailing, type="TAKE_PROFIT", stopPrice="60500.00")
    assert (placed["type"], placed["stopPrice"], placed["trailingTime"]) == ("TAKE_PROFIT", "60500.00000000", -1)
    venue.take(Side.BUY, "0.1")
    venue.take(Side.SELL, "0.1")
    named = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    assert (await venue.ok("GET", ORDER, **named))["status"] == "NEW"
    venue.take(Side.BUY, "0.1")
    assert (await venue.ok("GET", ORDER, **named))["trailingTime"] > 0
    venue.take(Side.SELL, "0.1")
    assert (await venue.ok("GET", ORDER, **named))["status"] == "FILLED"
    assert (await venue.refused("POST", ORDER, **trailing, type="TAKE_PROFIT"))[0] == -1128
    assert (await venue.refused("POST", ORDER, **trailing, type="STOP_LOSS", stopPrice="59000.00"))[0] == -1128
    wild = {**trailing, "trailingDelta": 5000}
    refusal = await venue.refused("POST", ORDER, **wild, type="STOP_LOSS")
    assert refusal == (-1013, "Filter failure: TRAILING_DELTA")


async def test_a_trailing_stop_follows_the_price(venue: Client) -> None:
    """It fires when the price has turned by its delta from the best one seen."""
    for price in ("60000.00", "60600.00"):
        venue.quote(Side.SELL, price, "0.1")
    venue.quote(Side.BUY, "59990.00", "1")
    parameters: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "STOP_LOSS",
        "quantity": "0.01",
        "trailingDelta": 100,
    }
    placed = await venue.ok("POST", ORDER, **parameters)
    venue.take(Side.BUY, "0.1")
    venue.take(Side.BUY, "0.1")
    order = await venue.ok("GET", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    assert (order["status"], order["trailingDelta"]) == ("NEW", 100)
    venue.take(Side.SELL, "0.1")
    assert (await venue.ok("GET", ORDER, symbol="BTCUSDT", orderId=placed["orderId"]))["status"] == "FILLED"


async def test_open_orders_and_their_worth_are_limited(venue: Client) -> None:
    """A sixth order with a trigger, a 201st order, and one worth more than nine millions fail their filters."""
    for number in range(5):
        await venue.ok("POST", ORDER, **STOP, price="58000.00", stopPrice=f"{58000 + number}.00")
    refusal = await venue.refused("POST", ORDER, **STOP, price="58000.00", stopPrice="57000.00")
    assert refusal == (-1013, "Filter failure: MAX_NUM_ALGO_ORDERS")
    for _ in range(195):
        venue.quote(Side.BUY, "50000.00", "0.001", account="node")
    assert await venue.refused("POST", ORDER, **LIMIT) == (-1013, "Filter failure: MAX_NUM_ORDERS")
    refusal = await venue.refused("POST", ORDER, **{**LIMIT, "price": "59000", "quantity": "200"})
    assert refusal == (-1013, "Filter failure: NOTIONAL")
