"""The account's documents: balances, margins, positions, income, and what the venue does to a position by itself."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from nautilus_trader.adapters.binance.common.schemas.account import BinanceOrder
from nautilus_trader.adapters.binance.futures.schemas.account import (
    BinanceFuturesAccountInfo,
    BinanceFuturesLeverage,
    BinanceFuturesMarginTypeResponse,
    BinanceFuturesPositionRisk,
)
from nautilus_trader.adapters.binance.futures.schemas.user import (
    BinanceFuturesAccountUpdateMsg,
    BinanceFuturesOrderUpdateMsg,
    BinanceFuturesTradeLiteMsg,
)

from simvenue.exchange.types import Side
from simvenue.venues.binance_futures.rest import account
from tests.unit.simvenue_venues.client import receive

if TYPE_CHECKING:
    import pytest

    from tests.unit.simvenue_venues.client import Client

ORDER = "/fapi/v1/order"
BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.100"}


async def _open(venue: Client) -> None:
    venue.quote(Side.SELL, "60000.00", "5.000")
    venue.quote(Side.BUY, "59990.00", "5.000")
    await venue.ok("POST", ORDER, **BUY)


async def test_the_documents_agree(venue: Client) -> None:
    """Both versions of account, balance and position risk tell one wallet, one profit and one margin."""
    await _open(venue)
    venue.mark("60500.00")
    second, third = await venue.ok("GET", "/fapi/v2/account"), await venue.ok("GET", "/fapi/v3/account")
    # 0.1 at 60000 costs 3 USDT of fees, gains 50 at 60500, and binds a twentieth of 6050.
    told = {
        "totalWalletBalance": "999997.00000000",
        "totalUnrealizedProfit": "50.00000000",
        "totalMarginBalance": "1000047.00000000",
        "totalPositionInitialMargin": "302.50000000",
        "totalMaintMargin": "121.00000000",
        "availableBalance": "999744.50000000",
    }
    assert second.items() >= told.items()
    assert third.items() >= told.items()
    for path in ("/fapi/v2/balance", "/fapi/v3/balance"):
        rows = {row["asset"]: row for row in await venue.ok("GET", path)}
        assert (rows["USDT"]["balance"], rows["USDT"]["availableBalance"]) == ("999997.00000000", "999744.50000000")
        assert (rows["BNB"]["balance"], rows["BNB"]["marginAvailable"]) == ("1.00000000", False)
    msgspec.convert(second, BinanceFuturesAccountInfo, strict=True)


async def test_version_two_lists_flat_positions_and_version_three_does_not(venue: Client) -> None:
    """Every symbol has a row in v2; v3 has the open ones only; both can be asked for one symbol."""
    await _open(venue)
    second = await venue.ok("GET", "/fapi/v2/positionRisk")
    assert {row["symbol"]: row["positionAmt"] for row in second} == {"BTCUSDT": "0.100", "ETHUSDT": "0.000"}
    assert [row["symbol"] for row in await venue.ok("GET", "/fapi/v3/positionRisk")] == ["BTCUSDT"]
    assert await venue.ok("GET", "/fapi/v3/positionRisk", symbol="ETHUSDT") == []
    (flat,) = await venue.ok("GET", "/fapi/v2/positionRisk", symbol="ETHUSDT")
    assert (flat["entryPrice"], flat["marginType"]) == ("0.00000000", "cross")
    assert len((await venue.ok("GET", "/fapi/v2/account"))["positions"]) == 2
    assert len((await venue.ok("GET", "/fapi/v3/account"))["positions"]) == 1
    for row in second:
        msgspec.convert(row, BinanceFuturesPositionRisk, strict=True)


async def test_an_isolated_position_tells_its_own_margin(venue: Client) -> None:
    """Its margin follows entry price and leverage, and grows with its profit."""
    leverage = await venue.ok("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=10)
    msgspec.convert(leverage, BinanceFuturesLeverage, strict=True)
    changed = await venue.ok("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    msgspec.convert(changed, BinanceFuturesMarginTypeResponse, strict=True)
    await _open(venue)
    venue.mark("60500.00")
    (row,) = await venue.ok("GET", "/fapi/v2/positionRisk", symbol="BTCUSDT")
    assert (row["marginType"], row["leverage"]) == ("isolated", "10")
    assert (row["isolatedWallet"], row["isolatedMargin"]) == ("600.00000000", "650.00000000")
    document = await venue.ok("GET", "/fapi/v2/account")
    assert document["totalPositionInitialMargin"] == "600.00000000"


async def test_settings_are_told_on_the_user_stream(venue: Client) -> None:
    """A new leverage is ACCOUNT_CONFIG_UPDATE, a new margin type ACCOUNT_UPDATE with its reason."""
    socket = await venue.user_stream()
    await venue.ok("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=10)
    await venue.ok("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    leverage, margin_type = await receive(socket, 2)
    assert (leverage["e"], leverage["ac"]) == ("ACCOUNT_CONFIG_UPDATE", {"s": "BTCUSDT", "l": 10})
    assert (margin_type["e"], margin_type["a"]["m"]) == ("ACCOUNT_UPDATE", "MARGIN_TYPE_CHANGE")
    msgspec.convert(margin_type, BinanceFuturesAccountUpdateMsg, strict=True)


async def test_funding_is_paid_told_and_listed(venue: Client) -> None:
    """A long position pays a positive rate: the wallet, the event, the income and the rate history say so."""
    await _open(venue)
    socket = await venue.user_stream()
    venue.exchange.settle_funding("BTCUSDT", Decimal("0.001"))
    (event,) = await receive(socket, 1)
    assert (event["e"], event["a"]["m"], event["a"]["P"]) == ("ACCOUNT_UPDATE", "FUNDING_FEE", [])
    (balance,) = event["a"]["B"]
    assert (balance["a"], balance["bc"], balance["wb"]) == ("USDT", "-6.00000000", "999991.00000000")
    msgspec.convert(event, BinanceFuturesAccountUpdateMsg, strict=True)
    rows = await venue.ok("GET", "/fapi/v1/income", symbol="BTCUSDT")
    assert [(row["incomeType"], row["income"]) for row in rows] == [
        ("COMMISSION", "-3.00000000"),
        ("FUNDING_FEE", "-6.00000000"),
    ]
    (only,) = await venue.ok("GET", "/fapi/v1/income", incomeType="FUNDING_FEE")
    assert only["asset"] == "USDT"
    assert await venue.ok("GET", "/fapi/v1/income", symbol="ETHUSDT") == []
    assert len(await venue.ok("GET", "/fapi/v1/income", limit=1)) == 1
    assert await venue.refused("GET", "/fapi/v1/income", incomeType="GIFT") == -1130


async def test_income_tells_profit_and_loss(venue: Client) -> None:
    """Closing at a loss books it beside the fee."""
    await _open(venue)
    await venue.ok("POST", ORDER, **{**BUY, "side": "SELL"})
    rows = await venue.ok("GET", "/fapi/v1/income", incomeType="REALIZED_PNL")
    assert [row["income"] for row in rows] == ["-1.00000000"]


async def test_income_is_read_page_by_page(venue: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few fills are read at once, none is listed twice or left out."""
    await _open(venue)
    for _ in range(4):
        await venue.ok("POST", ORDER, **BUY)
    monkeypatch.setattr(account, "MAX_INCOME", 2)
    rows = await venue.ok("GET", "/fapi/v1/income")
    trades = await venue.ok("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert [row["tradeId"] for row in rows] == [str(trade["id"]) for trade in trades]


async def test_a_liquidation_looks_like_the_venues(venue: Client) -> None:
    """Its orders are named autoclose, its fills CALCULATED, everybody hears of it, and the account can list it."""
    await _open(venue)
    resting = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010"}
    await venue.ok("POST", ORDER, **resting, price="59000")
    socket = await venue.user_stream()
    public = await venue.socket("/stream?streams=btcusdt@forceOrder/!forceOrder@arr")
    venue.exchange.liquidate("node", "BTCUSDT")
    cancelled, new, balance, lite, closed = await receive(socket, 5)
    assert (cancelled["o"]["x"], new["o"]["x"], closed["o"]["x"]) == ("CANCELED", "NEW", "CALCULATED")
    assert closed["o"]["c"].startswith("autoclose-")
    assert balance["a"]["P"][0]["pa"] == "0.000"
    msgspec.convert(closed, BinanceFuturesOrderUpdateMsg, strict=True)
    msgspec.convert(lite, BinanceFuturesTradeLiteMsg, strict=True)
    forced = await receive(public, 2)
    assert {event["stream"] for event in forced} == {"btcusdt@forceOrder", "!forceOrder@arr"}
    assert forced[0]["data"]["o"].items() >= {"S": "SELL", "q": "0.100", "X": "FILLED", "ap": "59990.00"}.items()
    (listed,) = await venue.ok("GET", "/fapi/v1/forceOrders")
    assert (listed["clientOrderId"], listed["status"]) == (closed["o"]["c"], "FILLED")
    assert await venue.ok("GET", "/fapi/v1/forceOrders", autoCloseType="ADL") == []
    assert await venue.refused("GET", "/fapi/v1/forceOrders", autoCloseType="MERCY") == -1130
    msgspec.convert(listed, BinanceOrder, strict=True)


async def test_fills_can_be_asked_for_by_order_time_and_id(venue: Client) -> None:
    """UserTrades narrows down to an order, a span, or an id onwards; impossible spans have their codes."""
    await _open(venue)
    second = await venue.ok("POST", ORDER, **BUY)
    path, symbol = "/fapi/v1/userTrades", {"symbol": "BTCUSDT"}
    rows = await venue.ok("GET", path, **symbol)
    assert len(rows) == 2
    assert await venue.ok("GET", path, **symbol, orderId=second["orderId"]) == rows[1:]
    assert await venue.ok("GET", path, **symbol, fromId=rows[1]["id"]) == rows[1:]
    named = symbol | {"orderId": second["orderId"]}
    assert await venue.ok("GET", path, **named, fromId=rows[1]["id"]) == rows[1:]
    assert await venue.ok("GET", path, **named, fromId=rows[1]["id"] + 1) == []
    assert await venue.ok("GET", path, **named, startTime=venue.clock() + 60_000) == []
    assert await venue.ok("GET", path, **(named | {"symbol": "ETHUSDT"})) == []
    assert await venue.ok("GET", path, **symbol, startTime=venue.clock() + 60_000) == []
    assert await venue.refused("GET", path, **symbol, startTime=2, endTime=1) == -1023
    assert await venue.refused("GET", path, **symbol, startTime=1, endTime=8 * 86_400_000) == -4165


async def test_the_account_tells_its_configuration(venue: Client) -> None:
    """Modes, fee burning and order limits have their documents."""
    config = await venue.ok("GET", "/fapi/v1/accountConfig")
    assert (config["dualSidePosition"], config["multiAssetsMargin"]) == (False, False)
    assert await venue.ok("GET", "/fapi/v1/feeBurn") == {"feeBurn": False}
    limits = await venue.ok("GET", "/fapi/v1/rateLimit/order")
    assert {(row["interval"], row["limit"]) for row in limits} == {("MINUTE", 1200), ("SECOND", 300)}
