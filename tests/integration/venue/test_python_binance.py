"""The most used community client, unmodified but for URL and keys, works through the venue."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.venue.processes import Simvenue
from tests.support.own_loop import own_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

# The client uses its own libraries in ways they deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SYMBOL = "BTCUSDT"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client whose futures URL is the venue's."""
    package = importlib.import_module("binance")
    venue = Simvenue.start(tmp_path_factory.mktemp("python_binance"))
    with own_loop():
        client = package.Client(venue.customer.api_key, venue.customer.api_secret, ping=False)
        client.FUTURES_URL = f"{venue.http}/fapi"
        yield client
        client.close_connection()
    venue.stop()
    assert "Traceback" not in venue.log


def _below(client: Any, percent: int) -> str:  # noqa: ANN401 - the client has no types
    bid = float(client.futures_order_book(symbol=SYMBOL, limit=5)["bids"][0][0])
    return f"{bid * (100 - percent) / 100:.0f}"


def test_market_data_is_read(client: Any) -> None:  # noqa: ANN401 - the client has no types
    """Documents and lists arrive under the names the client uses."""
    assert client.futures_ping() == {}
    assert len(client.futures_exchange_info()["symbols"]) == 5
    client.futures_recent_trades(symbol=SYMBOL)
    client.futures_historical_trades(symbol=SYMBOL)
    client.futures_aggregate_trades(symbol=SYMBOL)
    client.futures_klines(symbol=SYMBOL, interval="1m")
    assert client.futures_mark_price(symbol=SYMBOL)["symbol"] == SYMBOL
    assert client.futures_funding_rate(symbol=SYMBOL, limit=1)[0]["symbol"] == SYMBOL
    assert client.futures_ticker(symbol=SYMBOL)["symbol"] == SYMBOL
    assert len(client.futures_symbol_ticker()) == 5
    assert client.futures_orderbook_ticker(symbol=SYMBOL)["symbol"] == SYMBOL
    assert client.futures_open_interest(symbol=SYMBOL)["symbol"] == SYMBOL


def test_orders_positions_and_settings(client: Any) -> None:  # noqa: ANN401 - the client has no types
    """An order's life, batches, algo orders, hedge mode, leverage and the account's documents."""
    placed = client.futures_create_order(
        symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price=_below(client, 3)
    )
    assert client.futures_get_order(symbol=SYMBOL, orderId=placed["orderId"])["status"] == "NEW"
    assert len(client.futures_get_open_orders(symbol=SYMBOL)) == 1
    assert client.futures_cancel_order(symbol=SYMBOL, orderId=placed["orderId"])["status"] == "CANCELED"
    batch = [
        {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": quantity}
        | {"price": _below(client, 3), "newClientOrderId": f"batch-{quantity}"}
        for quantity in ("0.01", "0.02")
    ]
    orders = client.futures_place_batch_order(batchOrders=batch)
    assert [order["origQty"] for order in orders] == ["0.010", "0.020"]
    assert client.futures_cancel_all_open_orders(symbol=SYMBOL)["code"] == 200
    # The client itself sends stops to the algo service.
    stop = client.futures_create_order(
        symbol=SYMBOL, side="SELL", type="STOP_MARKET", quantity="0.01", stopPrice=_below(client, 3)
    )
    assert stop["algoStatus"] == "NEW"
    client.futures_cancel_algo_order(symbol=SYMBOL, algoId=stop["algoId"])
    client.futures_change_position_mode(dualSidePosition="true")
    client.futures_create_order(symbol=SYMBOL, side="SELL", type="MARKET", quantity="0.01", positionSide="SHORT")
    held = {row["positionSide"]: row["positionAmt"] for row in client.futures_position_information(symbol=SYMBOL)}
    assert held["SHORT"] == "-0.010"
    assert client.futures_change_leverage(symbol=SYMBOL, leverage=10)["leverage"] == 10
    assert client.futures_account_trades(symbol=SYMBOL)[0]["positionSide"] == "SHORT"
    assert client.futures_account_balance()[0]["asset"] == "USDT"
    assert float(client.futures_account()["totalPositionInitialMargin"]) > 0
    assert client.futures_income_history()[0]["incomeType"] == "COMMISSION"
    assert len(client.futures_stream_get_listen_key()) == 64
