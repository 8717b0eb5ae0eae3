"""Orders of every kind in linear and spot: what the venue takes, what it refuses and with which code."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.exchange.types import OrderRequest, OrderType, Side
from simvenue.venues.bybit.instruments import INSTRUMENTS
from tests.unit.bybit.client import LINEAR, SPOT, TAKER, Client, Clock, Json, running_venue

if TYPE_CHECKING:
    from pathlib import Path

    from simvenue.venues.bybit import VenueOptions

LIMIT = {"side": "Buy", "orderType": "Limit", "qty": "0.010", "price": "59000"}
MARKET = {"side": "Buy", "orderType": "Market", "qty": "0.010"}


async def one(venue: Client, order_id: str, category: str = "linear") -> Json:
    """Find an order, open or not."""
    rows = await venue.listed("order/realtime", category=category, orderId=order_id)
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NONE"}, 10001),
        ({"category": "nothing"}, 10001),
        ({"category": "inverse"}, 10001),
        ({"side": "BUY"}, 10001),
        ({"orderType": "Stop"}, 10001),
        ({"qty": "-1"}, 10001),
        ({"qty": 0.01}, 10001),
        ({"qty": "0.0101"}, 10001),
        ({"qty": "0.0001"}, 10001),
        ({"qty": "2000"}, 10001),
        ({"price": ""}, 10001),
        ({"price": "59000.05"}, 10001),
        ({"price": "80000"}, 110003),
        ({"qty": "0.001", "price": "4000"}, 110094),
        ({"timeInForce": "GTX"}, 10001),
        ({"positionIdx": 3}, 10001),
        ({"positionIdx": 1}, 10001),
        ({"orderLinkId": "a b"}, 10001),
        ({"reduceOnly": True}, 110017),
        ({"triggerPrice": "58000"}, 10001),
        ({"triggerPrice": "58000", "triggerDirection": 3}, 10001),
        ({"triggerPrice": "58000", "triggerDirection": 1}, 110092),
        ({"triggerPrice": "62000", "triggerDirection": 2}, 110093),
        ({"qty": "1100", "price": "59000"}, 110007),
    ],
)
async def test_refusals_of_linear_orders(venue: Client, changes: dict[str, object], code: int) -> None:
    """Each thing that is wrong with an order has the venue's own code, and nothing is placed."""
    venue.book()
    assert await venue.refused("POST", "order/create", **{**LINEAR, **LIMIT, **changes}) == code
    assert venue.exchange.all_orders("node") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": "59000.005"}, 170134),
        ({"price": "90000"}, 170193),
        ({"qty": "0.0000001"}, 170136),
        ({"qty": "0.0100001"}, 170137),
        ({"qty": "0.00002"}, 170140),
        ({"qty": "20"}, 170131),
        ({"side": "Sell", "qty": "11", "price": "61000"}, 170131),
        ({"orderFilter": "tpslOrder"}, 10001),
        ({"orderType": "Market", "marketUnit": "x"}, 10001),
    ],
)
async def test_refusals_of_spot_orders(venue: Client, changes: dict[str, object], code: int) -> None:
    """Spot has its own codes for the same things."""
    venue.book()
    assert await venue.refused("POST", "order/create", **{**SPOT, **LIMIT, **changes}) == code


async def test_an_id_is_used_once(venue: Client) -> None:
    """An orderLinkId is taken once, also after its order was cancelled; the other category does not mind."""
    venue.book()
    await venue.place(**LIMIT, orderLinkId="one")
    for _ in range(2):
        assert await venue.refused("POST", "order/create", **LINEAR, **LIMIT, orderLinkId="one") == 110072
        await venue.call("POST", "order/cancel", **LINEAR, orderLinkId="one")
    await venue.ok("POST", "order/create", **SPOT, **LIMIT, orderLinkId="one")
    assert await venue.refused("POST", "order/create", **SPOT, **LIMIT, orderLinkId="one") == 170141


