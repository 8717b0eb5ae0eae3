"""Whatever is sent, the venue answers in its own form and stays alive."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from simvenue.venues.binance.auth import hmac_signature
from simvenue.venues.binance.errors import VenueError
from simvenue.venues.binance.parameters import Parameters
from tests.support.cases import cases
from tests.unit.simvenue_venues.client import KEY, SECRET

if TYPE_CHECKING:
    import asyncio

    from tests.unit.simvenue_venues.client import Client

ROUNDS = cases(usual=60)
NAMES = st.sampled_from(
    [
        "symbol", "side", "type", "timeInForce", "quantity", "price", "newClientOrderId", "reduceOnly", "orderId",
        "origClientOrderId", "origClientOrderIdList", "orderIdList", "limit", "startTime", "endTime", "fromId",
        "interval", "leverage", "marginType", "recvWindow", "positionSide", "algoType", "triggerPrice", "callbackRate",
        "activatePrice", "closePosition", "workingType", "algoId", "clientAlgoId", "batchOrders", "goodTillDate",
        "priceMatch", "dualSidePosition", "countdownTime", "incomeType", "autoCloseType", "contractType", "pair",
    ]
)  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        [
            "BTCUSDT",
            "BUY",
            "SELL",
            "LIMIT",
            "MARKET",
            "GTC",
            "GTX",
            "IOC",
            "0.010",
            "59000.00",
            "1m",
            "1h",
            "GTD",
            "STOP",
            "STOP_MARKET",
            "TRAILING_STOP_MARKET",
            "CONDITIONAL",
            "LONG",
            "QUEUE_5",
            "PERPETUAL",
            "61000",
            "True",
            "[]",
            '[{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"1","price":1e400}]',
            '[{"symbol":"BTCUSDT","quantity":[],"price":{},"side":null}]',
        ]
    ),
    st.lists(st.one_of(st.text(max_size=4), st.integers(), st.none())).map(json.dumps),
)
ENDPOINTS = st.sampled_from(
    [
        ("POST", "order"), ("PUT", "order"), ("DELETE", "order"), ("GET", "order"), ("DELETE", "batchOrders"),
        ("GET", "allOrders"), ("GET", "userTrades"), ("GET", "klines"), ("GET", "depth"), ("GET", "aggTrades"),
        ("POST", "leverage"), ("POST", "marginType"), ("GET", "openOrders"), ("DELETE", "allOpenOrders"),
        ("POST", "algoOrder"), ("DELETE", "algoOrder"), ("GET", "algoOrder"), ("GET", "openAlgoOrders"),
        ("GET", "allAlgoOrders"), ("DELETE", "algoOpenOrders"), ("POST", "batchOrders"), ("PUT", "batchOrders"),
        ("POST", "order/test"), ("POST", "positionSide/dual"), ("POST", "countdownCancelAll"), ("GET", "income"),
        ("GET", "forceOrders"), ("GET", "fundingRate"), ("GET", "continuousKlines"), ("GET", "ticker/24hr"),
    ]
)  # fmt: skip
_LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010"}
_STOP = {"symbol": "BTCUSDT", "side": "BUY", "type": "STOP_MARKET", "algoType": "CONDITIONAL", "quantity": "0.010"}
NEARLY_RIGHT = st.sampled_from(
    [
        ("POST", "order", {**_LIMIT, "price": "59000"}),
        ("POST", "order", {**_LIMIT, "priceMatch": "QUEUE"}),
        ("POST", "algoOrder", {**_STOP, "triggerPrice": "61000"}),
        ("POST", "algoOrder", {**_STOP, "type": "TRAILING_STOP_MARKET", "callbackRate": "1"}),
        ("POST", "batchOrders", {"batchOrders": json.dumps([{**_LIMIT, "price": "59000"}] * 2)}),
        ("POST", "leverage", {"symbol": "BTCUSDT", "leverage": "5"}),
        ("GET", "fundingRate", {"symbol": "BTCUSDT", "limit": "5"}),
        ("GET", "allAlgoOrders", {"symbol": "BTCUSDT", "limit": "5"}),
    ]
)


def _encode(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
@cases(usual=200)
def test_any_query_is_read_or_refused(payload: str) -> None:
    """Parsing ends in parameters or in one of the venue's errors, never in another exception."""
    with contextlib.suppress(VenueError):
        Parameters.parse(payload)


