"""Binance's own SDK for spot, told only where the venue is and who calls: REST, WebSocket API and streams."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_common.errors import BadRequestError, UnauthorizedError
from binance_sdk_spot.spot import Spot

from tests.integration.venue_spot.world import SpotVenue
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.venue.processes import Customer

# The SDK is generated and leaves warnings of pydantic and of unclosed sockets.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")
SYMBOL = "BTCUSDT"
LIMIT: dict[str, Any] = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "time_in_force": "GTC", "quantity": 0.01}


@pytest.fixture(scope="module")
def spot_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpotVenue]:
    """One venue for all these tests."""
    venue = SpotVenue.start(tmp_path_factory.mktemp("sdk"))
    yield venue
    venue.stop()
    assert "Traceback" not in venue.log


def sdk(venue: SpotVenue, customer: Customer) -> Any:  # noqa: ANN401 - its models say that everything may be absent
    """A client of the venue; the key's kind decides how it signs."""
    proof: dict[str, Any] = (
        {"private_key": customer.api_secret} if customer.public_key else {"api_secret": customer.api_secret}
    )
    return Spot(
        config_rest_api=ConfigurationRestAPI(api_key=customer.api_key, base_path=venue.http, retries=0, **proof),
        config_ws_api=ConfigurationWebSocketAPI(api_key=customer.api_key, stream_url=f"{venue.ws}/ws-api/v3", **proof),
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=f"{venue.ws}/stream"),
    )


def _below(client: Any, percent: int) -> float:  # noqa: ANN401 - as above
    bids = client.rest_api.depth(SYMBOL, limit=5).data().bids
    return round(float(bids[0][0]) * (100 - percent) / 100)


@pytest.mark.parametrize("kind", ["hmac", "customer"])
def test_rest_serves_the_sdk(spot_venue: SpotVenue, kind: str) -> None:
    """Every market data call, an order of each family, the account and its history, with either kind of key."""
    client = sdk(spot_venue, getattr(spot_venue, kind))
    rest = client.rest_api
    assert rest.ping().status == 200
    assert rest.time().data().server_time > 0
    assert {row.symbol for row in rest.exchange_info().data().symbols} >= {SYMBOL, "ETHUSDT"}
    assert rest.exchange_info(symbols=[SYMBOL, "ETHUSDT"]).data().symbols[1].symbol == "ETHUSDT"
    for ask in (rest.get_trades, rest.historical_trades, rest.agg_trades, rest.avg_price, rest.depth):
        assert ask(SYMBOL).status == 200
    assert rest.klines(SYMBOL, "1m").status == rest.ui_klines(SYMBOL, "1h").status == 200
    for ask in (rest.ticker24hr, rest.ticker_price, rest.ticker_book_ticker):
        assert ask().status == ask(symbol=SYMBOL).status == 200
    placed = rest.new_order(**LIMIT, price=_below(client, 3)).data()
    assert placed.status == "NEW"
    assert rest.get_order(SYMBOL, order_id=placed.order_id).data().status == "NEW"
    assert [row.order_id for row in rest.get_open_orders(SYMBOL).data()] == [placed.order_id]
    smaller = rest.order_amend_keep_priority(SYMBOL, 0.005, order_id=placed.order_id).data()
    assert smaller.amended_order.qty == "0.00500000"
    replaced = rest.order_cancel_replace(
        **LIMIT, price=_below(client, 4), cancel_replace_mode="STOP_ON_FAILURE", cancel_order_id=placed.order_id
    ).data()
    new_id = replaced.new_order_response.order_id
    assert rest.delete_order(SYMBOL, order_id=new_id).data().status == "CANCELED"
    bought = rest.new_order(SYMBOL, "BUY", "MARKET", quote_order_qty=500).data()
    assert bought.status == "FILLED"
    stop = {"symbol": SYMBOL, "side": "SELL", "type": "STOP_LOSS_LIMIT", "time_in_force": "GTC", "quantity": 0.001}
    rest.new_order(**stop, price=_below(client, 6), stop_price=_below(client, 5))
    assert len(rest.delete_open_orders(SYMBOL).data()) == 1
    assert rest.my_trades(SYMBOL).data()[-1].order_id == bought.order_id
    assert rest.all_orders(SYMBOL).data()[-1].type == "STOP_LOSS_LIMIT"
    assert {row.asset for row in rest.get_account().data().balances} >= {"BTC", "USDT"}
    assert rest.account_commission(SYMBOL).data().standard_commission.taker == "0.00100000"
    assert rest.rate_limit_order().data()[0].limit == 100
    assert rest.order_test(**LIMIT, price=_below(client, 3)).status == 200