async def test_post_only_is_acknowledged_and_then_cancelled(venue: Client) -> None:
    """An order that would take is taken, then told as cancelled for that reason; it stands in no ledger."""
    venue.book()
    private = await venue.private("order")
    order = {**LIMIT, "price": "60020", "timeInForce": "PostOnly", "orderLinkId": "po"}
    order_id = await venue.place(**order)
    told = (await private.topic("order"))["data"][0]
    assert told["orderId"] == order_id
    assert (told["orderStatus"], told["rejectReason"]) == ("Cancelled", "EC_PostOnlyWillTakeLiquidity")
    for path in ("order/realtime", "order/history"):
        assert (await venue.listed(path, category="linear", orderLinkId="po"))[0]["orderId"] == order_id
    assert await venue.listed("order/realtime", category="linear", symbol="BTCUSDT") == []
    assert venue.exchange.all_orders("node") == []
    rests = await venue.place(**{**order, "price": "60000", "orderLinkId": "rests"})
    assert (await one(venue, rests))["timeInForce"] == "PostOnly"


async def test_a_market_order_without_a_market_is_rejected_later(venue: Client) -> None:
    """With nobody on the other side a market order is taken and then told as rejected."""
    private = await venue.private("order")
    order_id = await venue.place(**MARKET)
    told = (await private.topic("order"))["data"][0]
    assert (told["orderId"], told["orderStatus"]) == (order_id, "Rejected")


@pytest.mark.parametrize(
    ("changes", "status", "reason", "filled"),
    [
        ({"timeInForce": "IOC", "price": "60010", "qty": "3.000"}, "Cancelled", "EC_NoImmediateQtyToFill", "2.000"),
        ({"timeInForce": "IOC", "price": "59995"}, "Cancelled", "EC_NoImmediateQtyToFill", "0.000"),
        ({"timeInForce": "FOK", "price": "60010", "qty": "3.000"}, "Cancelled", "EC_NoEnoughQtyToFill", "0.000"),
        ({"timeInForce": "FOK", "price": "60010", "qty": "1.000"}, "Filled", "EC_NoError", "1.000"),
    ],
)
async def test_times_in_force(venue: Client, changes: dict[str, str], status: str, reason: str, filled: str) -> None:
    """What is not filled at once is cancelled (IOC), or everything is unless all is (FOK)."""
    venue.book()
    order = await one(venue, await venue.place(**{**LIMIT, **changes}))
    assert (order["orderStatus"], order["rejectReason"], order["cumExecQty"]) == (status, reason, filled)


async def test_amend_and_cancel(venue: Client) -> None:
    """An open order changes quantity and price; no change, a final order and an unknown one are refused."""
    venue.book()
    order_id = await venue.place(**LIMIT, orderLinkId="x")
    await venue.ok("POST", "order/amend", **LINEAR, orderId=order_id, price="59100", qty="0.020")
    order = await one(venue, order_id)
    assert (order["price"], order["qty"]) == ("59100.00", "0.020")
    same = {"orderLinkId": "x", "price": "59100", "qty": "0.020"}
    assert await venue.refused("POST", "order/amend", **LINEAR, **same) == 10001
    assert await venue.refused("POST", "order/amend", **LINEAR, orderLinkId="x") == 10001
    assert await venue.refused("POST", "order/amend", **LINEAR, price="59100") == 10001
    await venue.ok("POST", "order/cancel", **LINEAR, orderLinkId="x")
    order = await one(venue, order_id)
    assert (order["orderStatus"], order["cancelType"]) == ("Cancelled", "CancelByUser")
    for key in ({"orderId": order_id}, {"orderId": "not-an-id"}, {"orderLinkId": "none"}):
        assert await venue.refused("POST", "order/cancel", **LINEAR, **key) == 110001
        assert await venue.refused("POST", "order/cancel", **SPOT, **key) == 170213