@given(data=st.data())
@ROUNDS
def test_any_signed_request_is_answered(fuzzed: tuple[asyncio.Runner, Client], data: st.DataObject) -> None:
    """A correctly signed request of any content gets 200 or a 4xx with code and message, never a 500."""
    runner, venue = fuzzed
    method, name = data.draw(ENDPOINTS)
    parameters = data.draw(st.dictionaries(NAMES, VALUES, max_size=9))
    query = "&".join(f"{key}={_encode(value)}" for key, value in parameters.items())
    query += f"{'&' if query else ''}timestamp={venue.clock()}"
    query += f"&signature={hmac_signature(SECRET, query)}"
    status, body = runner.run(venue.public(method, f"/fapi/v1/{name}", query, headers={"X-MBX-APIKEY": KEY}))
    assert status == 200 or (400 <= status < 500 and set(body) == {"code", "msg"}), (status, body)


@given(data=st.data())
@ROUNDS
def test_any_nearly_right_request_is_answered(fuzzed: tuple[asyncio.Runner, Client], data: st.DataObject) -> None:
    """A good request with one or two values replaced gets 200 or a 4xx with code and message, never a 500."""
    runner, venue = fuzzed
    method, name, good = data.draw(NEARLY_RIGHT)
    parameters = {**good, **data.draw(st.dictionaries(NAMES, VALUES, max_size=2))}
    query = "&".join(f"{key}={_encode(value)}" for key, value in parameters.items()) + f"&timestamp={venue.clock()}"
    query += f"&signature={hmac_signature(SECRET, query)}"
    status, body = runner.run(venue.public(method, f"/fapi/v1/{name}", query, headers={"X-MBX-APIKEY": KEY}))
    assert status == 200 or (400 <= status < 500 and set(body) == {"code", "msg"}), (status, body)


@given(path=st.text(max_size=20), query=st.text(max_size=20))
@ROUNDS
def test_any_path_is_answered(fuzzed: tuple[asyncio.Runner, Client], path: str, query: str) -> None:
    """A path that nobody knows gets the venue's 404 (or another of its errors), whatever its characters."""
    runner, venue = fuzzed
    status, body = runner.run(venue.public("GET", f"/{_encode(path)}", _encode(query)))
    assert 400 <= status < 500
    assert set(body) == {"code", "msg"}


@given(
    frame=st.one_of(
        st.text(max_size=60),
        st.fixed_dictionaries(
            {},
            optional={
                "method": st.sampled_from(["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "X"]),
                "params": st.one_of(st.none(), st.lists(st.one_of(st.text(max_size=8), st.integers()), max_size=3)),
                "id": st.one_of(st.none(), st.integers(), st.text(max_size=4), st.floats(), st.booleans()),
            },
        ).map(json.dumps),
    )
)
@ROUNDS
def test_any_frame_is_answered(fuzzed: tuple[asyncio.Runner, Client], frame: str) -> None:
    """Each frame gets one reply, a result or an error, and the connection goes on."""
    runner, venue = fuzzed

    async def ask() -> None:
        async with await venue.socket("/ws") as socket:
            await socket.send_str(frame.encode("utf-8", "replace").decode())
            reply = await socket.receive_json(timeout=3)
            assert "result" in reply or set(reply["error"]) == {"code", "msg"}
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
            assert (await socket.receive_json(timeout=3))["id"] == 1

    runner.run(ask())
