"""The venue's official Python client works on it, unmodified but for addresses and keys."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Any

import pybit._websocket_trading
import pybit.unified_trading
import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket, WebSocketTrading

from tests.integration.node.world import API_KEY, API_SECRET, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.node.world import Venue

SECONDS = 30.0


class Trade(WebSocketTrading):  # type: ignore[misc]  # untyped
    """The client's trade socket, which notes whom to tell only after it has sent the request.

    An answer that is faster than the note is dropped (pybit/_websocket_trading.py, `_send_order_operation`).
    """

    def _pop_callback(self, topic: str) -> Any:  # noqa: ANN401 as its caller takes it
        eventually(lambda: topic in self.callback_directory, what="the note of the request")
        return super()._pop_callback(topic)


@pytest.fixture
def rest(shared_venue: Venue) -> HTTP:
    """A REST session of the account."""
    session = HTTP(api_key=API_KEY, api_secret=API_SECRET)
    session.endpoint = shared_venue.url
    return session


@pytest.fixture
def at_the_venue(shared_venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leads the client's sockets to the venue: their addresses are constants of its modules."""
    address = f"ws://127.0.0.1:{shared_venue.port}/v5"
    monkeypatch.setattr(pybit.unified_trading, "PUBLIC_WSS", f"{address}/public/{{CHANNEL_TYPE}}")
    monkeypatch.setattr(pybit.unified_trading, "PRIVATE_WSS", f"{address}/private")
    monkeypatch.setattr(pybit._websocket_trading, "TRADE_WSS", f"{address}/trade")


@pytest.fixture
def opened() -> Iterator[list[Any]]:
    """Sockets to close at the end."""
    sockets: list[Any] = []
    yield sockets
    for socket in sockets:
        socket.exit()


def price(rest: HTTP, category: str) -> float:
    """Returns the last price."""
    row = rest.get_tickers(category=category, symbol="BTCUSDT")["result"]["list"][0]
    return float(row["lastPrice"])