async def test_conditional_order(venue: Client) -> None:
    """It waits untriggered, is amended, fires when the price passes, and keeps its id as the order it then is."""
    venue.book()
    order_id = await venue.place(**{**MARKET, "triggerPrice": "60100", "triggerDirection": 1, "orderLinkId": "c"})
    order = await one(venue, order_id)
    assert (order["orderStatus"], order["stopOrderType"], order["triggerDirection"]) == ("Untriggered", "Stop", 1)
    await venue.ok("POST", "order/amend", **LINEAR, orderId=order_id, triggerPrice="60050")
    venue.quote(Side.SELL, "60060", "5")
    venue.take(Side.BUY, "2")
    assert (await one(venue, order_id))["orderStatus"] == "Untriggered"
    venue.take(Side.BUY, "0.001")
    order = await one(venue, order_id)
    assert (order["orderStatus"], order["avgPrice"], order["stopOrderType"]) == ("Filled", "60060", "Stop")


async def test_order_filters(venue: Client) -> None:
    """Conditional orders are told apart from those in the book, in lists and by cancel-all."""
    venue.book()
    normal = await venue.place(**LIMIT)
    stop = await venue.place(**{**LIMIT, "triggerPrice": "58000", "triggerDirection": 2})
    common = {"category": "linear", "symbol": "BTCUSDT"}
    for wanted, ids in ((None, {normal, stop}), ("Order", {normal}), ("StopOrder", {stop}), ("tpslOrder", set())):
        arguments = {**common, "orderFilter": wanted} if wanted else common
        assert {row["orderId"] for row in await venue.listed("order/realtime", **arguments)} == ids
    gone = await venue.ok("POST", "order/cancel-all", **common, orderFilter="StopOrder")
    assert [row["orderId"] for row in gone["list"]] == [stop]
    assert (await one(venue, stop))["orderStatus"] == "Deactivated"
    assert await venue.refused("POST", "order/cancel-all", category="linear") == 10001
    assert len((await venue.ok("POST", "order/cancel-all", category="linear", settleCoin="USDT"))["list"]) == 1


async def test_batches(venue: Client) -> None:
    """Each order of a batch has its own outcome, in the order of the request."""
    venue.book()
    rows = [{"symbol": "BTCUSDT", **LIMIT, "orderLinkId": "b1"}, {"symbol": "BTCUSDT", **LIMIT, "qty": "x"}, 7]
    reply = await venue.call("POST", "order/create-batch", category="linear", request=rows)
    assert [row["code"] for row in reply["retExtInfo"]["list"]] == [0, 10001, 10001]
    placed = reply["result"]["list"][0]
    assert (placed["orderLinkId"], reply["result"]["list"][1]["orderId"]) == ("b1", "")
    change = [{"symbol": "BTCUSDT", "orderLinkId": "b1", "qty": "0.020"}]
    await venue.ok("POST", "order/amend-batch", category="linear", request=change)
    assert (await one(venue, placed["orderId"]))["qty"] == "0.020"
    rows = [{"symbol": "BTCUSDT", "orderId": placed["orderId"]}, {"symbol": "BTCUSDT", "orderLinkId": "none"}]
    reply = await venue.call("POST", "order/cancel-batch", category="linear", request=rows)
    assert [row["code"] for row in reply["retExtInfo"]["list"]] == [0, 110001]
    unfit: tuple[object, ...] = ([], "x", None, [{}] * 21)
    for wrong in unfit:
        assert await venue.refused("POST", "order/create-batch", category="linear", request=wrong) == 10001