def test_the_sdk_knows_the_venues_refusals(spot_venue: SpotVenue) -> None:
    """Codes and texts arrive as the SDK's own exceptions."""
    rest = sdk(spot_venue, spot_venue.hmac).rest_api
    with pytest.raises(BadRequestError, match="insufficient balance"):
        rest.new_order(**{**LIMIT, "quantity": 100}, price=50000)
    with pytest.raises(BadRequestError, match="LOT_SIZE"):
        rest.new_order(**{**LIMIT, "quantity": 0.00015123}, price=50000)
    reader = sdk(spot_venue, spot_venue.reader).rest_api
    assert reader.get_account().status == 200
    with pytest.raises((BadRequestError, UnauthorizedError), match="permissions"):
        reader.new_order(**LIMIT, price=50000)


async def test_the_websocket_api_serves_the_sdk(spot_venue: SpotVenue) -> None:
    """It logs on with Ed25519, subscribes to its user data, and hears the life of an order it places there."""
    client = sdk(spot_venue, spot_venue.customer)
    connection = await client.websocket_api.create_connection()
    heard: list[Any] = []
    try:
        logon = (await connection.session_logon()).data()
        assert logon.result.api_key == spot_venue.customer.api_key
        subscribed = await connection.user_data_stream_subscribe()
        subscribed.stream.on("message", heard.append)
        depth = (await connection.depth(symbol=SYMBOL, limit=5)).data().result
        price = round(float(depth.bids[0][0]) * 0.97)
        placed = (await connection.order_place(**LIMIT, price=price)).data()
        assert placed.result.status == "NEW"
        status = await connection.order_status(symbol=SYMBOL, order_id=placed.result.order_id)
        assert status.data().result.status == "NEW"
        assert (await connection.account_status()).data().result.account_type == "SPOT"
        await connection.order_cancel(symbol=SYMBOL, order_id=placed.result.order_id)
        async with asyncio.timeout(5 * PATIENCE):
            while len(heard) < 4:  # noqa: ASYNC110 - the SDK calls back, it has no event to wait for
                await asyncio.sleep(0.01)
        reports = [event.actual_instance for event in heard]
        assert [report.x for report in reports if type(report).__name__ == "ExecutionReport"] == ["NEW", "CANCELED"]
        assert (await connection.session_logout()).data().result.api_key is None
    finally:
        await connection.close_connection(close_session=True)


async def test_streams_serve_the_sdk(spot_venue: SpotVenue) -> None:
    """Trades, best prices, books, bars and tickers arrive in the SDK's models."""
    client = sdk(spot_venue, spot_venue.customer)
    connection = await client.websocket_streams.create_connection()
    heard: dict[str, Any] = {}
    try:
        streams = {
            "trade": await connection.trade(symbol=SYMBOL),
            "aggTrade": await connection.agg_trade(symbol=SYMBOL),
            "bookTicker": await connection.book_ticker(symbol=SYMBOL),
            "depth": await connection.diff_book_depth(symbol=SYMBOL, update_speed="100ms"),
            "depth5": await connection.partial_book_depth(symbol=SYMBOL, levels="5", update_speed="100ms"),
            "kline": await connection.kline(symbol=SYMBOL, interval="1m"),
            "ticker": await connection.ticker(symbol=SYMBOL),
            "miniTicker": await connection.mini_ticker(symbol=SYMBOL),
            "avgPrice": await connection.avg_price(symbol=SYMBOL),
        }
        for name, stream in streams.items():
            stream.on("message", lambda message, name=name: heard.setdefault(name, message))
        async with asyncio.timeout(15 * PATIENCE):
            while heard.keys() != streams.keys():  # noqa: ASYNC110 - the SDK calls back, it has no event to wait for
                await asyncio.sleep(0.01)
        assert len(heard["depth5"].bids) == 5
        assert heard["kline"].k.i == "1m"
    finally:
        await connection.close_connection(close_session=True)
