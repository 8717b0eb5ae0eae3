"""The WebSocket API: signed methods, sessions, subscriptions, and its form of error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simvenue.exchange.types import Side
from simvenue.venues.binance_spot import VenueOptions
from simvenue.venues.transport.control import CONTROL
from tests.unit.binance_spot.client import ED_KEY, KEY, MAKER_KEY, READ_KEY

if TYPE_CHECKING:
    from tests.unit.binance_spot.client import Client

LIMIT: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "59000.00",
}


async def test_public_methods_need_no_key(venue: Client) -> None:
    """Replies echo the id, carry status and result, and say how much of the limits is used."""
    venue.clock.begin_minute()
    api = await venue.api()
    reply = await api.ask("time")
    assert (reply["id"], reply["status"]) == (1, 200)
    assert abs(reply["result"]["serverTime"] - venue.clock()) < 1000
    assert [(row["rateLimitType"], row["limit"], row["count"]) for row in reply["rateLimits"]] == [
        ("REQUEST_WEIGHT", 6000, 3)
    ]
    for method, params in (
        ("exchangeInfo", {"symbols": ["BTCUSDT", "ETHUSDT"]}),
        ("depth", {"symbol": "BTCUSDT", "limit": 5}),
        ("trades.recent", {"symbol": "BTCUSDT"}),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m"}),
        ("avgPrice", {"symbol": "BTCUSDT"}),
        ("ticker.24hr", {"symbol": "BTCUSDT"}),
        ("ticker.price", {}),
        ("ticker.book", {}),
        ("v3/ping", {}),
    ):
        reply = await api.ask(method, **params)
        assert reply["status"] == 200, reply


@pytest.mark.parametrize("key", [KEY, ED_KEY])
async def test_orders_are_placed_queried_and_cancelled_with_signed_requests(venue: Client, key: str) -> None:
    """Either kind of key signs each request for itself; orders are counted in the reply."""
    api = await venue.api()
    placed = await api.signed("order.place", key=key, **LIMIT)
    assert placed["status"] == 200, placed
    assert [row["rateLimitType"] for row in placed["rateLimits"]] == ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]
    order_id = placed["result"]["orderId"]
    status = await api.signed("order.status", key=key, symbol="BTCUSDT", orderId=order_id)
    assert status["result"]["status"] == "NEW"
    assert len((await api.signed("openOrders.status", key=key))["result"]) == 1
    replaced = await api.signed(
        "order.cancelReplace", key=key, **LIMIT, cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=order_id
    )
    assert replaced["result"]["newOrderResult"] == "SUCCESS"
    cancelled = await api.signed("openOrders.cancelAll", key=key, symbol="BTCUSDT")
    assert [row["status"] for row in cancelled["result"]] == ["CANCELED"]
    for method, params in (
        ("account.status", {}),
        ("account.commission", {"symbol": "BTCUSDT"}),
        ("account.rateLimits.orders", {}),
        ("allOrders", {"symbol": "BTCUSDT"}),
        ("myTrades", {"symbol": "BTCUSDT"}),
        ("order.test", LIMIT),
    ):
        reply = await api.signed(method, key=key, **params)
        assert reply["status"] == 200, reply


async def test_a_session_stands_for_key_and_signature(venue: Client) -> None:
    """After a logon with an Ed25519 key a timestamp is enough; after the logout nothing is."""
    api = await venue.api()
    assert (await api.ask("session.status"))["result"]["apiKey"] is None
    logon = await api.signed("session.logon", key=ED_KEY)
    assert logon["result"]["apiKey"] == ED_KEY
    assert logon["result"]["userDataStream"] is False
    assert (await api.ask("order.place", **LIMIT, timestamp=venue.clock()))["status"] == 200
    late = await api.ask("order.place", **LIMIT, timestamp=venue.clock() - 6000)
    assert late["error"]["code"] == -1021
    assert (await api.ask("order.place", **LIMIT))["error"]["code"] == -1102
    assert (await api.ask("session.logout"))["result"]["apiKey"] is None
    alone = await api.ask("order.place", **LIMIT, timestamp=venue.clock())
    assert (alone["status"], alone["error"]["code"]) == (400, -1102)


async def test_a_request_may_be_signed_by_another_key_than_the_sessions(venue: Client) -> None:
    """A key named in the request counts, with its own signature; a wrong one is refused although the session is in."""
    api = await venue.api()
    await api.signed("session.logon", key=ED_KEY)
    theirs = venue.quote(Side.BUY, "58000.00", "1")
    reply = await api.signed("openOrders.status", key=MAKER_KEY)
    assert [order["orderId"] for order in reply["result"]] == [theirs]
    wrong = await api.ask("openOrders.status", apiKey=MAKER_KEY, timestamp=venue.clock(), signature="00")
    assert wrong["error"]["code"] == -1022
    assert (await api.ask("session.logon", timestamp=venue.clock()))["error"]["code"] == -1102


async def test_an_hmac_key_cannot_log_on(venue: Client) -> None:
    """The venue takes Ed25519 keys only for sessions, but HMAC signatures on each request."""
    api = await venue.api()
    refused = await api.signed("session.logon")
    assert (refused["status"], refused["error"]["code"]) == (400, -4056)
    subscribed = await api.signed("userDataStream.subscribe.signature")
    assert subscribed["result"] == {"subscriptionId": 0}


class TestLenientVenue:
    """A venue told to be kinder than the real one."""

    @pytest.fixture
    def options(self) -> VenueOptions:
        """HMAC keys may log on."""
        return VenueOptions(hmac_logon=True)

    async def test_an_hmac_key_can_log_on_where_that_is_allowed(self, venue: Client) -> None:
        """The session then stands for the key, as it does for one of Ed25519."""
        api = await venue.api()
        assert (await api.signed("session.logon"))["result"]["apiKey"] == KEY
        assert (await api.ask("userDataStream.subscribe"))["result"] == {"subscriptionId": 0}


async def test_a_session_hears_an_orders_life(venue: Client) -> None:
    """Each event comes in the session's envelope: the report, then what the account holds after it."""
    api = await venue.api()
    await api.signed("session.logon", key=ED_KEY)
    assert (await api.ask("userDataStream.subscribe"))["result"] == {"subscriptionId": 0}
    assert (await api.ask("userDataStream.subscribe"))["error"]["code"] == -2035
    venue.quote(Side.SELL, "60000.00", "0.004")
    await venue.ok("POST", "/api/v3/order", **{**LIMIT, "price": "60000.00"}, newClientOrderId="life")
    events = [await api.event() for _ in range(4)]
    assert {event["subscriptionId"] for event in events} == {0}
    new, held, trade, after = (event["event"] for event in events)
    assert (new["e"], new["x"], new["X"], new["c"], new["w"]) == ("executionReport", "NEW", "NEW", "life", True)
    assert held["e"] == after["e"] == "outboundAccountPosition"
    assert (trade["x"], trade["X"], trade["l"], trade["z"]) == ("TRADE", "PARTIALLY_FILLED", "0.00400000", "0.00400000")
    assert (trade["n"], trade["N"], trade["m"]) == ("0.00000400", "BTC", False)
    assert {row["a"]: (row["f"], row["l"]) for row in after["B"]} == {
        "BTC": ("10.00399600", "0.00000000"),
        "USDT": ("999400.00000000", "360.00000000"),
    }
    await venue.ok("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="life", newClientOrderId="end")
    cancelled = (await api.event())["event"]
    assert (cancelled["x"], cancelled["c"], cancelled["C"], cancelled["w"]) == ("CANCELED", "end", "life", False)


async def test_events_go_to_their_own_account(venue: Client) -> None:
    """Two subscriptions on one socket, for two accounts: each event bears the number of its account's."""
    api = await venue.api()
    assert (await api.signed("userDataStream.subscribe.signature"))["result"]["subscriptionId"] == 0
    assert (await api.signed("userDataStream.subscribe.signature", key=MAKER_KEY))["result"]["subscriptionId"] == 1
    mine = await venue.ok("POST", "/api/v3/order", **LIMIT)
    theirs = venue.quote(Side.BUY, "58000.00", "1")
    events = [await api.event() for _ in range(4)]
    reports = [event for event in events if event["event"]["e"] == "executionReport"]
    assert [(event["subscriptionId"], event["event"]["i"]) for event in reports] == [(0, mine["orderId"]), (1, theirs)]


async def test_a_trigger_is_told(venue: Client) -> None:
    """A stop order is new and not working; when the price comes it is new in the book, then trades."""
    venue.quote(Side.BUY, "59000.00", "1")
    api = await venue.api()
    await api.signed("userDataStream.subscribe.signature")
    stop = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS", "quantity": "0.01", "stopPrice": "59000.00"}
    await venue.ok("POST", "/api/v3/order", **stop)
    venue.take(Side.SELL, "0.1")
    reports = [event["event"] for event in [await api.event() for _ in range(6)]]
    told = [(row["x"], row["X"], row["w"], row["o"], row["P"]) for row in reports if row["e"] == "executionReport"]
    stop_price = "59000.00000000"
    assert told == [
        ("NEW", "NEW", False, "STOP_LOSS", stop_price),
        ("NEW", "NEW", True, "STOP_LOSS", stop_price),
        ("TRADE", "FILLED", False, "STOP_LOSS", stop_price),
    ]


async def test_subscriptions_end_with_a_word(venue: Client) -> None:
    """Unsubscribing, logging out and an expiry from behind each send eventStreamTerminated."""
    api = await venue.api()
    await api.signed("session.logon", key=ED_KEY)
    assert (await api.ask("userDataStream.unsubscribe"))["error"]["code"] == -2036
    await api.ask("userDataStream.subscribe")
    assert (await api.ask("session.subscriptions"))["result"] == [{"subscriptionId": 0}]
    assert (await api.ask("userDataStream.unsubscribe", subscriptionId="0"))["status"] == 200
    await api.ask("userDataStream.subscribe")
    await api.ask("session.logout")
    await api.signed("userDataStream.subscribe.signature")
    assert venue.app[CONTROL].expire_user_streams("node") == 1
    ended = [await api.event() for _ in range(3)]
    assert [(event["subscriptionId"], event["event"]["e"]) for event in ended] == [
        (number, "eventStreamTerminated") for number in range(3)
    ]
    assert (await api.ask("session.status"))["result"]["userDataStream"] is False


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", -1135),
        ("[]", -1135),
        ("1", -1135),
        ('{"id":1,"method":"time","params":[]}', -1135),
        ('{"id":true,"method":"time"}', -1100),
        ('{"method":"time"}', -1100),
        ('{"id":1}', -1102),
        ('{"id":1,"method":7}', -1102),
        ('{"id":1,"method":"dance"}', -1020),
        ('{"id":1,"method":"depth","params":{"symbol":{"a":1}}}', -1130),
        ('{"id":1,"method":"depth","params":{"symbol":"\\u00e9"}}', -1100),
        ('{"id":1,"method":"depth","params":{"limit":NaN}}', -1135),
        ('{"id":1,"method":"depth","params":{"symbol":"NOPE"}}', -1121),
        ("[" * 5000, -1135),
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_lives(venue: Client, text: str, code: int) -> None:
    """Whatever a client sends, the reply is the venue's form of error, and the next request is answered."""
    api = await venue.api()
    await api.socket.send_str(text)
    reply = await api.socket.receive_json(timeout=5)
    assert (reply["status"], reply["error"]["code"]) == (400, code)
    await api.socket.send_bytes(b"\x00")
    assert (await api.socket.receive_json(timeout=5))["error"]["code"] == -1135
    assert (await api.ask("ping"))["result"] == {}


async def test_wrong_keys_signatures_and_permissions_are_refused(venue: Client) -> None:
    """Each has its own code, with the status that REST has, and nothing is placed."""
    api = await venue.api()
    base = {**LIMIT, "timestamp": venue.clock()}
    unknown = await api.ask("order.place", **base, apiKey="nobody", signature="x")
    assert (unknown["status"], unknown["error"]["code"]) == (401, -2015)
    for key in (KEY, ED_KEY):
        wrong = await api.ask("order.place", **base, apiKey=key, signature="AAAA")
        assert (wrong["status"], wrong["error"]["code"]) == (400, -1022)
    reader = await api.signed("order.place", key=READ_KEY, **LIMIT)
    assert (reader["status"], reader["error"]["code"]) == (401, -2015)
    assert (await api.signed("account.status", key=READ_KEY))["status"] == 200
    assert venue.exchange.open_orders("node") == []


async def test_a_client_may_do_without_the_limits(venue: Client) -> None:
    """The rateLimits are left out when the request, or the address of the socket, says so."""
    api = await venue.api()
    assert "rateLimits" not in await api.ask("ping", returnRateLimits=False)
    quiet = await venue.api("/ws-api/v3?returnRateLimits=false")
    assert "rateLimits" not in await quiet.ask("ping")
    assert "rateLimits" in await quiet.ask("ping", returnRateLimits=True)