async def test_reduce_only_and_positions(venue: Client) -> None:
    """A reduce-only order closes no more than there is; the position's size has no sign, its side says it."""
    venue.book()
    await venue.place(**{**MARKET, "side": "Sell"})
    (held,) = await venue.listed("position/list", category="linear", settleCoin="USDT")
    assert (held["side"], held["size"], held["avgPrice"]) == ("Sell", "0.010", "59990")
    assert await venue.listed("position/list", category="linear", settleCoin="USDC") == []
    order = await one(venue, await venue.place(**{**MARKET, "qty": "0.500", "reduceOnly": True}))
    assert (order["cumExecQty"], order["orderStatus"]) == ("0.010", "Filled")
    (held,) = await venue.listed("position/list", category="linear", symbol="BTCUSDT")
    assert (held["side"], held["size"]) == ("", "0.000")
    (closed,) = await venue.listed("position/closed-pnl", category="linear")
    assert (closed["closedSize"], closed["avgEntryPrice"], closed["avgExitPrice"]) == ("0.010", "59990.00", "60010.00")
    assert Decimal(closed["closedPnl"]) == Decimal("-0.2") - Decimal(closed["closeFee"])


async def test_hedge_mode(venue: Client) -> None:
    """Two positions per contract, chosen by positionIdx; the mode stays while there are positions or orders."""
    venue.book()
    await venue.ok("POST", "position/switch-mode", **LINEAR, mode=3)
    assert await venue.refused("POST", "position/switch-mode", **LINEAR, mode=3) == 110025
    assert await venue.refused("POST", "order/create", **LINEAR, **MARKET) == 10001
    await venue.place(**MARKET, positionIdx=1)
    await venue.place(**{**MARKET, "side": "Sell", "qty": "0.020"}, positionIdx=2)
    rows = await venue.listed("position/list", category="linear", symbol="BTCUSDT")
    assert [(r["positionIdx"], r["side"], r["size"]) for r in rows] == [(1, "Buy", "0.010"), (2, "Sell", "0.020")]
    assert await venue.refused("POST", "position/switch-mode", **LINEAR, mode=0) == 110024
    assert await venue.refused("POST", "position/switch-mode", **LINEAR, mode=1) == 10001


async def test_leverage(venue: Client) -> None:
    """Leverage is set once, within the contract's bounds, equal for both sides, and shown with the position."""
    both = {"buyLeverage": "5", "sellLeverage": "5"}
    await venue.ok("POST", "position/set-leverage", **LINEAR, **both)
    assert await venue.refused("POST", "position/set-leverage", **LINEAR, **both) == 110043
    assert await venue.refused("POST", "position/set-leverage", **LINEAR, buyLeverage="5", sellLeverage="6") == 10001
    for wrong in ("0", "101", "1.5"):
        arguments = {**LINEAR, "buyLeverage": wrong, "sellLeverage": wrong}
        assert await venue.refused("POST", "position/set-leverage", **arguments) == 110013
    (held,) = await venue.listed("position/list", category="linear", symbol="BTCUSDT")
    assert held["leverage"] == "5"
    assert await venue.refused("POST", "position/set-leverage", **SPOT, **both) == 10001
    assert await venue.refused("POST", "position/switch-isolated", **LINEAR) == 100028


async def test_margin_mode(venue: Client) -> None:
    """The account's margin mode is set once and shown; portfolio margin is not offered."""
    await venue.ok("POST", "account/set-margin-mode", setMarginMode="ISOLATED_MARGIN")
    assert (await venue.ok("GET", "account/info"))["marginMode"] == "ISOLATED_MARGIN"
    reply = await venue.call("POST", "account/set-margin-mode", setMarginMode="ISOLATED_MARGIN")
    assert "not been modified" in reply["retMsg"]
    assert await venue.refused("POST", "account/set-margin-mode", setMarginMode="PORTFOLIO_MARGIN") == 3400045


