"""Whatever is sent to the spot market, it answers in its own form and stays alive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from simvenue.venues.binance.auth import hmac_signature
from simvenue.venues.binance_spot.api_methods import METHODS
from tests.support.cases import cases
from tests.unit.binance_spot.client import KEY, SECRET

if TYPE_CHECKING:
    import asyncio

    from tests.unit.binance_spot.client import Client

ROUNDS = cases(usual=60)
NAMES = st.sampled_from(
    [
        "symbol", "symbols", "side", "type", "timeInForce", "quantity", "quoteOrderQty", "price", "stopPrice",
        "trailingDelta", "newClientOrderId", "orderId", "origClientOrderId", "limit", "startTime", "endTime", "fromId",
        "interval", "cancelReplaceMode", "cancelOrderId", "newQty", "newOrderRespType", "subscriptionId", "icebergQty",
        "recvWindow", "strategyType",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "BTCUSDT", "BUY", "SELL", "LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "TAKE_PROFIT_LIMIT", "GTC", "IOC",
        "0.01", "59000.00", "1m", "STOP_ON_FAILURE", "FULL", '["BTCUSDT"]', "1", "0", "1e5", "-1", "9" * 20,
    ]
)  # fmt: skip
VALUES = st.one_of(WORDS, st.text(max_size=12), st.integers().map(str), st.floats().map(str))
ENDPOINTS = st.sampled_from(
    [
        ("POST", "order"), ("POST", "order/test"), ("DELETE", "order"), ("GET", "order"),
        ("POST", "order/cancelReplace"), ("PUT", "order/amend/keepPriority"), ("GET", "openOrders"),
        ("DELETE", "openOrders"), ("GET", "allOrders"),
        ("GET", "myTrades"), ("GET", "klines"), ("GET", "depth"), ("GET", "exchangeInfo"), ("GET", "ticker/24hr"),
    ]
)  # fmt: skip


def _encode(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


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
    status, body = runner.run(venue.public(method, f"/api/v3/{name}", query, headers={"X-MBX-APIKEY": KEY}))
    assert status == 200 or (400 <= status < 500 and {"code", "msg"} <= set(body)), (status, body)


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=5,
)


@given(
    frame=st.one_of(
        st.text(max_size=60),
        st.fixed_dictionaries(
            {},
            optional={
                "id": ANYTHING,
                "method": st.one_of(st.sampled_from([method.name for method in METHODS]), ANYTHING),
                "params": st.one_of(st.dictionaries(NAMES, ANYTHING, max_size=6), ANYTHING),
            },
        ).map(json.dumps),
    )
)
@ROUNDS
def test_any_frame_is_answered(fuzzed: tuple[asyncio.Runner, Client], frame: str) -> None:
    """Each frame to the WebSocket API gets one reply, a result or an error, and the connection goes on."""
    runner, venue = fuzzed

    async def ask() -> None:
        api = await venue.api()
        await api.socket.send_str(frame.encode("utf-8", "replace").decode())
        reply = await api.socket.receive_json(timeout=3)
        assert reply["status"] == 200 or {"code", "msg"} <= set(reply["error"])
        assert reply["status"] < 500
        assert (await api.ask("ping"))["status"] == 200
        await api.socket.close()

    runner.run(ask())


@given(data=st.data())
@ROUNDS
def test_any_signed_method_is_answered(fuzzed: tuple[asyncio.Runner, Client], data: st.DataObject) -> None:
    """A correctly signed method with any parameters gets a result or one of the venue's errors, never a 500."""
    runner, venue = fuzzed
    name = data.draw(st.sampled_from([method.name for method in METHODS]))
    parameters = data.draw(st.dictionaries(NAMES, VALUES, max_size=7))

    async def ask() -> None:
        api = await venue.api()
        reply = await api.signed(name, **parameters)
        assert reply["status"] < 500, reply
        await api.socket.close()

    runner.run(ask())
