"""No secret and no signature survives, however it is written; words of people do."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noderun.redaction import MASK, Redactor

VALUE = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
PLACES = [
    "HTTP 400 for https://fapi.binance.com/fapi/v1/order?symbol=BTCUSDT&signature={v}&x=1",
    "error (url=http://127.0.0.1/fapi/v3/account?timestamp=1&signature={v})",
    "wss://host/ws?listenKey={v}",
    "wss://fstream.binance.com/ws/{v}",
    '{{"listenKey": "{v}"}}',
    'body {{\\"listenKey\\":\\"{v}\\"}}',
    "headers {{'X-MBX-APIKEY': '{v}'}}",
    'HeaderMap {{"x-mbx-apikey": "{v}"}}',
    "X-BAPI-SIGN: {v}",
    "('X-BAPI-API-KEY', '{v}')",
    'api_key=Some("{v}")',
    "apiSecret={v}",
    "redis://tradingnode:{v}@127.0.0.1:6379",
    '{{"op":"auth","args":["key",1700000000,"{v}"]}}',
    "signature%3D{v}",
    "password={v}",
]


@pytest.mark.parametrize("place", PLACES)
def test_values_go_by_where_they_stand(place: str) -> None:
    """A value nobody knew is gone, and the rest of the line stands."""
    clean = Redactor().text(place.format(v=VALUE))
    assert VALUE not in clean
    assert MASK in clean
    assert clean.split(MASK)[0] == place.format(v=VALUE)[: len(clean.split(MASK)[0])]


@pytest.mark.parametrize(
    "line",
    [
        "Signature for this request is not valid.",
        "BINANCE_API_SECRET: is missing; set BINANCE_API_SECRET",
        "Listen key expired",
        "Using REST listenKey mode (HMAC Futures)",
        "looking for BINANCE at http://127.0.0.1:54707",
        "{'code': -1022, 'msg': 'Signature for this request is not valid.'}",
        "OrderFilled(client_order_id=O-20261121-093545-001-000-1, last_px=50000.1 USDT)",
        "wss://fstream.binance.com/ws/btcusdt@bookTicker",
    ],
)
def test_words_of_people_stay(line: str) -> None:
    """What names a secret without holding one is left alone."""
    assert Redactor().text(line) == line


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=4, max_size=80))
def test_known_secrets_go_in_every_writing(secret: str) -> None:
    """A known secret is found plain, in JSON, in a repr and in a URL."""
    redactor = Redactor()
    redactor.learn([secret])
    for form in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe="")):
        assert redactor.text(f"before {form} after") == f"before {MASK} after"


def test_lines_of_a_pem_key_are_secrets_too() -> None:
    """A private key that is printed line by line is not readable."""
    line = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp"
    redactor = Redactor()
    redactor.learn([f"-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----\n"])
    assert line not in redactor.text(f"key {line}!")


def test_trees_are_cleaned_to_their_leaves() -> None:
    """Names and values of nested data are cleaned, numbers stay numbers."""
    redactor = Redactor()
    redactor.learn(["hidden-value"])
    assert redactor.tree({"a": ["hidden-value", 1], "hidden-value": None}) == {"a": [MASK, 1], MASK: None}
