"""Orders over REST: every type, its life, and every way to get one wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from simvenue.exchange.types import RejectReason, Side
from simvenue.venues.binance_spot.rejections import REJECTIONS
from tests.unit.binance_spot.client import MAKER

if TYPE_CHECKING:
    from tests.unit.binance_spot.client import Client

ORDER = "/api/v3/order"
LIMIT: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "59000.00",
}


async def test_a_limit_order_lives_and_is_found(venue: Client) -> None:
    """It is answered in full, rests, is found by both ids, locks money, and is cancelled with a name of its own."""
    placed = await venue.ok("POST", ORDER, **LIMIT, newClientOrderId="mine-1")
    assert placed["status"] == "NEW"
    assert placed["fills"] == []
    assert placed["price"] == "59000.00000000"
    assert placed["origQty"] == "0.01000000"
    balances = {row["asset"]: row for row in (await venue.ok("GET", "/api/v3/account"))["balances"]}
    assert balances["USDT"] == {"asset": "USDT", "free": "999410.00000000", "locked": "590.00000000"}
    by_id = await venue.ok("GET", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    by_name = await venue.ok("GET", ORDER, symbol="BTCUSDT", origClientOrderId="mine-1")
    assert by_id == by_name == (await venue.ok("GET", "/api/v3/openOrders"))[0]
    assert by_id["isWorking"] is True
    cancelled = await venue.ok("DELETE", ORDER, symbol="BTCUSDT", orderId=placed["orderId"], newClientOrderId="bye")
    assert (cancelled["origClientOrderId"], cancelled["clientOrderId"]) == ("mine-1", "bye")
    assert cancelled["status"] == "CANCELED"
    assert await venue.ok("GET", "/api/v3/openOrders", symbol="BTCUSDT") == []
    assert [row["status"] for row in await venue.ok("GET", "/api/v3/allOrders", symbol="BTCUSDT")] == ["CANCELED"]
    assert venue.exchange.locked("node")["USDT"] == 0


async def test_a_market_order_is_filled_with_fees_in_what_is_received(venue: Client) -> None:
    """A purchase pays its fee in base, a sale in quote; both stand in fills, trades and balances."""
    venue.quote(Side.SELL, "60000.00", "1")
    venue.quote(Side.BUY, "59990.00", "1")
    market = {"symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.1"}
    bought = await venue.ok("POST", ORDER, **market, side="BUY")
    assert bought["status"] == "FILLED"
    assert bought["cummulativeQuoteQty"] == "6000.00000000"
    assert (bought["fills"][0]["commission"], bought["fills"][0]["commissionAsset"]) == ("0.00010000", "BTC")
    sold = await venue.ok("POST", ORDER, **market, side="SELL", newOrderRespType="RESULT")
    assert "fills" not in sold
    trades = await venue.ok("GET", "/api/v3/myTrades", symbol="BTCUSDT")
    assert [(row["isBuyer"], row["commissionAsset"]) for row in trades] == [(True, "BTC"), (False, "USDT")]
    assert trades[1]["commission"] == "5.99900000"
    of_one = await venue.ok("GET", "/api/v3/myTrades", symbol="BTCUSDT", orderId=bought["orderId"])
    assert of_one == trades[:1]
    assert venue.exchange.balances("node")["BTC"] == Decimal("9.9999")
    assert venue.exchange.balances("node")["USDT"] == Decimal("999993.001")


async def test_a_market_order_can_say_how_much_to_spend(venue: Client) -> None:
    """QuoteOrderQty buys the whole steps the amount pays for and is told in the order."""
    venue.quote(Side.SELL, "60000.00", "1")
    bought = await venue.ok("POST", ORDER, symbol="BTCUSDT", type="MARKET", side="BUY", quoteOrderQty="100")
    assert bought["status"] == "FILLED"
    assert bought["origQuoteOrderQty"] == "100.00000000"
    assert bought["executedQty"] == bought["origQty"] == "0.00166000"


async def test_a_post_only_order_never_takes(venue: Client) -> None:
    """LIMIT_MAKER rests, or is refused in the exact words that upstream reads; it prints as GTC."""
    venue.quote(Side.SELL, "60000.00", "1")
    post_only = {name: value for name, value in LIMIT.items() if name != "timeInForce"} | {"type": "LIMIT_MAKER"}
    rests = await venue.ok("POST", ORDER, **post_only, newOrderRespType="FULL")
    assert (rests["type"], rests["timeInForce"], rests["status"]) == ("LIMIT_MAKER", "GTC", "NEW")
    crossing = {**post_only, "price": "60000.00"}
    assert await venue.refused("POST", ORDER, **crossing) == (-2010, "Order would immediately match and take.")


@pytest.mark.parametrize(("tif", "executed"), [("IOC", "0.50000000"), ("FOK", "0.00000000")])
async def test_immediate_orders_expire(venue: Client, tif: str, executed: str) -> None:
    """What IOC does not get at once expires, and FOK gets everything or nothing."""
    venue.quote(Side.SELL, "60000.00", "0.5")
    wanted = {**LIMIT, "price": "60000.00", "quantity": "1", "timeInForce": tif}
    order = await venue.ok("POST", ORDER, **wanted)
    assert (order["status"], order["executedQty"]) == ("EXPIRED", executed)


BAD: list[tuple[dict[str, str | None], int, str]] = [
    ({"symbol": "NOPE"}, -1121, "Invalid symbol."),
    ({"symbol": None}, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."),
    ({"side": "LEFT"}, -1117, "Invalid side."),
    ({"type": "STOP_MARKET"}, -1116, "Invalid orderType."),
    ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
    ({"timeInForce": None}, -1102, "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed."),
    ({"type": "MARKET"}, -1106, "Parameter 'price' sent when not required."),
    ({"type": "LIMIT_MAKER"}, -1106, "Parameter 'timeInForce' sent when not required."),
    ({"stopPrice": "1.00"}, -1106, "Parameter 'stopPrice' sent when not required."),
    ({"quoteOrderQty": "100"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
    ({"quantity": "0"}, -1013, "Invalid quantity."),
    ({"price": "0"}, -1013, "Invalid price."),
    ({"quantity": "0.012345678"}, -1111, "Parameter 'quantity' has too much precision."),
    ({"quantity": "0.012345"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "9001"}, -1013, "Filter failure: LOT_SIZE"),
    ({"price": "59000.001"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": "900000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    ({"quantity": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
    ({"quantity": "100"}, -2010, "Account has insufficient balance for requested action."),
    ({"side": "SELL", "quantity": "11"}, -2010, "Account has insufficient balance for requested action."),
    ({"icebergQty": "0.001"}, -2010, "Iceberg orders are not supported for this symbol."),
    ({"newOrderRespType": "SHORT"}, -1100, ""),
    ({"newClientOrderId": "x" * 37}, -1100, ""),
    ({"newClientOrderId": "a b"}, -1100, ""),
    ({"price": "-1"}, -1100, ""),
    ({"price": "1e3"}, -1100, ""),
    ({"recvWindow": "60001"}, -1131, ""),
]


@pytest.mark.parametrize(("changes", "code", "message"), BAD)
async def test_a_bad_order_gets_its_code_and_leaves_nothing(
    venue: Client, changes: dict[str, str | None], code: int, message: str
) -> None:
    """Every way to get an order wrong has the venue's own code and text, and no order comes of it."""
    parameters = {name: value for name, value in {**LIMIT, **changes}.items() if value is not None}
    refusal = await venue.refused("POST", ORDER, **parameters)
    assert refusal[0] == code
    assert message in {"", refusal[1]}
    assert venue.exchange.open_orders("node") == []


