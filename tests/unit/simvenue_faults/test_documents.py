"""Changing JSON by dotted paths, as poisoned messages and broken histories need it."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simvenue.faults import documents

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abo"), inner, max_size=3),
    max_leaves=12,
)
PATHS = st.lists(st.sampled_from(["a", "b", "o", "0", "1", "-1", "*", "data"]), min_size=1, max_size=4).map(".".join)


@pytest.mark.parametrize(
    ("document", "changes", "removals", "expected"),
    [
        ({"o": {"i": 1}}, {"o.i": ""}, (), {"o": {"i": ""}}),
        ({"o": {"i": 1, "c": 2}}, {}, ("o.i",), {"o": {"c": 2}}),
        ({"data": [{"x": 1}, {"x": 2}]}, {"data.1.x": 9}, (), {"data": [{"x": 1}, {"x": 9}]}),
        ({"data": [{"x": 1}, {"x": 2}]}, {"data.*.x": 9}, (), {"data": [{"x": 9}, {"x": 9}]}),
        ({"stream": "s", "data": {"p": "1"}}, {"p": "0"}, (), {"stream": "s", "data": {"p": "0"}}),
        ([{"a": 1}], {}, ("0.a",), [{}]),
        ([1, 2], {}, ("0",), [2]),
        ({"a": 1}, {"new": 5}, (), {"a": 1, "new": 5}),
        ({"a": 1}, {"no.where": 5}, ("not.there",), {"a": 1}),
    ],
)
def test_edit(document: Any, changes: dict[str, object], removals: tuple[str, ...], expected: Any) -> None:  # noqa: ANN401 - JSON
    """Values are set and removed at the path, from the message or inside its envelope; nowhere changes nothing."""
    assert documents.edit(document, changes, removals) == expected


@pytest.mark.parametrize(
    ("document", "where", "expected"),
    [
        ({"o": {"x": "TRADE"}}, {"o.x": "TRADE"}, True),
        ({"o": {"x": "NEW"}}, {"o.x": "TRADE"}, False),
        ({"data": [{"s": 1}]}, {"data.0.s": "1"}, True),
        ({"stream": "u", "data": {"e": "x"}}, {"e": "x"}, True),
        ({"a": True}, {"a": "true"}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": None}, {"a": None}, True),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, False),
        (None, {"a": 1}, False),
    ],
)
def test_holds(document: Any, where: dict[str, object], *, expected: bool) -> None:  # noqa: ANN401 - JSON
    """All values must be there; text and number are the same, truth and number are not."""
    assert documents.holds(document, where) is expected


@given(JSON, st.dictionaries(PATHS, JSON, max_size=3), st.lists(PATHS, max_size=3))
def test_nothing_makes_editing_fail(document: Any, changes: dict[str, Any], removals: list[str]) -> None:  # noqa: ANN401 - JSON
    """Whatever a venue sends and whatever a fault asks for, the result is JSON."""
    edited = documents.edit(copy.deepcopy(document), changes, removals)
    documents.dump(edited)
    documents.holds(document, changes)
    documents.dump(documents.cross(copy.deepcopy(document), 10))


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        ([1, 2], [1, 2]),
        ({"result": [1]}, [1]),
        ({"result": {"list": [3]}}, [3]),
        ({"result": {}}, None),
        ({"code": -1}, None),
        ("x", None),
    ],
)
def test_rows(document: Any, rows: list[int] | None) -> None:  # noqa: ANN401 - JSON
    """A list reply's rows are found in each venue's form, and nothing in other replies."""
    assert documents.rows(document) == rows


@pytest.mark.parametrize(
    ("row", "expected"),
    [({"time": 5}, 5), ({"createdTime": "7"}, 7), ({"execTime": "x"}, None), (3, None)],
)
def test_row_time(row: Any, expected: int | None) -> None:  # noqa: ANN401 - JSON
    """A row's time is read in each venue's form."""
    assert documents.row_time_ms(row) == expected


def test_crossing_puts_the_bid_above_the_ask() -> None:
    """Books and tickers of each venue are crossed with the same decimals as before."""
    diff = documents.cross({"e": "depthUpdate", "b": [], "a": [["100.50", "2"]]}, 10)
    assert diff["b"] == [["110.60", "2"]]
    ticker = documents.cross({"stream": "x", "data": {"b": "99.9", "B": "1", "a": "100.0", "A": "1"}}, 10)
    assert Decimal(ticker["data"]["b"]) > Decimal(ticker["data"]["a"])
    bybit = documents.cross({"topic": "orderbook.50.X", "data": {"s": "X", "b": [["1.2345", "1"]], "a": []}}, 10)
    assert bybit["data"]["b"][0] == ["1.3580", "1"]
    assert documents.cross({"data": {"b": [], "a": []}}, 10) == {"data": {"b": [], "a": []}}