async def test_trading_stop(venue: Client) -> None:
    """Protection needs a position, is replaced, taken away with "0", fires, and goes when the position is flat."""
    venue.book()
    stops = {"takeProfit": "61000", "stopLoss": "59500"}
    assert await venue.refused("POST", "position/trading-stop", **LINEAR, **stops, positionIdx=0) == 10001
    await venue.place(**MARKET)
    await venue.ok("POST", "position/trading-stop", **LINEAR, **stops, trailingStop="100", positionIdx=0)
    await venue.ok("POST", "position/trading-stop", **LINEAR, takeProfit="0", trailingStop="0", stopLoss="59600")
    (held,) = await venue.listed("position/list", category="linear", symbol="BTCUSDT")
    assert (held["takeProfit"], held["stopLoss"], held["trailingStop"]) == ("", "59600.00", "0.00")
    assert await venue.refused("POST", "position/trading-stop", **LINEAR, takeProfit="0") == 34040
    assert await venue.refused("POST", "position/trading-stop", **LINEAR, stopLoss="60500") == 110092
    await venue.ok("POST", "position/trading-stop", **LINEAR, takeProfit="61000")
    venue.quote(Side.BUY, "59600", "1")
    venue.take(Side.SELL, "2")
    venue.take(Side.SELL, "0.001")
    assert await venue.listed("position/list", category="linear", settleCoin="USDT") == []
    assert await venue.listed("order/realtime", category="linear", symbol="BTCUSDT") == []
    ends = [
        (row["stopOrderType"], row["orderStatus"]) for row in await venue.listed("order/history", category="linear")
    ]
    assert ends.count(("StopLoss", "Filled")) == 1
    assert ends.count(("TakeProfit", "Deactivated")) == 2


async def test_stops_that_come_with_an_order(venue: Client) -> None:
    """They are shown with the order, protect the position from the first fill on, and go with a cancelled order."""
    venue.book()
    stops = {"takeProfit": "61000", "stopLoss": "58000", "slTriggerBy": "MarkPrice"}
    order_id = await venue.place(**LIMIT, **stops)
    order = await one(venue, order_id)
    assert (order["takeProfit"], order["stopLoss"], order["slTriggerBy"]) == ("61000.00", "58000.00", "MarkPrice")
    assert len(await venue.listed("order/realtime", **LINEAR)) == 1
    venue.take(Side.SELL, "2.005")
    (held,) = await venue.listed("position/list", **LINEAR)
    assert (held["size"], held["takeProfit"], held["stopLoss"]) == ("0.005", "61000.00", "58000.00")
    await venue.ok("POST", "order/cancel", **LINEAR, orderId=order_id)
    await venue.place(**{**MARKET, "takeProfit": "62000"})
    (held,) = await venue.listed("position/list", **LINEAR)
    assert (held["size"], held["takeProfit"], held["stopLoss"]) == ("0.015", "62000.00", "58000.00")
    venue.quote(Side.BUY, "59500", "1")
    await venue.place(**{**MARKET, "side": "Sell", "qty": "0.015", "reduceOnly": True})
    assert await venue.listed("order/realtime", **LINEAR) == []
    for wrong in ({"takeProfit": "58000"}, {"stopLoss": "59500"}):
        assert await venue.refused("POST", "order/create", **LINEAR, **LIMIT, **wrong) == 10001
    assert await venue.refused("POST", "order/create", **SPOT, **LIMIT, takeProfit="61000") == 10001


