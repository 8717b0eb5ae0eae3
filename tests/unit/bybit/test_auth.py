"""Who may call: signatures over the raw bytes, the age of requests, keys and their permissions."""

from __future__ import annotations

import json

import pytest

from simvenue.venues.bybit.auth import signature
from tests.unit.bybit.client import KEY, LINEAR, READER, SECRET, Client


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (
            f"1700000000000{KEY}5000category=linear&symbol=BTCUSDT",
            "fc1a0837f91f2200426c8d3864468e8ff598dd929a792d9fddff82ab43f6a683",
        ),
        ("GET/realtime1700000000000", "d5a8c3282ba88d2c075379f5b55e34ee592d30a5a8a459fcc369286e5e145cbb"),
    ],
)
def test_vectors(payload: str, expected: str) -> None:
    """Signatures equal those of a client that the venue takes."""
    assert signature(SECRET, payload.encode()) == expected


async def test_signature_covers_the_raw_bytes(venue: Client) -> None:
    """A query is signed as it was sent, escapes and order included; another spelling of it is not covered."""
    query = "category=linear&symbol=BTC%55SDT"
    _, reply, _ = await venue.send("GET", "/v5/order/realtime", query, headers=venue.headers(query.encode()))
    assert reply["retCode"] == 0
    signed = venue.headers(b"category=linear&symbol=BTCUSDT")
    _, reply, _ = await venue.send("GET", "/v5/order/realtime", query, headers=signed)
    assert reply["retCode"] == 10004


async def test_body_is_covered_with_its_spaces(venue: Client) -> None:
    """A body that is the same JSON in other bytes is not what was signed."""
    order = {**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.010", "price": "59000"}
    loose, compact = json.dumps(order).encode(), json.dumps(order, separators=(",", ":")).encode()
    _, reply, _ = await venue.send("POST", "/v5/order/create", data=loose, headers=venue.headers(compact))
    assert reply["retCode"] == 10004
    _, reply, _ = await venue.send("POST", "/v5/order/create", data=loose, headers=venue.headers(loose))
    assert reply["retCode"] == 0


@pytest.mark.parametrize(
    ("ahead_ms", "window", "code"),
    [(0, "5000", 0), (900, "5000", 0), (1500, "5000", 10002), (-4000, "5000", 0), (-6000, "5000", 10002),
     (-6000, "8000", 0), (0, "x", 10001), (-6000, "", 10002)],
)  # fmt: skip
async def test_age(venue: Client, ahead_ms: int, window: str, code: int) -> None:
    """A request older than its window, or a second ahead of the venue, is 10002 and tells both clocks."""
    headers = venue.headers(b"", stamp=str(venue.clock() + ahead_ms), window=window)
    _, reply, _ = await venue.send("GET", "/v5/user/query-api", headers=headers)
    assert reply["retCode"] == code, reply
    if code == 10002:
        assert "recv_window" in reply["retMsg"]


async def test_keys(venue: Client) -> None:
    """No headers, an unknown key, a wrong signature and a key that may only read have codes of their own."""
    _, reply, _ = await venue.send("GET", "/v5/user/query-api")
    assert reply["retCode"] == 10001
    _, reply, _ = await venue.send("GET", "/v5/user/query-api", headers=venue.headers(b"", key="nobody"))
    assert reply["retCode"] == 10003
    _, reply, _ = await venue.send("GET", "/v5/user/query-api", headers=venue.headers(b"", sign="0" * 64))
    assert reply["retCode"] == 10004
    _, reply, _ = await venue.send("GET", "/v5/user/query-api", headers=venue.headers(b"", key=READER))
    assert (reply["retCode"], reply["result"]["readOnly"]) == (0, 1)
    body = json.dumps({**LINEAR, "side": "Buy", "orderType": "Market", "qty": "0.010"}).encode()
    _, reply, _ = await venue.send("POST", "/v5/order/create", data=body, headers=venue.headers(body, key=READER))
    assert reply["retCode"] == 10005


async def test_public_endpoints_ask_for_nothing(venue: Client) -> None:
    """Market data are given without a key, and with a wrong one."""
    for headers in ({}, venue.headers(b"", key="nobody")):
        _, reply, _ = await venue.send("GET", "/v5/market/time", headers=headers)
        assert reply["retCode"] == 0


@pytest.mark.parametrize("body", [b"[]", b"7", b'"x"', b"null", b"{", b"\xff", b"{" * 5000])
async def test_bodies_that_are_no_objects(venue: Client, body: bytes) -> None:
    """A correctly signed body that is not a JSON object is 10001."""
    _, reply, _ = await venue.send("POST", "/v5/order/create", data=body, headers=venue.headers(body))
    assert reply["retCode"] == 10001


async def test_unknown_paths(venue: Client) -> None:
    """A path nobody knows, or with another method, is a 404 in the venue's form."""
    for method, path in (("GET", "/v5/order/none"), ("GET", "/v5/order/create"), ("POST", "/")):
        status, reply, _ = await venue.send(method, path)
        assert (status, reply["retCode"]) == (404, 404)