async def test_an_empty_book_fills_no_market_order(venue: Client) -> None:
    """There is nobody to trade with, and the text says so."""
    refusal = await venue.refused("POST", ORDER, symbol="BTCUSDT", type="MARKET", side="BUY", quantity="0.1")
    assert refusal == (-2010, "Order book liquidity is less than symbol minimum quantity.")


async def test_a_client_order_id_is_used_once_while_open(venue: Client) -> None:
    """A second open order of the same name is a duplicate; after the end of the first the name is free."""
    await venue.ok("POST", ORDER, **LIMIT, newClientOrderId="one")
    assert await venue.refused("POST", ORDER, **LIMIT, newClientOrderId="one") == (-2010, "Duplicate order sent.")
    await venue.ok("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId="one")
    await venue.ok("POST", ORDER, **LIMIT, newClientOrderId="one")


async def test_orders_that_are_not_there(venue: Client) -> None:
    """Unknown and foreign orders, and ids that do not belong together, have each their own code."""
    foreign = venue.quote(Side.BUY, "50000.00", "0.1", account=MAKER)
    assert (await venue.refused("GET", ORDER, symbol="BTCUSDT", orderId=foreign))[0] == -2013
    assert await venue.refused("DELETE", ORDER, symbol="BTCUSDT", orderId=foreign) == (-2011, "Unknown order sent.")
    assert (await venue.refused("DELETE", ORDER, symbol="BTCUSDT"))[0] == -1102
    assert (await venue.refused("DELETE", "/api/v3/openOrders", symbol="BTCUSDT"))[0] == -2011
    mine = await venue.ok("POST", ORDER, **LIMIT, newClientOrderId="mine")
    both = {"symbol": "BTCUSDT", "orderId": mine["orderId"], "origClientOrderId": "other"}
    assert (await venue.refused("DELETE", ORDER, **both))[0] == -2039
    assert (await venue.ok("DELETE", ORDER, **{**both, "origClientOrderId": "mine"}))["status"] == "CANCELED"


async def test_cancel_restrictions_are_kept(venue: Client) -> None:
    """A cancel for partly filled orders only leaves a new one alone."""
    order = await venue.ok("POST", ORDER, **LIMIT)
    named = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
    refusal = await venue.refused("DELETE", ORDER, **named, cancelRestrictions="ONLY_PARTIALLY_FILLED")
    assert refusal == (-2011, "Order was not canceled due to cancel restrictions.")
    assert (await venue.refused("DELETE", ORDER, **named, cancelRestrictions="NEVER"))[0] == -1145
    await venue.ok("DELETE", ORDER, **named, cancelRestrictions="ONLY_NEW")


async def test_all_orders_of_a_symbol_are_cancelled_at_once(venue: Client) -> None:
    """The reply lists each, and other symbols' orders stay."""
    for price in ("58000", "59000"):
        await venue.ok("POST", ORDER, **{**LIMIT, "price": price})
    eth = {**LIMIT, "symbol": "ETHUSDT", "price": "2900", "quantity": "0.1"}
    await venue.ok("POST", ORDER, **eth)
    cancelled = await venue.ok("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert [row["status"] for row in cancelled] == ["CANCELED", "CANCELED"]
    assert [row["symbol"] for row in await venue.ok("GET", "/api/v3/openOrders")] == ["ETHUSDT"]


async def test_cancel_and_replace_tells_both_halves(venue: Client) -> None:
    """Both succeed; the first fails and stops, or does not stop, the second; the second fails after the first."""
    path = "/api/v3/order/cancelReplace"
    first = await venue.ok("POST", ORDER, **LIMIT)
    replace = {**LIMIT, "price": "58000.00", "cancelReplaceMode": "STOP_ON_FAILURE"}
    both = await venue.ok("POST", path, **replace, cancelOrderId=first["orderId"])
    assert (both["cancelResult"], both["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    second = both["newOrderResponse"]["orderId"]
    status, body = await venue.signed("POST", path, **replace, cancelOrderId=first["orderId"])
    assert (status, body["code"]) == (400, -2022)
    assert body["data"]["cancelResponse"] == {"code": -2011, "msg": "Unknown order sent."}
    assert (body["data"]["newOrderResult"], body["data"]["newOrderResponse"]) == ("NOT_ATTEMPTED", None)
    anyway = {**replace, "cancelReplaceMode": "ALLOW_FAILURE"}
    status, body = await venue.signed("POST", path, **anyway, cancelOrderId=first["orderId"])
    assert (status, body["code"], body["data"]["newOrderResult"]) == (409, -2021, "SUCCESS")
    poor = {**replace, "quantity": "100"}
    status, body = await venue.signed("POST", path, **poor, cancelOrderId=second)
    assert (status, body["code"], body["data"]["cancelResult"]) == (409, -2021, "SUCCESS")
    assert body["data"]["newOrderResponse"]["code"] == -2010


async def test_an_order_is_made_smaller_in_place(venue: Client) -> None:
    """The quantity falls, the queue place stays; more, the same, or an unknown order are refused."""
    path = "/api/v3/order/amend/keepPriority"
    order = await venue.ok("POST", ORDER, **LIMIT)
    named = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
    amended = await venue.ok("PUT", path, **named, newQty="0.005")
    assert amended["amendedOrder"]["qty"] == "0.00500000"
    assert venue.exchange.locked("node")["USDT"] == Decimal(295)
    for quantity in ("0.005", "0.006"):
        assert (await venue.refused("PUT", path, **named, newQty=quantity))[0] == -2038
    assert (await venue.refused("PUT", path, symbol="BTCUSDT", orderId=999, newQty="1"))[0] == -2038


async def test_a_test_order_is_checked_and_not_placed(venue: Client) -> None:
    """A good one is answered with nothing or the fees, a bad one with its code, and neither is an order."""
    path = "/api/v3/order/test"
    assert await venue.ok("POST", path, **LIMIT) == {}
    rates = await venue.ok("POST", path, **LIMIT, computeCommissionRates="true")
    assert rates["standardCommissionForOrder"] == {"maker": "0.00100000", "taker": "0.00100000"}
    assert (await venue.refused("POST", path, **{**LIMIT, "quantity": "0.00001"}))[0] == -1013
    assert venue.exchange.all_orders("node") == []


async def test_order_lists_are_refused_as_the_venue_would(venue: Client) -> None:
    """ExchangeInfo says that pairs of orders are not allowed, and the endpoints agree."""
    parameters = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.1"}
    assert (await venue.refused("POST", "/api/v3/orderList/oco", **parameters))[0] == -2010
    assert await venue.ok("GET", "/api/v3/openOrderList") == []
    info = await venue.public("GET", "/api/v3/exchangeInfo", "symbol=BTCUSDT")
    assert info[1]["symbols"][0]["ocoAllowed"] is False


async def test_a_halted_market_takes_cancels_only(venue: Client) -> None:
    """The status says HALT, new orders are refused, and what rests can be cancelled."""
    order = await venue.ok("POST", ORDER, **LIMIT)
    venue.exchange.halt("BTCUSDT")
    _, info = await venue.public("GET", "/api/v3/exchangeInfo")
    assert {row["symbol"]: row["status"] for row in info["symbols"]}["BTCUSDT"] == "HALT"
    assert await venue.refused("POST", ORDER, **LIMIT) == (-2010, "Market is closed.")
    await venue.ok("DELETE", ORDER, symbol="BTCUSDT", orderId=order["orderId"])


def test_every_refusal_of_the_exchange_has_the_venues_words() -> None:
    """No reason of the exchange is without a code."""
    assert set(RejectReason) - set(REJECTIONS) == set()