async def test_stops_wait_over_a_restart(tmp_path: Path, options: VenueOptions) -> None:
    """They are shown and act after a restart, also for what was filled before the venue listened, then are no more."""
    stops = {"takeProfit": "61000", "stopLoss": "58000", "slTriggerBy": "MarkPrice"}
    async with running_venue(tmp_path, options) as venue:
        venue.book()
        await venue.place(**{**LIMIT, "price": "59400", **stops})
        late = await venue.place(**{**LIMIT, "stopLoss": "57500"})
        shown = await one(venue, late)
        cancelled = await venue.place(**LIMIT, **stops)
        await venue.ok("POST", "order/cancel", **LINEAR, orderId=cancelled)
        await venue.place(**MARKET, takeProfit="61500")
        await venue.place(**{**MARKET, "side": "Sell", "reduceOnly": True})
        assert len(venue.exchange.notes()) == 2
    _fill_while_nobody_listens(tmp_path)
    async with running_venue(tmp_path, options) as venue:
        (held,) = await venue.listed("position/list", **LINEAR)
        assert (held["size"], held["takeProfit"], held["stopLoss"]) == ("0.005", "61000.00", "58000.00")
        assert await one(venue, late) == shown
        venue.take(Side.SELL, "0.006")
        (held,) = await venue.listed("position/list", **LINEAR)
        assert (held["size"], held["takeProfit"], held["stopLoss"]) == ("0.011", "61000.00", "57500.00")
        assert venue.exchange.notes() == []


def _fill_while_nobody_listens(directory: Path) -> None:
    # As a market does whose first quotes cross a resting order before the venue is served.
    with closing(Ledger(directory / "bybit.sqlite")) as ledger:
        exchange = Exchange(instruments=INSTRUMENTS.values(), ledger=ledger, accounts=[], clock=Clock())
        exchange.submit(
            OrderRequest(
                account=TAKER,
                symbol="BTCUSDT-LINEAR",
                side=Side.SELL,
                type=OrderType.MARKET,
                # All that is bid above the order, less what the test sold, and half of the order.
                quantity=Decimal("1.995"),
            )
        )
        assert len(exchange.notes()) == 2


async def test_spot_amounts(venue: Client) -> None:
    """Market buys say what to spend and sells what to give, unless marketUnit says otherwise; fees by what comes in."""
    venue.book()
    spent = await one(venue, await venue.place(**SPOT, side="Buy", orderType="Market", qty="600.1"), "spot")
    assert (spent["cumExecQty"], spent["feeCurrency"], spent["marketUnit"]) == ("0.010000", "BTC", "quoteCoin")
    assert (spent["qty"], spent["cumExecFee"]) == ("600.1", "0.00001")
    base = {"side": "Buy", "orderType": "Market", "qty": "0.01", "marketUnit": "baseCoin"}
    bought = await one(venue, await venue.place(**SPOT, **base), "spot")
    assert (bought["cumExecQty"], bought["orderStatus"]) == ("0.010000", "Filled")
    sold = await one(venue, await venue.place(**SPOT, side="Sell", orderType="Market", qty="0.01"), "spot")
    assert (sold["cumExecQty"], sold["feeCurrency"]) == ("0.010000", "USDT")
    (wallet,) = await venue.listed("account/wallet-balance", accountType="UNIFIED", coin="BTC")
    assert [row["coin"] for row in wallet["coin"]] == ["BTC"]
    assert wallet["coin"][0]["walletBalance"] == "10.00998"


async def test_spot_locks_and_conditional(venue: Client) -> None:
    """A resting spot order locks what it may cost; a conditional one locks nothing and finds its own direction."""
    venue.book()
    await venue.place(**SPOT, side="Buy", orderType="Limit", qty="0.1", price="59000")
    (wallet,) = await venue.listed("account/wallet-balance", accountType="UNIFIED")
    coins = {row["coin"]: row for row in wallet["coin"]}
    assert (coins["USDT"]["locked"], coins["BTC"]["locked"]) == ("5900", "0")
    stop = {"side": "Sell", "orderType": "Limit", "qty": "0.1", "price": "58900", "triggerPrice": "59000"}
    order = await one(venue, await venue.place(**SPOT, **stop, orderFilter="StopOrder"), "spot")
    assert (order["orderStatus"], order["triggerDirection"], order["stopOrderType"]) == ("Untriggered", 2, "Stop")
    order = await one(venue, await venue.place(**SPOT, **stop, orderFilter="tpslOrder"), "spot")
    assert order["stopOrderType"] == "tpslOrder"
