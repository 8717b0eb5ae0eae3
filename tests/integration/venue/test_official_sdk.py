"""Binance's own SDK, unmodified but for URL and keys, works through the venue: REST, WebSocket API and streams."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from binance_common.errors import BadRequestError

from tests.integration.venue.processes import Customer, Simvenue
from tests.integration.venue.sdk import sdk
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

# The SDK uses its own libraries in ways they deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SYMBOL = "BTCUSDT"
CUSTOMERS = (Customer.hmac("hmac"), Customer.ed25519("ed25519"))


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simvenue]:
    """A venue with a customer for each kind of key."""
    venue = Simvenue.start(tmp_path_factory.mktemp("sdk"), others=CUSTOMERS)
    yield venue
    assert "Traceback" not in venue.log
    venue.stop()


def _below(rest: Any, percent: int) -> float:  # noqa: ANN401 - the SDK's client has no useful type
    bid = float(rest.order_book(SYMBOL, limit=5).data().bids[0][0])
    return float(round(bid * (100 - percent) / 100))


def test_market_data_is_read(venue: Simvenue) -> None:
    """Every public list and document decodes into the SDK's models."""
    rest = sdk(venue).rest_api
    info = rest.exchange_information().data()
    assert {row.symbol for row in info.symbols} == {"BTCUSDT", "ETHUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT"}
    assert rest.check_server_time().data().server_time > 0
    book = rest.order_book(SYMBOL, limit=5).data()
    assert float(book.bids[0][0]) < float(book.asks[0][0])
    rest.recent_trades_list(SYMBOL)
    rest.old_trades_lookup(SYMBOL)
    rest.compressed_aggregate_trades_list(SYMBOL)
    rest.kline_candlestick_data(SYMBOL, "1m")
    rest.continuous_contract_kline_candlestick_data(SYMBOL, "PERPETUAL", "1m")
    assert rest.mark_price(SYMBOL).data().actual_instance.symbol == SYMBOL
    assert len(rest.get_funding_rate_history(symbol=SYMBOL, limit=3).data()) == 3
    assert rest.get_funding_rate_info().data()[0].funding_interval_hours == 8
    assert len(rest.ticker24hr_price_change_statistics().data().actual_instance) == 5
    assert rest.symbol_price_ticker_v2(SYMBOL).data().actual_instance.symbol == SYMBOL
    assert len(rest.symbol_order_book_ticker().data().actual_instance) == 5
    assert rest.open_interest(SYMBOL).data().symbol == SYMBOL


@pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda customer: customer.account)
def test_orders_are_placed_changed_and_cancelled(venue: Simvenue, customer: Customer) -> None:
    """An order's life, batches, cancel-all and a refusal with the venue's code, with either kind of key."""
    rest = sdk(venue, customer).rest_api
    order = rest.new_order(SYMBOL, "BUY", "LIMIT", time_in_force="GTC", quantity=0.01, price=_below(rest, 3)).data()
    assert rest.modify_order(SYMBOL, "BUY", 0.02, _below(rest, 4), order_id=order.order_id).data().orig_qty == "0.020"
    assert rest.query_order(SYMBOL, order_id=order.order_id).data().status == "NEW"
    assert [row.order_id for row in rest.current_all_open_orders().data()] == [order.order_id]
    assert rest.cancel_order(SYMBOL, order_id=order.order_id).data().status == "CANCELED"
    with pytest.raises(BadRequestError, match="-2011"):
        rest.cancel_order(SYMBOL, order_id=order.order_id)
    limit = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": str(_below(rest, 3))}
    placed = rest.place_multiple_orders([{**limit, "quantity": "0.01"}, {**limit, "quantity": "0.0001"}]).data()
    assert [row.status for row in placed] == ["NEW", None]
    assert rest.cancel_all_open_orders(SYMBOL).data().code == 200
    rest.test_order(SYMBOL, "BUY", "MARKET", quantity=0.01)
    assert rest.auto_cancel_all_open_orders(SYMBOL, 60_000).data().countdown_time == "60000"
    filled = rest.new_order(SYMBOL, "BUY", "MARKET", quantity=0.05, new_order_resp_type="RESULT").data()
    assert filled.status == "FILLED"
    trades = rest.account_trade_list(SYMBOL).data()
    assert {trade.order_id for trade in trades} == {filled.order_id}
    assert rest.position_information_v3(SYMBOL).data()[0].position_amt == "0.050"
    assert rest.position_information_v2(SYMBOL).data()[0].position_amt == "0.050"
    assert {row.income_type for row in rest.get_income_history().data()} == {"COMMISSION"}
    assert rest.users_force_orders().data() == []


@pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda customer: customer.account)
def test_algo_orders_wait_and_are_cancelled(venue: Simvenue, customer: Customer) -> None:
    """An algo order is found open, in the history and alone, and cancelled by its id; cancel-all takes the rest."""
    rest = sdk(venue, customer).rest_api
    stop = {"quantity": 0.01, "trigger_price": _below(rest, 3)}
    placed = rest.new_algo_order("CONDITIONAL", SYMBOL, "SELL", "STOP_MARKET", **stop).data()
    assert rest.query_algo_order(algo_id=placed.algo_id).data().algo_status == "NEW"
    assert [row.algo_id for row in rest.current_all_algo_open_orders().data()] == [placed.algo_id]
    assert placed.algo_id in {row.algo_id for row in rest.query_all_algo_orders(SYMBOL).data()}
    assert rest.cancel_algo_order(algo_id=placed.algo_id).data().code == "200"
    rest.new_algo_order("CONDITIONAL", SYMBOL, "SELL", "STOP_MARKET", **stop)
    rest.cancel_all_algo_open_orders(SYMBOL)
    assert rest.current_all_algo_open_orders().data() == []
    with pytest.raises(BadRequestError, match="-4120"):
        rest.new_order(SYMBOL, "SELL", "STOP_MARKET", quantity=0.01)


