"""Every message decodes with the strict decoders of nautilus_trader's own Binance adapter."""

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
    BinanceTime,
    BinanceTrade,
)
from nautilus_trader.adapters.binance.common.schemas.user import BinanceListenKey
from nautilus_trader.adapters.binance.futures.schemas.account import (
    BinanceFuturesAccountInfo,
    BinanceFuturesDualSidePosition,
    BinanceFuturesPositionRisk,
    BinanceFuturesSymbolConfig,
)
from nautilus_trader.adapters.binance.futures.schemas.market import (
    BinanceFuturesExchangeInfo,
    BinanceFuturesMarkFunding,
    BinanceFuturesMarkPriceMsg,
)
from nautilus_trader.adapters.binance.futures.schemas.user import (
    BinanceFuturesAccountUpdateMsg,
    BinanceFuturesOrderUpdateMsg,
)

from simvenue.exchange.types import Side
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.unit.simvenue_venues.client import Client

ORDER = "/fapi/v1/order"


@pytest.fixture
async def busy(venue: Client) -> Client:
    """A venue where the account has an open order, a closed one, fills and a position."""
    venue.quote(Side.SELL, "60000.00", "1.000")
    await venue.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
    await venue.ok(
        "POST", ORDER, symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTX", quantity="0.010", price="59000"
    )
    return venue


@pytest.mark.parametrize(
    ("path", "parameters", "schema"),
    [
        ("/fapi/v1/exchangeInfo", {}, BinanceFuturesExchangeInfo),
        ("/fapi/v1/time", {}, BinanceTime),
        ("/fapi/v2/account", {}, BinanceFuturesAccountInfo),
        ("/fapi/v3/positionRisk", {}, list[BinanceFuturesPositionRisk]),
        ("/fapi/v1/positionSide/dual", {}, BinanceFuturesDualSidePosition),
        ("/fapi/v1/symbolConfig", {}, list[BinanceFuturesSymbolConfig]),
        ("/fapi/v1/openOrders", {}, list[BinanceOrder]),
        ("/fapi/v1/allOrders", {"symbol": "BTCUSDT"}, list[BinanceOrder]),
        ("/fapi/v1/userTrades", {"symbol": "BTCUSDT"}, list[BinanceUserTrade]),
        ("/fapi/v1/depth", {"symbol": "BTCUSDT"}, BinanceDepth),
        ("/fapi/v1/trades", {"symbol": "BTCUSDT"}, list[BinanceTrade]),
        ("/fapi/v1/aggTrades", {"symbol": "BTCUSDT"}, list[BinanceAggTrade]),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1m"}, list[BinanceKline]),
        ("/fapi/v1/premiumIndex", {"symbol": "BTCUSDT"}, BinanceFuturesMarkFunding),
    ],
)
async def test_rest_replies_decode(busy: Client, path: str, parameters: dict[str, str], schema: type) -> None:
    """Each reply is what the adapter's struct asks for, and no list is empty."""
    decoded: object = msgspec.convert(await busy.ok("GET", path, **parameters), schema, strict=True)
    assert decoded


async def test_the_listen_key_decodes(venue: Client) -> None:
    """The key arrives as the adapter reads it."""
    _, body = await venue.public("POST", "/fapi/v1/listenKey", headers={"X-MBX-APIKEY": "K" * 64})
    assert len(msgspec.convert(body, BinanceListenKey, strict=True).listenKey) == 64


async def test_stream_messages_decode(venue: Client) -> None:
    """One message of each public stream is what the adapter's struct asks for."""
    schemas: dict[str, Any] = {
        "btcusdt@aggTrade": BinanceAggregatedTradeMsg,
        "btcusdt@bookTicker": BinanceQuoteMsg,
        "btcusdt@depth@0ms": BinanceOrderBookMsg,
        "btcusdt@depth5@100ms": BinanceOrderBookMsg,
        "btcusdt@kline_1m": BinanceCandlestickMsg,
        "btcusdt@markPrice@1s": BinanceFuturesMarkPriceMsg,
    }
    socket = await venue.socket(f"/stream?streams={'/'.join(schemas)}")
    venue.quote(Side.SELL, "60000.00", "1.000")
    await venue.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
    async with asyncio.timeout(3 * PATIENCE):
        while schemas:
            message = await socket.receive_json()
            schema = schemas.pop(message["stream"], None)
            if schema is not None:
                assert msgspec.convert(message, schema, strict=True).data


async def test_user_events_decode(venue: Client) -> None:
    """Order and account events are what the adapter's structs ask for."""
    key = (await venue.public("POST", "/fapi/v1/listenKey", headers={"X-MBX-APIKEY": "K" * 64}))[1]["listenKey"]
    socket = await venue.socket(f"/ws?listenKey={key}")
    venue.quote(Side.SELL, "60000.00", "1.000")
    await venue.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
    schemas = {"ORDER_TRADE_UPDATE": BinanceFuturesOrderUpdateMsg, "ACCOUNT_UPDATE": BinanceFuturesAccountUpdateMsg}
    for _ in range(4):
        message = await socket.receive_json(timeout=3 * PATIENCE)
        if message["e"] in schemas:
            msgspec.convert(message, schemas[message["e"]], strict=True)
