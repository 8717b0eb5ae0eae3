"""Every message decodes with the strict decoders of nautilus_trader's own Binance spot adapter."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from nautilus_trader.adapters.binance.common.schemas.account import BinanceOrder, BinanceUserTrade
from nautilus_trader.adapters.binance.common.schemas.market import (
    BinanceAggregatedTradeMsg,
    BinanceAggTrade,
    BinanceCandlestickMsg,
    BinanceDepth,
    BinanceKline,
    BinanceOrderBookMsg,
    BinanceQuoteMsg,
    BinanceTicker24hr,
    BinanceTickerBook,
    BinanceTickerPrice,
    BinanceTime,
    BinanceTrade,
)
from nautilus_trader.adapters.binance.common.schemas.user import BinanceListenKey
from nautilus_trader.adapters.binance.spot.schemas.account import BinanceSpotAccountInfo
from nautilus_trader.adapters.binance.spot.schemas.market import (
    BinanceSpotAvgPrice,
    BinanceSpotExchangeInfo,
    BinanceSpotOrderBookPartialDepthMsg,
    BinanceSpotTradeMsg,
)
from nautilus_trader.adapters.binance.spot.schemas.user import BinanceSpotAccountUpdateMsg, BinanceSpotOrderUpdateData
from nautilus_trader.adapters.binance.spot.schemas.wallet import BinanceSpotTradeFee

from simvenue.exchange.types import Side
from tests.unit.binance_spot.client import KEY

if TYPE_CHECKING:
    from tests.unit.binance_spot.client import Client

ORDER = "/api/v3/order"
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
STOP = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_LOSS_LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "58000.00",
    "stopPrice": "59000.00",
}


@pytest.fixture
async def busy(venue: Client) -> Client:
    """A venue where the account has open orders of two types, a closed one, and a fill."""
    venue.quote(Side.SELL, "60000.00", "1")
    await venue.ok("POST", ORDER, **MARKET)
    await venue.ok("POST", ORDER, **STOP)
    await venue.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="LIMIT_MAKER", quantity="0.01", price="59000")
    return venue


@pytest.mark.parametrize(
    ("path", "parameters", "schema"),
    [
        ("/api/v3/exchangeInfo", {}, BinanceSpotExchangeInfo),
        ("/api/v3/exchangeInfo", {"symbols": '["BTCUSDT"]'}, BinanceSpotExchangeInfo),
        ("/api/v3/time", {}, BinanceTime),
        ("/api/v3/account", {}, BinanceSpotAccountInfo),
        ("/sapi/v1/asset/tradeFee", {}, list[BinanceSpotTradeFee]),
        ("/api/v3/openOrders", {}, list[BinanceOrder]),
        ("/api/v3/allOrders", {"symbol": "BTCUSDT"}, list[BinanceOrder]),
        ("/api/v3/myTrades", {"symbol": "BTCUSDT"}, list[BinanceUserTrade]),
        ("/api/v3/depth", {"symbol": "BTCUSDT"}, BinanceDepth),
        ("/api/v3/trades", {"symbol": "BTCUSDT"}, list[BinanceTrade]),
        ("/api/v3/historicalTrades", {"symbol": "BTCUSDT"}, list[BinanceTrade]),
        ("/api/v3/aggTrades", {"symbol": "BTCUSDT"}, list[BinanceAggTrade]),
        ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1m"}, list[BinanceKline]),
        ("/api/v3/uiKlines", {"symbol": "BTCUSDT", "interval": "1h"}, list[BinanceKline]),
        ("/api/v3/avgPrice", {"symbol": "BTCUSDT"}, BinanceSpotAvgPrice),
        ("/api/v3/ticker/24hr", {}, list[BinanceTicker24hr]),
        ("/api/v3/ticker/24hr", {"symbol": "BTCUSDT"}, BinanceTicker24hr),
        ("/api/v3/ticker/price", {"symbol": "BTCUSDT"}, BinanceTickerPrice),
        ("/api/v3/ticker/bookTicker", {"symbol": "BTCUSDT"}, BinanceTickerBook),
    ],
)
async def test_rest_replies_decode(busy: Client, path: str, parameters: dict[str, str], schema: type) -> None:
    """Each reply is what the adapter's struct asks for, and no list is empty."""
    decoded: object = msgspec.convert(await busy.ok("GET", path, **parameters), schema, strict=True)
    assert decoded


async def test_the_listen_key_decodes(venue: Client) -> None:
    """The key arrives as the adapter reads it, is kept by its name and refused by another."""
    path, headers = "/api/v3/userDataStream", {"X-MBX-APIKEY": KEY}
    _, body = await venue.public("POST", path, headers=headers)
    name = msgspec.convert(body, BinanceListenKey, strict=True).listenKey
    assert (await venue.public("PUT", path, f"listenKey={name}", headers=headers))[0] == 200
    status, error = await venue.public("PUT", path, "listenKey=other", headers=headers)
    assert (status, error["code"]) == (400, -1125)
    assert (await venue.public("DELETE", path, f"listenKey={name}", headers=headers))[0] == 200


async def test_stream_messages_decode(venue: Client) -> None:
    """One message of each public stream is what the adapter's struct asks for."""
    schemas: dict[str, Any] = {
        "btcusdt@trade": BinanceSpotTradeMsg,
        "btcusdt@aggTrade": BinanceAggregatedTradeMsg,
        "btcusdt@bookTicker": BinanceQuoteMsg,
        "btcusdt@depth@100ms": BinanceOrderBookMsg,
        "btcusdt@depth5@100ms": BinanceSpotOrderBookPartialDepthMsg,
        "btcusdt@kline_1m": BinanceCandlestickMsg,
    }
    socket = await venue.socket(f"/stream?streams={'/'.join(schemas)}")
    venue.quote(Side.SELL, "60000.00", "1")
    await venue.ok("POST", ORDER, **MARKET)
    async with asyncio.timeout(3):
        while schemas:
            message = await socket.receive_json()
            schema = schemas.pop(message["stream"], None)
            if schema is not None:
                assert msgspec.convert(message, schema, strict=True).data


@pytest.mark.parametrize("path", ["/ws?listenKey={}", "/ws/{}", "/stream?streams={}"])
async def test_user_events_decode(venue: Client, path: str) -> None:
    """Reports and positions are what the adapter's structs ask for, also on a listen key's own stream."""
    key = (await venue.public("POST", "/api/v3/userDataStream", headers={"X-MBX-APIKEY": KEY}))[1]["listenKey"]
    socket = await venue.socket(path.format(key))
    venue.quote(Side.SELL, "60000.00", "1")
    await venue.ok("POST", ORDER, **MARKET)
    await venue.ok("POST", ORDER, **STOP)
    schemas = {"executionReport": BinanceSpotOrderUpdateData, "outboundAccountPosition": BinanceSpotAccountUpdateMsg}
    for _ in range(6):
        message = await socket.receive_json(timeout=3)
        event = message.get("data", message)
        msgspec.convert(event, schemas[event["e"]], strict=True)
