"""Lists of orders and executions: filters, ranges, pages; and every field that upstream's decoder requires."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simvenue.exchange.types import Side
from tests.unit.bybit.client import LINEAR, SPOT, Client

LIMIT = {"side": "Buy", "orderType": "Limit", "qty": "0.010", "price": "59000"}
MARKET = {"side": "Buy", "orderType": "Market", "qty": "0.010"}
# Knocked out of good messages one by one, each of these made upstream's decoder fail.
ORDER = frozenset(
    [
        "orderId",
        "orderLinkId",
        "symbol",
        "price",
        "qty",
        "side",
        "isLeverage",
        "positionIdx",
        "orderStatus",
        "cancelType",
        "rejectReason",
        "leavesQty",
        "leavesValue",
        "cumExecQty",
        "cumExecValue",
        "cumExecFee",
        "timeInForce",
        "orderType",
        "stopOrderType",
        "triggerPrice",
        "takeProfit",
        "stopLoss",
        "tpTriggerBy",
        "slTriggerBy",
        "triggerDirection",
        "triggerBy",
        "lastPriceOnCreated",
        "reduceOnly",
        "closeOnTrigger",
        "smpType",
        "smpGroup",
        "smpOrderId",
        "tpLimitPrice",
        "slLimitPrice",
        "placeType",
        "createdTime",
        "updatedTime",
    ]
)
ORDER_PUSH = ORDER | {"category", "feeCurrency", "blockTradeId", "avgPrice", "orderIv"}
EXECUTION = frozenset(
    [
        "symbol",
        "orderId",
        "orderLinkId",
        "side",
        "orderPrice",
        "orderQty",
        "leavesQty",
        "orderType",
        "execFee",
        "execId",
        "execPrice",
        "execQty",
        "execType",
        "execValue",
        "execTime",
        "feeCurrency",
        "isMaker",
        "feeRate",
        "tradeIv",
        "markIv",
        "markPrice",
        "indexPrice",
        "underlyingPrice",
        "blockTradeId",
        "closedSize",
        "seq",
    ]
)
EXECUTION_PUSH = EXECUTION | {"category", "isLeverage", "stopOrderType"}
POSITION = frozenset(
    [
        "positionIdx",
        "riskId",
        "riskLimitValue",
        "symbol",
        "side",
        "size",
        "avgPrice",
        "positionValue",
        "tradeMode",
        "positionStatus",
        "autoAddMargin",
        "adlRankIndicator",
        "leverage",
        "positionBalance",
        "markPrice",
        "liqPrice",
        "bustPrice",
        "positionMM",
        "positionIM",
        "tpslMode",
        "takeProfit",
        "stopLoss",
        "trailingStop",
        "unrealisedPnl",
        "curRealisedPnl",
        "cumRealisedPnl",
        "createdTime",
        "updatedTime",
    ]
)
POSITION_PUSH = POSITION | {"category", "entryPrice", "positionIMByMp", "positionMMByMp", "sessionAvgPrice"}
WALLET = frozenset(
    [
        "accountType",
        "accountIMRate",
        "accountMMRate",
        "accountLTV",
        "totalEquity",
        "totalWalletBalance",
        "totalMarginBalance",
        "totalAvailableBalance",
        "totalPerpUPL",
        "totalInitialMargin",
        "totalMaintenanceMargin",
        "coin",
    ]
)
COIN = frozenset(
    [
        "coin",
        "equity",
        "usdValue",
        "walletBalance",
        "availableToWithdraw",
        "availableToBorrow",
        "borrowAmount",
        "accruedInterest",
        "unrealisedPnl",
        "cumRealisedPnl",
        "bonus",
        "locked",
        "collateralSwitch",
        "marginCollateral",
    ]
)
NOT_EMPTY = ("orderId", "createdTime", "updatedTime", "execFee", "execId")


async def test_required_fields(venue: Client) -> None:
    """Orders, executions, positions and wallets have all fields, over REST and pushed, and no value that kills."""
    venue.book()
    private = await venue.private("order", "execution", "position", "wallet")
    for order in ({**LINEAR, **MARKET}, {**SPOT, **MARKET, "qty": "600.1"}):
        category = order["category"]
        await venue.place(**order)
        pushed = [(await private.topic(topic))["data"][0] for topic in ("execution", "order")]
        rows = [
            (EXECUTION, (await venue.listed("execution/list", category=category))[0]),
            (ORDER, (await venue.listed("order/history", category=category))[0]),
            (EXECUTION_PUSH, pushed[0]),
            (ORDER_PUSH, pushed[1]),
        ]
        for names, row in rows:
            assert names <= set(row), names - set(row)
            assert [
                name for name in NOT_EMPTY if row.get(name) == "" and not (name == "feeCurrency" and "qty" in row)
            ] == []
            assert row["orderLinkId"] == ""
            assert "execId" not in row or row["feeCurrency"] in {"USDT", "BTC"}
        while (await private.topic("order"))["data"][0]["orderStatus"] != "Filled":
            pass
    held = (await venue.listed("position/list", category="linear", settleCoin="USDT"))[0]
    assert set(held) >= POSITION
    assert set((await private.topic("position"))["data"][0]) >= POSITION_PUSH
    for wallet in (
        (await venue.listed("account/wallet-balance", accountType="UNIFIED"))[0],
        (await private.topic("wallet"))["data"][0],
    ):
        assert set(wallet) >= WALLET
        assert all(set(coin) >= COIN and coin["coin"] for coin in wallet["coin"])


async def test_pages_have_every_row_once(venue: Client) -> None:
    """Cursors walk through open orders, history and executions, newest first, without gaps or repeats."""
    venue.book()
    placed = [await venue.place(**LIMIT) for _ in range(7)]
    bought = [await venue.place(**MARKET) for _ in range(5)]

    async def walk(path: str, key: str, **parameters: object) -> list[str]:
        told: list[str] = []
        cursor = ""
        while True:
            page = await venue.ok("GET", path, **LINEAR, limit=2, cursor=cursor, **parameters)
            told += [row[key] for row in page["list"]]
            cursor = page["nextPageCursor"]
            if not cursor:
                return told

    assert await walk("order/realtime", "orderId") == placed[::-1]
    assert await walk("execution/list", "orderId") == bought[::-1]
    await venue.ok("POST", "order/cancel-all", **LINEAR)
    assert await walk("order/history", "orderId") == [*bought[::-1], *placed[::-1]]
    assert await walk("order/realtime", "orderId", openOnly=1) == [*bought[::-1], *placed[::-1]]


async def test_who_and_what_is_listed(venue: Client) -> None:
    """Category, coin, id, status and kind choose; other accounts and other categories are never shown."""
    venue.book()
    linear = await venue.place(**LIMIT, orderLinkId="mine")
    spot = await venue.place(**{**SPOT, **LIMIT})
    filled = await venue.place(**MARKET, orderLinkId="bought")
    assert await venue.refused("GET", "order/realtime", category="linear") == 10001
    for arguments, ids in (
        ({"category": "linear", "settleCoin": "USDT"}, [linear]),
        ({"category": "linear", "settleCoin": "USDC"}, []),
        ({"category": "linear", "baseCoin": "ETH"}, []),
        ({"category": "spot"}, [spot]),
        ({"category": "linear", "orderLinkId": "mine"}, [linear]),
        ({"category": "linear", "orderId": filled}, [filled]),
        ({"category": "spot", "orderId": linear}, []),
        ({"category": "inverse", "settleCoin": "BTC"}, []),
    ):
        assert [row["orderId"] for row in await venue.listed("order/realtime", **arguments)] == ids, arguments
    history = {"category": "linear"}
    assert [row["orderId"] for row in await venue.listed("order/history", **history)] == [filled]
    assert await venue.listed("order/history", **history, orderStatus="Cancelled") == []
    assert await venue.listed("execution/list", category="linear", execType="Funding") == []
    for named, count in (
        ({"orderId": filled}, 1),
        ({"orderId": filled, "orderLinkId": "bought"}, 1),
        ({"orderId": filled, "orderLinkId": "mine"}, 0),
        ({"orderId": filled, "startTime": venue.clock() + 60_000}, 0),
        ({"orderId": filled, "category": "spot"}, 0),
        ({"orderId": linear}, 0),
        ({"orderId": "x"}, 0),
        ({"orderLinkId": "bought"}, 1),
        ({"orderLinkId": "bought", "category": "spot"}, 0),
        ({"orderLinkId": "bought", "endTime": venue.clock() - 60_000}, 0),
        ({"orderLinkId": "mine"}, 0),
        ({"orderLinkId": "nobodys"}, 0),
    ):
        assert len(await venue.listed("execution/list", **{"category": "linear", **named})) == count, named
    assert await venue.listed("execution/list", category="spot") == []
    assert await venue.refused("GET", "position/list", category="spot", symbol="BTCUSDT") == 10001


async def test_funding_stands_among_the_executions(venue: Client) -> None:
    """A payment is pushed and listed beside the fills, newest first and once over pages; the fee is what was paid."""
    venue.book()
    private = await venue.private("execution")
    for _ in range(2):
        await venue.place(**MARKET)
        venue.exchange.settle_funding("BTCUSDT-LINEAR", Decimal("0.0001"))
        venue.clock.offset_ms += 5
    pushed = [(await private.topic("execution"))["data"][0]["execType"] for _ in range(4)]
    assert pushed == ["Trade", "Funding"] * 2
    told: list[str] = []
    cursor = ""
    while True:
        page = await venue.ok("GET", "execution/list", category="linear", limit=1, cursor=cursor)
        told += [row["execType"] for row in page["list"]]
        cursor = page["nextPageCursor"]
        if not cursor:
            break
    assert told == ["Funding", "Trade"] * 2
    (second, first) = await venue.listed("execution/list", category="linear", execType="Funding")
    assert (first["execFee"], second["execFee"]) == ("0.06", "0.12")
    assert set(first) >= EXECUTION
    assert len(await venue.listed("execution/list", category="linear", execType="Trade")) == 2
    assert await venue.refused("GET", "execution/list", category="linear", cursor="x") == 10001


async def test_time_ranges(venue: Client) -> None:
    """Lists cover seven days at most; a longer or reversed range is refused."""
    venue.book()
    await venue.place(**MARKET)
    now, day = venue.clock(), 86_400_000
    for path in ("order/history", "execution/list", "position/closed-pnl"):
        for arguments in ({"startTime": now - 8 * day, "endTime": now}, {"startTime": now, "endTime": now - 1}):
            assert await venue.refused("GET", path, category="linear", **arguments) == 10001
    for arguments, count in (
        ({"startTime": now - day}, 1),
        ({"startTime": now + day}, 0),
        ({"endTime": now - day}, 0),
        ({"startTime": now - 10 * day}, 0),
    ):
        assert len(await venue.listed("execution/list", category="linear", **arguments)) == count
    venue.clock.offset_ms += 8 * day
    assert await venue.listed("order/history", category="linear") == []


@pytest.mark.parametrize(("path", "limit"), [("order/realtime", 50), ("order/history", 50), ("execution/list", 100)])
async def test_limits_are_cut(venue: Client, path: str, limit: int) -> None:
    """A list is no longer than the venue's longest, whatever is asked for."""
    venue.quote(Side.SELL, "60010", "100")
    await venue.ok("POST", "order/cancel-all", **LINEAR)
    for number in range(limit + 1):
        order = {**LIMIT, "orderLinkId": f"n{number}"} if path == "order/realtime" else MARKET
        await venue.place(**order)
    rows = await venue.listed(path, **LINEAR, limit=1000)
    assert len(rows) == limit
