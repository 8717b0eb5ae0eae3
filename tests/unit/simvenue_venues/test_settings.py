"""What an account may set on the futures venue, and what it reads back."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.types import Side
from tests.unit.simvenue_venues.client import receive

if TYPE_CHECKING:
    from tests.unit.simvenue_venues.client import Client

ORDER = "/fapi/v1/order"
DUAL = "/fapi/v1/positionSide/dual"
RESTING = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.010",
    "price": "59000",
}
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}


async def test_leverage_and_margin_type_are_kept(venue: Client) -> None:
    """Settings are answered back, and refused where the venue refuses them."""
    reply = await venue.ok("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=7)
    assert reply == {"leverage": 7, "maxNotionalValue": "80000000", "symbol": "BTCUSDT"}
    assert await venue.refused("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=126) == -4028
    assert await venue.refused("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=0) == -4028
    done = await venue.ok("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    assert done == {"code": 200, "msg": "success"}
    status, body = await venue.signed("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    assert (status, body) == (400, {"code": -4046, "msg": "No need to change margin type."})
    assert await venue.refused("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="BORROWED") == -1130
    (config,) = await venue.ok("GET", "/fapi/v1/symbolConfig", symbol="BTCUSDT")
    assert (config["leverage"], config["marginType"]) == (7, "ISOLATED")
    assert [row["leverage"] for row in await venue.ok("GET", "/fapi/v1/symbolConfig")] == [7, 20]


async def test_the_margin_type_cannot_change_under_open_orders_or_positions(venue: Client) -> None:
    """An open order is -4047, a position -4048."""
    await venue.ok("POST", ORDER, **RESTING)
    change = {"symbol": "BTCUSDT", "marginType": "ISOLATED"}
    assert await venue.refused("POST", "/fapi/v1/marginType", **change) == -4047
    await venue.ok("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    venue.quote(Side.SELL, "60000.00", "1.000")
    await venue.ok("POST", ORDER, **MARKET)
    assert await venue.refused("POST", "/fapi/v1/marginType", **change) == -4048


async def test_leverage_binds_the_margin_check(venue: Client) -> None:
    """The same order is affordable at one leverage and too large at a lower one, and lowering it then is -2028."""
    order = {**RESTING, "quantity": "200", "price": "59000"}
    assert await venue.refused("POST", ORDER, **{**order, "quantity": "400"}) == -2019
    await venue.ok("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=100)
    await venue.ok("POST", ORDER, **{**order, "quantity": "400"})
    assert await venue.refused("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=5) == -2028


async def test_the_position_mode_changes_only_while_nothing_is_open(venue: Client) -> None:
    """One-way is the start; the mode switches, says so when it is so already, and not under orders or positions."""
    assert await venue.ok("GET", DUAL) == {"dualSidePosition": False}
    assert await venue.refused("POST", DUAL, dualSidePosition="false") == -4059
    assert await venue.refused("POST", DUAL) == -1102
    assert await venue.refused("POST", DUAL, dualSidePosition="perhaps") == -1130
    placed = await venue.ok("POST", ORDER, **RESTING)
    assert await venue.refused("POST", DUAL, dualSidePosition="true") == -4067
    await venue.ok("DELETE", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    venue.quote(Side.SELL, "60000.00", "1.000")
    await venue.ok("POST", ORDER, **MARKET)
    assert await venue.refused("POST", DUAL, dualSidePosition="true") == -4068
    venue.quote(Side.BUY, "59990.00", "1.000")
    await venue.ok("POST", ORDER, **{**MARKET, "side": "SELL", "reduceOnly": "true"})
    await venue.ok("POST", DUAL, dualSidePosition="true")
    assert await venue.ok("GET", DUAL) == {"dualSidePosition": True}


async def test_fees_brackets_and_asset_mode_are_told(venue: Client) -> None:
    """Fee rates, the leverage bracket and the asset mode are the venue's documents."""
    rates = await venue.ok("GET", "/fapi/v1/commissionRate", symbol="BTCUSDT")
    assert (rates["makerCommissionRate"], rates["takerCommissionRate"]) == ("0.0002", "0.0005")
    one = await venue.ok("GET", "/fapi/v1/leverageBracket", symbol="BTCUSDT")
    everything = await venue.ok("GET", "/fapi/v1/leverageBracket")
    assert one == everything[0]
    assert one["brackets"][0]["initialLeverage"] == 125
    assert await venue.ok("GET", "/fapi/v1/multiAssetsMargin") == {"multiAssetsMargin": False}
    assert await venue.refused("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="false") == -4171
    assert await venue.refused("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="true") == -4084


async def test_hedge_mode_holds_a_long_and_a_short_position(venue: Client) -> None:
    """Both sides of one symbol stand next to each other, each closed by its own orders; reduceOnly is not taken."""
    await venue.ok("POST", DUAL, dualSidePosition="true")
    venue.quote(Side.SELL, "60000.00", "1.000")
    venue.quote(Side.BUY, "59990.00", "1.000")
    assert await venue.refused("POST", ORDER, **MARKET) == -4061
    assert await venue.refused("POST", ORDER, **MARKET, positionSide="LONG", reduceOnly="false") == -1106
    await venue.ok("POST", ORDER, **MARKET, positionSide="LONG")
    short = await venue.ok(
        "POST",
        ORDER,
        newOrderRespType="RESULT",
        **{**MARKET, "side": "SELL", "quantity": "0.004"},
        positionSide="SHORT",
    )
    assert short["positionSide"] == "SHORT"
    rows = await venue.ok("GET", "/fapi/v3/positionRisk", symbol="BTCUSDT")
    held = {row["positionSide"]: Decimal(row["positionAmt"]) for row in rows}
    assert held == {"LONG": Decimal("0.010"), "SHORT": Decimal("-0.004")}
    await venue.ok("POST", ORDER, **{**MARKET, "quantity": "0.004"}, positionSide="SHORT")
    assert await venue.refused("POST", ORDER, **MARKET, positionSide="SHORT") == -2022
    (left,) = await venue.ok("GET", "/fapi/v3/positionRisk", symbol="BTCUSDT")
    assert (left["positionSide"], left["positionAmt"]) == ("LONG", "0.010")
    fills = await venue.ok("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert [fill["positionSide"] for fill in fills] == ["LONG", "SHORT", "SHORT"]
    flat = await venue.ok("GET", "/fapi/v2/positionRisk", symbol="ETHUSDT")
    assert [row["positionSide"] for row in flat] == ["LONG", "SHORT"]


async def test_hedge_mode_events_name_the_position_side(venue: Client) -> None:
    """Order, position and algo events say LONG or SHORT, as the orders did."""
    await venue.ok("POST", DUAL, dualSidePosition="true")
    venue.quote(Side.SELL, "60000.00", "1.000")
    socket = await venue.user_stream()
    await venue.ok("POST", ORDER, **MARKET, positionSide="LONG")
    stop = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "0.010"}
    await venue.ok("POST", "/fapi/v1/algoOrder", **stop, triggerPrice="59000", positionSide="LONG")
    new, account, lite, trade, algo = await receive(socket, 5)
    assert [new["o"]["ps"], account["a"]["P"][0]["ps"], trade["o"]["ps"], algo["o"]["ps"]] == ["LONG"] * 4
    assert lite["e"] == "TRADE_LITE"
