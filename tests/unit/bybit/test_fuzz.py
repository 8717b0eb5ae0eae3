"""Whatever is sent, the venue answers in its own form and stays alive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from hypothesis import given
from hypothesis import strategies as st

from simvenue.venues.bybit.identifiers import execution_id, number, order_id
from simvenue.venues.bybit.instruments import Category
from simvenue.venues.bybit.klines import INTERVALS, bounds
from simvenue.venues.bybit.rest import account, executions, market, orders, positions, queries
from tests.support.cases import cases
from tests.unit.bybit.client import KEY

if TYPE_CHECKING:
    import asyncio

    from tests.unit.bybit.client import Client

ROUNDS = cases(usual=80)
ROUTES = st.sampled_from(
    [route for family in (account, executions, market, orders, positions, queries) for route in family.ROUTES]
)
NAMES = st.sampled_from(
    [
        "category", "symbol", "side", "orderType", "qty", "price", "timeInForce", "positionIdx", "orderLinkId", "limit",
        "triggerPrice", "triggerDirection", "triggerBy", "orderFilter", "reduceOnly", "marketUnit", "request", "cursor",
        "startTime", "endTime", "start", "end", "interval", "settleCoin", "baseCoin", "coin", "mode", "takeProfit",
        "stopLoss", "trailingStop", "buyLeverage", "sellLeverage", "setMarginMode", "accountType", "orderId",
        "intervalTime", "openOnly", "activePrice",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "linear", "spot", "inverse", "BTCUSDT", "Buy", "Sell", "Limit", "Market", "GTC", "PostOnly", "IOC", "0.010",
        "59000", "60000.5", "1", "2", "3", "60", "W", "M", "USDT", "StopOrder", "tpslOrder", "0", "", "LastPrice",
        "ISOLATED_MARGIN", "UNIFIED", "2000000000000000001", "1e5", "-1", "NaN", "99999999999999999999", "5min",
    ]
)  # fmt: skip
LEAVES = st.one_of(WORDS, st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.none())
VALUES = st.one_of(LEAVES, st.lists(st.one_of(LEAVES, st.dictionaries(NAMES, LEAVES, max_size=5)), max_size=3))
BODIES = st.dictionaries(NAMES, VALUES, max_size=10)
# Mostly sensible, so that requests get past the first check.
ORDERS = BODIES.map(
    lambda body: {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit"} | body
)
FORM = {"retCode", "retMsg", "result", "retExtInfo", "time"}


@given(route=ROUTES, body=st.one_of(BODIES, ORDERS))
@ROUNDS
def test_any_signed_request_is_answered(fuzzed: tuple[asyncio.Runner, Client], route: object, body: object) -> None:
    """A correctly signed request of any content gets a code and a text, never 10016."""
    runner, venue = fuzzed
    method, path = route.method, route.path  # type: ignore[attr-defined]
    if method == "GET":
        assert isinstance(body, dict)
        query = urlencode({name: value for name, value in body.items() if isinstance(value, str)}, errors="replace")
        status, reply, _ = runner.run(venue.send("GET", path, query, headers=venue.headers(query.encode())))
    else:
        raw = json.dumps(body).encode()
        status, reply, _ = runner.run(venue.send("POST", path, data=raw, headers=venue.headers(raw)))
    assert (status, set(reply)) == (200, FORM), reply
    assert reply["retCode"] != 10016, reply
    assert venue.exchange.failure is None


@given(raw=st.binary(max_size=80), route=ROUTES)
@ROUNDS
def test_any_bytes_are_answered(fuzzed: tuple[asyncio.Runner, Client], raw: bytes, route: object) -> None:
    """A signed body, or query, of any bytes gets an answer in the venue's form."""
    runner, venue = fuzzed
    query = quote(raw) if route.method == "GET" else ""  # type: ignore[attr-defined]
    headers = venue.headers(query.encode() if query else raw)
    method, path = route.method, route.path  # type: ignore[attr-defined]
    body = b"" if method == "GET" else raw
    status, reply, _ = runner.run(venue.send(method, path, query, data=body, headers=headers))
    assert (status, set(reply)) == (200, FORM)
    assert reply["retCode"] != 10016


@given(path=st.text(max_size=20), headers=st.dictionaries(st.sampled_from(["X-BAPI-API-KEY", "X-BAPI-TIMESTAMP",
       "X-BAPI-SIGN", "X-BAPI-RECV-WINDOW"]), st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0",
       exclude_categories=["Cc"]), max_size=12)))  # fmt: skip
@ROUNDS
def test_any_headers_and_path_are_answered(
    fuzzed: tuple[asyncio.Runner, Client], path: str, headers: dict[str, str]
) -> None:
    """Unknown paths are 404 and wrong headers a refusal, both in the venue's form."""
    runner, venue = fuzzed
    status, reply, _ = runner.run(venue.send("GET", f"/v6/{quote(path, safe='')}", headers=headers))
    assert (status, set(reply)) == (404, FORM)
    status, reply, _ = runner.run(venue.send("GET", "/v5/order/history", headers=headers))
    assert (status, set(reply)) == (200, FORM)
    assert reply["retCode"] in {10001, 10002, 10003, 10004}


FRAMES = st.one_of(
    st.text(max_size=60),
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3), max_leaves=5).map(json.dumps),
    st.fixed_dictionaries(
        {},
        optional={
            "op": st.one_of(
                st.sampled_from(["subscribe", "unsubscribe", "auth", "ping", "order.create", "order.cancel-batch"]),
                LEAVES,
            ),
            "args": st.one_of(VALUES, st.lists(ORDERS, max_size=2), st.just(["orderbook.50.BTCUSDT"])),
            "reqId": LEAVES,
            "req_id": LEAVES,
            "header": st.one_of(LEAVES, st.just({"X-BAPI-TIMESTAMP": "1"})),
        },
    ).map(json.dumps),
)


@given(frame=FRAMES, path=st.sampled_from(["public/linear", "public/spot", "private", "trade"]))
@ROUNDS
def test_any_frame_is_answered(fuzzed: tuple[asyncio.Runner, Client], frame: str, path: str) -> None:
    """Each frame gets one reply in its socket's form, and the connection goes on."""
    runner, venue = fuzzed

    async def ask() -> None:
        socket = await venue.socket(path, key=None if path.startswith("public") else KEY)
        reply = await socket.ask(frame.encode("utf-8", "replace").decode())
        assert "retCode" in reply or {"success", "ret_msg"} <= set(reply) or reply["op"] == "pong"
        assert (await socket.ask({"op": "ping"}))["op"] in {"ping", "pong"}
        await socket.raw.close()

    runner.run(ask())
    assert venue.exchange.failure is None


@given(st.integers(1, 2**40), st.sampled_from([Category.LINEAR, Category.SPOT]))
def test_ids_are_read_back(value: int, category: Category) -> None:
    """Printed order ids are the exchange's again, and differ from execution ids in linear; others are nobody's."""
    assert number(order_id(category, value)) == value
    assert len(order_id(category, value)) <= 36
    assert (order_id(category, value) == execution_id(category, value)) is (category is Category.SPOT)
    assert number(order_id(category, value)[:-1] + "x") is None


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(INTERVALS))
def test_intervals_have_no_gaps(moment: int, interval: str) -> None:
    """Every moment is in exactly one bar of an interval, and the next bar begins where it ends."""
    start, end = bounds(interval, moment)
    assert start <= moment <= end
    assert bounds(interval, end) == (start, end)
    assert bounds(interval, end + 1)[0] == end + 1
