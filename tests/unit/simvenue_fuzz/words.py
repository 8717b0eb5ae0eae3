"""What to send: requests that nearly make sense, in the venue's own vocabulary, and plain rubbish."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

import simvenue.venues
from simvenue.venues.catalogue import VENUES
from tests.unit.simvenue_fuzz.rig import CATCH_ALL

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from tests.unit.simvenue_fuzz.rig import Target

_LITERAL = re.compile(r'"([A-Za-z][A-Za-z0-9_.-]{0,40})"')
_NUMBERS = ["0", "-1", "1", "1000", "0.01", "59000.00", "61000.00", "1e5", "NaN", "Infinity", "9" * 30, "0.1", "5"]
_TIMES = ["1700000000000", "1900000000000", "0"]
RUBBISH: SearchStrategy[Any] = st.one_of(
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.one_of(st.text(max_size=4), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)
_LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.010", "price": "59000.00"}
_SELL = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.010"}
_SETTINGS = {
    "dualSidePosition": "true", "multiAssetsMargin": "false", "marginType": "CROSSED", "leverage": "5",
    "countdownTime": "1000", "cancelReplaceMode": "STOP_ON_FAILURE", "orderIdList": "[1]", "algoId": "1",
    "pair": "BTCUSDT", "contractType": "PERPETUAL", "interval": "1m", "period": "5m",
}  # fmt: skip
BINANCE_ORDERS: list[dict[str, Any]] = [
    _SETTINGS | _LIMIT | {"timeInForce": "GTC", "origClientOrderId": "x-1", "batchOrders": json.dumps([_LIMIT, {}])},
    _LIMIT | {"timeInForce": "GTC"},
    _LIMIT | {"timeInForce": "IOC", "price": "60500.00"},
    _SELL | {"type": "MARKET"},
    _LIMIT | {"type": "STOP_MARKET", "stopPrice": "61000.00"},
    _SELL | {"type": "STOP_LOSS_LIMIT", "stopPrice": "59000.00", "price": "58900.00", "timeInForce": "GTC"},
    _SELL | {"algoType": "CONDITIONAL", "type": "TRAILING_STOP_MARKET", "callbackRate": "1"},
    {"symbol": "ETHUSDT", "orderId": "1", "origClientOrderId": "x-1"},
    {"symbol": "BTCUSDT", "interval": "1m", "limit": "5"},
]
_LINEAR = {"category": "linear", "symbol": "BTCUSDT", "qty": "0.010"}
_BUY = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.010", "price": "59000"}
BYBIT_ORDERS: list[dict[str, Any]] = [
    _LINEAR | _BUY | {
        "accountType": "UNIFIED", "setMarginMode": "REGULAR_MARGIN", "buyLeverage": "5", "sellLeverage": "5", "mode": 3,
        "orderId": "1", "interval": "1", "intervalTime": "5min", "positionIdx": 0,
    },
    _LINEAR | _BUY,
    _LINEAR | {"side": "Sell", "orderType": "Market"},
    _LINEAR | {"side": "Sell", "orderType": "Market", "triggerPrice": "59000", "triggerDirection": 2},
    _LINEAR | {"category": "spot", "side": "Buy", "orderType": "Market", "qty": "100", "marketUnit": "quoteCoin"},
    {"category": "spot", "symbol": "ETHUSDT", "orderId": "1"},
    {"category": "linear", "symbol": "BTCUSDT", "interval": "1", "limit": "5"},
    {"category": "linear", "request": [_BUY, _BUY | {"qty": "0", "orderId": "1"}]},
]  # fmt: skip


@cache
def vocabulary(venue: str) -> tuple[str, ...]:
    """Every word of a venue's source that stands in quotes: parameters, enumerations, streams, methods."""
    root = Path(simvenue.venues.__path__[0])
    shared = [root / "binance"] if venue.startswith("binance") else []
    files = [file for folder in (root / venue, *shared) for file in folder.rglob("*.py")]
    found = {word for file in files for word in _LITERAL.findall(file.read_text(encoding="utf-8"))}
    return tuple(sorted(found | set(VENUES[venue].instruments)))


def parameters(venue: str) -> SearchStrategy[dict[str, Any]]:
    """A request that makes sense, or nothing, with some of it replaced or left out and some added."""
    orders = BYBIT_ORDERS if venue == "bybit" else BINANCE_ORDERS
    sensible = st.sampled_from([*vocabulary(venue), *_NUMBERS, *_TIMES])
    known = st.sampled_from(sorted({name for order in orders for name in order}))
    replaced = st.dictionaries(known, st.sampled_from(sorted({str(v) for order in orders for v in order.values()})))
    strange = st.dictionaries(st.one_of(known, st.sampled_from(vocabulary(venue)), st.text(max_size=6)), RUBBISH)
    added = st.dictionaries(st.one_of(known, st.sampled_from(vocabulary(venue))), sensible, max_size=3)
    # Most of the time little is wrong, so that much is reached; sometimes everything is.
    change = st.one_of(st.just({}), replaced, added, strange)
    return st.builds(
        lambda order, changed, left_out: {
            name: value for name, value in {**order, **changed}.items() if name not in left_out
        },
        st.sampled_from([*orders, {}]),
        change,
        st.one_of(st.just(set()), st.sets(known, max_size=1)),
    )


def calls(target: Target) -> SearchStrategy[tuple[tuple[str, str], dict[str, Any]]]:
    """A route with parameters; as often one that changes something as one that asks."""
    acting = [route for route in target.routes if route[0] != "GET" and route[1] != CATCH_ALL]
    return st.tuples(st.one_of(st.sampled_from(acting), st.sampled_from(target.routes)), parameters(target.name))


def frames(venue: str) -> SearchStrategy[str]:
    """A text frame: rubbish, or an object in the envelope of the venue's sockets."""
    word = st.sampled_from(vocabulary(venue))
    topic = st.one_of(word, st.builds("{}@{}".format, word, word), st.builds("{}.{}.{}".format, word, word, word))
    arguments = st.one_of(
        parameters(venue), st.lists(st.one_of(topic, parameters(venue), RUBBISH), max_size=3), RUBBISH
    )
    envelope = st.fixed_dictionaries(
        {},
        optional={
            "id": RUBBISH, "reqId": RUBBISH, "req_id": RUBBISH, "header": RUBBISH,
            "method": st.one_of(word, RUBBISH), "op": st.one_of(word, RUBBISH),
            "params": arguments, "args": arguments,
        },
    )  # fmt: skip
    return st.one_of(st.text(max_size=60), RUBBISH.map(json.dumps), envelope.map(json.dumps))