def listed(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the rows of a list."""
    rows: list[dict[str, Any]] = answer["result"]["list"]
    return rows


def refused(code: int, act: Callable[..., Any], **arguments: Any) -> str:  # noqa: ANN401 - the client's own
    """Expects a refusal with a code; returns its text."""
    with pytest.raises(InvalidRequestError) as caught:
        act(**arguments)
    assert caught.value.status_code == code
    return str(caught.value.message)


@pytest.mark.parametrize("category", ["linear", "spot"])
def test_market_data(rest: HTTP, category: str) -> None:
    """Every public list has rows of the instrument, and the book does not cross."""
    assert abs(int(rest.get_server_time()["time"]) - time.time() * 1000) < 5_000
    assert {row["symbol"] for row in listed(rest.get_instruments_info(category=category))} == {"BTCUSDT", "ETHUSDT"}
    book = rest.get_orderbook(category=category, symbol="BTCUSDT", limit=50)["result"]
    assert float(book["b"][0][0]) < float(book["a"][0][0])
    eventually(lambda: listed(rest.get_public_trade_history(category=category, symbol="BTCUSDT")), what="trades")
    assert len(listed(rest.get_kline(category=category, symbol="BTCUSDT", interval="1"))[0]) == 7
    if category == "linear":
        assert len(listed(rest.get_mark_price_kline(category=category, symbol="BTCUSDT", interval="5"))[0]) == 5
        assert listed(rest.get_funding_rate_history(category=category, symbol="BTCUSDT"))
        assert listed(rest.get_open_interest(category=category, symbol="BTCUSDT", intervalTime="5min"))
        assert listed(rest.get_risk_limit(category=category, symbol="BTCUSDT"))


def test_account(rest: HTTP) -> None:
    """Wallet, settings, fees and the key's rights are told."""
    coins = {row["coin"]: row for row in listed(rest.get_wallet_balance(accountType="UNIFIED"))[0]["coin"]}
    assert set(coins) == {"USDT", "BTC", "ETH"}
    assert rest.get_account_info()["result"]["marginMode"] == "REGULAR_MARGIN"
    assert listed(rest.get_fee_rates(category="linear", symbol="BTCUSDT"))[0]["makerFeeRate"] == "0.0002"
    assert rest.get_api_key_information()["result"]["readOnly"] == 0
    rest.set_leverage(category="linear", symbol="ETHUSDT", buyLeverage="7", sellLeverage="7")
    arguments = {"category": "linear", "symbol": "ETHUSDT", "buyLeverage": "7", "sellLeverage": "7"}
    refused(110043, rest.set_leverage, **arguments)
    refused(110025, rest.switch_position_mode, category="linear", symbol="ETHUSDT", mode=0)


@pytest.mark.parametrize("category", ["linear", "spot"])
def test_life_of_an_order(rest: HTTP, category: str) -> None:
    """An order is placed, found, amended, cancelled, found in the history, and then unknown to a second cancel."""
    common = {"category": category, "symbol": "BTCUSDT"}
    away = f"{price(rest, category) * 0.98:.1f}"
    order = {"side": "Buy", "orderType": "Limit", "qty": "0.010", "price": away, "orderLinkId": f"life-{category}"}
    order_id = rest.place_order(**common, **order)["result"]["orderId"]
    refused(170141 if category == "spot" else 110072, rest.place_order, **common, **order)
    assert [row["orderId"] for row in listed(rest.get_open_orders(**common))] == [order_id]
    rest.amend_order(**common, orderId=order_id, qty="0.012")
    assert float(listed(rest.get_open_orders(**common, orderId=order_id))[0]["qty"]) == 0.012
    rest.cancel_order(**common, orderLinkId=f"life-{category}")
    assert listed(rest.get_open_orders(**common)) == []
    assert listed(rest.get_order_history(**common, orderId=order_id))[0]["orderStatus"] == "Cancelled"
    refused(170213 if category == "spot" else 110001, rest.cancel_order, **common, orderId=order_id)


def test_position_with_protection(rest: HTTP) -> None:
    """A position is opened, protected, closed, and its profit and executions are listed; its protection is gone."""
    common = {"category": "linear", "symbol": "BTCUSDT"}
    rest.place_order(**common, side="Buy", orderType="Market", qty="0.010")
    now = price(rest, "linear")
    stops = {"takeProfit": f"{now * 1.03:.1f}", "stopLoss": f"{now * 0.97:.1f}", "trailingStop": "900"}
    rest.set_trading_stop(**common, **stops, tpslMode="Full", positionIdx=0)
    held = listed(rest.get_positions(**common))[0]
    assert (held["side"], held["size"]) == ("Buy", "0.010")
    assert float(held["takeProfit"]) == float(stops["takeProfit"])
    waiting = {row["stopOrderType"] for row in listed(rest.get_open_orders(**common, orderFilter="StopOrder"))}
    assert waiting == {"TakeProfit", "StopLoss", "TrailingStop"}
    rest.place_order(**common, side="Sell", orderType="Market", qty="0.010", reduceOnly=True)
    assert listed(rest.get_positions(category="linear", settleCoin="USDT")) == []
    assert listed(rest.get_open_orders(**common)) == []
    assert sum(float(row["closedSize"]) for row in listed(rest.get_closed_pnl(**common))[:1]) == 0.010
    assert {row["side"] for row in listed(rest.get_executions(**common))} == {"Buy", "Sell"}
    refused(110017, rest.place_order, **common, side="Sell", orderType="Market", qty="0.010", reduceOnly=True)


def test_spot_by_amount(rest: HTTP) -> None:
    """A spot market buy says what to spend, pays its fee in what it bought, and moves two balances."""
    answer = rest.place_order(category="spot", symbol="BTCUSDT", side="Buy", orderType="Market", qty="600")
    done = listed(rest.get_order_history(category="spot", orderId=answer["result"]["orderId"]))[0]
    assert done["orderStatus"] == "Filled"
    assert 590 < float(done["cumExecValue"]) <= 600
    rows = listed(rest.get_executions(category="spot", orderId=answer["result"]["orderId"]))
    assert {row["feeCurrency"] for row in rows} == {"BTC"}
    refused(170131, rest.place_order, category="spot", symbol="BTCUSDT", side="Sell", orderType="Market", qty="5")


def test_pages_of_a_history(rest: HTTP) -> None:
    """With cursors every order is told once, newest first."""
    common = {"category": "linear", "symbol": "ETHUSDT"}
    away = f"{float(listed(rest.get_tickers(**common))[0]['lastPrice']) * 0.98:.1f}"
    rows = [{"symbol": "ETHUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.05", "price": away}] * 5
    placed = [row["orderId"] for row in listed(rest.place_batch_order(category="linear", request=rows))]
    assert len(listed(rest.cancel_all_orders(**common))) == 5
    told: list[str] = []
    cursor = ""
    while True:
        page = rest.get_order_history(**common, limit=2, cursor=cursor)["result"]
        told += [row["orderId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
        if not cursor:
            break
    assert told == placed[::-1]


@pytest.mark.usefixtures("at_the_venue")
def test_sockets(rest: HTTP, opened: list[Any]) -> None:
    """Public topics, the private topics of an order sent over the trade socket, and that socket's own answers."""
    public, events, answers = queue.Queue[Any](), queue.Queue[Any](), queue.Queue[Any]()
    market = WebSocket(testnet=False, channel_type="linear")
    private = WebSocket(testnet=False, channel_type="private", api_key=API_KEY, api_secret=API_SECRET)
    trade = Trade(testnet=False, api_key=API_KEY, api_secret=API_SECRET)
    opened += [market, private, trade]
    market.orderbook_stream(50, "BTCUSDT", public.put)
    market.ticker_stream("BTCUSDT", public.put)
    market.trade_stream("BTCUSDT", public.put)
    topics: set[str] = set()
    until = time.monotonic() + SECONDS
    while len(topics) < 3 and time.monotonic() < until:
        topics.add(public.get(timeout=SECONDS)["topic"])
    assert topics == {"orderbook.50.BTCUSDT", "tickers.BTCUSDT", "publicTrade.BTCUSDT"}
    for subscribe in (private.order_stream, private.execution_stream, private.position_stream, private.wallet_stream):
        subscribe(events.put)
    eventually(lambda: private.auth, seconds=SECONDS, what="login")
    time.sleep(0.5)  # the client does not tell when its subscriptions are taken
    common = {"category": "linear", "symbol": "BTCUSDT", "orderType": "Market", "qty": "0.010"}
    trade.place_order(answers.put, **common, side="Buy", orderLinkId="by-socket")
    answer = answers.get(timeout=SECONDS)
    assert (answer["retCode"], answer["data"]["orderLinkId"]) == (0, "by-socket")
    seen: dict[str, Any] = {}
    until = time.monotonic() + SECONDS
    while len(seen) < 4 and time.monotonic() < until:
        message = events.get(timeout=SECONDS)
        seen[message["topic"]] = message["data"][0]
    assert set(seen) == {"order", "execution", "position", "wallet"}
    assert seen["execution"]["orderLinkId"] == "by-socket"
    trade.place_order(answers.put, error_callback=answers.put, **{**common, "qty": "x"}, side="Buy")
    assert answers.get(timeout=SECONDS)["retCode"] == 10001
    rest.place_order(**common, side="Sell", reduceOnly=True)
