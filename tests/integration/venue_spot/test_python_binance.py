"""The most used community client, unmodified but for URL and keys, trades and listens on spot."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.venue_spot.world import SpotVenue
from tests.support.own_loop import own_loop
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.venue.processes import Customer

# The client uses its own libraries in ways they deprecate, and leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
SYMBOL = "BTCUSDT"


def _package() -> Any:  # noqa: ANN401 - the client has no types
    # Not at the top: importing it warns of what it uses, and no test's filter holds there.
    return importlib.import_module("binance")


@pytest.fixture(scope="module")
def spot_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpotVenue]:
    """One venue for all these tests."""
    venue = SpotVenue.start(tmp_path_factory.mktemp("python_binance"))
    yield venue
    venue.stop()
    assert "Traceback" not in venue.log


@pytest.fixture
def loop() -> Iterator[None]:
    """The event loop that the client looks for."""
    with own_loop():
        yield


def _client(venue: SpotVenue, customer: Customer) -> Any:  # noqa: ANN401 - the client has no types
    if customer.public_key:
        client = _package().Client(customer.api_key, private_key=customer.api_secret, ping=False)
    else:
        client = _package().Client(customer.api_key, customer.api_secret, ping=False)
    client.API_URL, client.MARGIN_API_URL = f"{venue.http}/api", f"{venue.http}/sapi"
    return client


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("kind", ["hmac", "customer"])
def test_orders_and_history(spot_venue: SpotVenue, kind: str) -> None:
    """Market data, an order of every type the client has, history and account, with either kind of key."""
    client = _client(spot_venue, getattr(spot_venue, kind))
    assert client.ping() == {}
    assert client.get_symbol_info(SYMBOL)["baseAsset"] == "BTC"
    assert client.get_trade_fee(symbol=SYMBOL)[0]["takerCommission"] == "0.001"
    bid = float(client.get_order_book(symbol=SYMBOL, limit=5)["bids"][0][0])
    client.get_recent_trades(symbol=SYMBOL)
    client.get_aggregate_trades(symbol=SYMBOL)
    client.get_klines(symbol=SYMBOL, interval="1m")
    client.get_ticker(symbol=SYMBOL)
    client.get_orderbook_tickers()
    client.get_avg_price(symbol=SYMBOL)
    resting = client.order_limit_buy(symbol=SYMBOL, quantity="0.01", price=f"{bid * 0.97:.0f}")
    assert resting["status"] == "NEW"
    assert client.get_order(symbol=SYMBOL, orderId=resting["orderId"])["price"].endswith(".00000000")
    assert client.cancel_order(symbol=SYMBOL, orderId=resting["orderId"])["status"] == "CANCELED"
    assert client.order_market_buy(symbol=SYMBOL, quantity="0.01")["status"] == "FILLED"
    assert client.order_market_sell(symbol=SYMBOL, quoteOrderQty="300")["status"] == "FILLED"
    client.create_order(
        symbol=SYMBOL,
        side="SELL",
        type="TAKE_PROFIT_LIMIT",
        timeInForce="GTC",
        quantity="0.01",
        price=f"{bid * 1.06:.0f}",
        stopPrice=f"{bid * 1.05:.0f}",
    )
    (waiting,) = client.get_open_orders(symbol=SYMBOL)
    assert (waiting["type"], waiting["isWorking"]) == ("TAKE_PROFIT_LIMIT", False)
    client.cancel_order(symbol=SYMBOL, orderId=waiting["orderId"])
    client.create_test_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.01")
    assert len(client.get_my_trades(symbol=SYMBOL)) >= 2
    assert len(client.get_all_orders(symbol=SYMBOL)) >= 4
    assert float(client.get_asset_balance("BTC")["free"]) > 0
    client.close_connection()


@pytest.mark.usefixtures("loop")
def test_refusals_carry_code_and_text(spot_venue: SpotVenue) -> None:
    """The client's own exception has the venue's code, and a reading key may not trade."""
    client = _client(spot_venue, spot_venue.hmac)
    exceptions = importlib.import_module("binance.exceptions")
    with pytest.raises(exceptions.BinanceAPIException) as poor:
        client.order_limit_buy(symbol=SYMBOL, quantity="100", price="50000")
    assert (poor.value.code, poor.value.message) == (-2010, "Account has insufficient balance for requested action.")
    reader = _client(spot_venue, spot_venue.reader)
    reader.get_account()
    with pytest.raises(exceptions.BinanceAPIException) as forbidden:
        reader.order_market_buy(symbol=SYMBOL, quantity="0.01")
    assert (forbidden.value.status_code, forbidden.value.code) == (401, -2015)
    client.close_connection()
    reader.close_connection()


async def test_streams(spot_venue: SpotVenue) -> None:
    """Trades and books stream to the client's own socket manager."""
    client = _package().AsyncClient(spot_venue.hmac.api_key, spot_venue.hmac.api_secret)
    manager = _package().BinanceSocketManager(client)
    manager.STREAM_URL = f"{spot_venue.ws}/"
    try:
        async with asyncio.timeout(15 * PATIENCE):
            async with manager.trade_socket(SYMBOL) as trades:
                assert (await trades.recv())["e"] == "trade"
            async with manager.depth_socket(SYMBOL, interval=100) as books:
                assert (await books.recv())["e"] == "depthUpdate"
    finally:
        await client.close_connection()