def test_the_account_and_its_settings_are_read_and_changed(venue: Simvenue) -> None:
    """Balances, documents, leverage, margin type and modes decode and agree with what was set."""
    rest = sdk(venue).rest_api
    assert rest.futures_account_balance_v2().data()[0].asset == "USDT"
    assert rest.futures_account_balance_v3().data()[0].balance == "1000000.00000000"
    assert rest.account_information_v2().data().total_wallet_balance == "1000000.00000000"
    assert rest.account_information_v3().data().available_balance == "1000000.00000000"
    assert rest.change_initial_leverage(SYMBOL, 10).data().leverage == 10
    assert rest.change_margin_type("ETHUSDT", "ISOLATED").data().code == 200
    with pytest.raises(BadRequestError, match="No need to change margin type"):
        rest.change_margin_type("ETHUSDT", "ISOLATED")
    (config,) = rest.symbol_configuration(SYMBOL).data()
    assert (config.leverage, config.margin_type) == (10, "CROSSED")
    assert rest.get_current_position_mode().data().dual_side_position is False
    assert rest.get_current_multi_assets_mode().data().multi_assets_margin is False
    assert rest.futures_account_configuration().data().dual_side_position is False
    assert rest.get_bnb_burn_status().data().fee_burn is False
    assert {row.interval for row in rest.query_user_rate_limit().data()} == {"MINUTE", "SECOND"}
    rest.notional_and_leverage_brackets(SYMBOL)
    assert rest.user_commission_rate(SYMBOL).data().taker_commission_rate == "0.0005"


@pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda customer: customer.account)
async def test_the_websocket_api_trades(venue: Simvenue, customer: Customer) -> None:
    """Signed methods place, change and cancel orders and algo orders, and tell account and book."""
    client = sdk(venue, customer)
    price = _below(client.rest_api, 3)
    api = await client.websocket_api.create_connection()
    try:
        assert (await api.order_book(SYMBOL)).data().status == 200
        assert (await api.symbol_price_ticker(symbol=SYMBOL)).data().actual_instance.result.symbol == SYMBOL
        placed = await api.new_order(SYMBOL, "BUY", "LIMIT", time_in_force="GTC", quantity=0.01, price=price)
        order_id = placed.data().result.order_id
        await api.modify_order(SYMBOL, "BUY", 0.02, price - 100, order_id=order_id)
        assert (await api.query_order(SYMBOL, order_id=order_id)).data().result.orig_qty == "0.020"
        assert (await api.cancel_order(SYMBOL, order_id=order_id)).data().result.status == "CANCELED"
        stop = await api.new_algo_order(
            "CONDITIONAL", SYMBOL, "SELL", "STOP_MARKET", quantity=0.01, trigger_price=price
        )
        cancelled = await api.cancel_algo_order(algo_id=stop.data().result.algo_id)
        assert cancelled.data().result.code == "200"
        assert (await api.futures_account_balance_v2()).data().result[0].asset == "USDT"
        assert (await api.account_information_v2()).data().result.assets
        assert (await api.position_information_v2()).data().status == 200
        assert len((await api.start_user_data_stream()).data().result.listen_key) == 64
    finally:
        await client.websocket_api.close_connection()


async def test_streams_are_decoded(venue: Simvenue) -> None:
    """Every public stream that the venue has arrives and decodes, and so do an account's own events."""
    client = sdk(venue, CUSTOMERS[0])
    streams = await client.websocket_streams.create_connection()
    seen: dict[str, Any] = {}
    wanted = {
        "trades": await streams.aggregate_trade_streams("btcusdt"),
        "bars": await streams.kline_candlestick_streams("btcusdt", "1m"),
        "mark": await streams.mark_price_stream("btcusdt", update_speed="1s"),
        "marks": await streams.mark_price_stream_for_all_market(update_speed="1s"),
        "ticker": await streams.individual_symbol_ticker_streams("btcusdt"),
        "tickers": await streams.all_market_tickers_streams(),
        "mini ticker": await streams.individual_symbol_mini_ticker_stream("btcusdt"),
        "mini tickers": await streams.all_market_mini_tickers_stream(),
        "top": await streams.individual_symbol_book_ticker_streams("btcusdt"),
        "tops": await streams.all_book_tickers_stream(),
        "changes": await streams.diff_book_depth_streams("btcusdt"),
        "levels": await streams.partial_book_depth_streams("btcusdt", 5),
        "events": await streams.user_data(client.rest_api.start_user_data_stream().data().listen_key),
    }
    for name, stream in wanted.items():
        stream.on("message", lambda message, name=name: seen.setdefault(name, message))
    client.rest_api.new_order(
        SYMBOL, "BUY", "LIMIT", time_in_force="GTC", quantity=0.01, price=_below(client.rest_api, 3)
    )
    try:
        async with asyncio.timeout(10 * PATIENCE):
            while seen.keys() != wanted.keys():  # noqa: ASYNC110 - the SDK calls back, it has no event
                await asyncio.sleep(0.05)
    finally:
        await client.websocket_streams.close_connection()
        missing = wanted.keys() - seen.keys()
    assert not missing
    assert len(seen["marks"]) == 5
