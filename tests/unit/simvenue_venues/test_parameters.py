"""Request parameters: what is read and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simvenue.venues.binance.errors import VenueError
from simvenue.venues.binance.parameters import Parameters


def _code(payload: str, method: str, *names: str) -> int:
    with pytest.raises(VenueError) as caught:
        getattr(Parameters.parse(payload), method)(*names)
    return caught.value.code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ("a=1&a=2", -1101),
        ("a=%00", -1100),
        ("a=%ED%A0%80", -1100),
        ("a=%FF", -1100),
        ("a=%C3%A9", -1100),
        ("&".join(f"a{i}=1" for i in range(101)), -1100),
    ],
)
def test_a_query_that_cannot_be_meant_is_refused(payload: str, code: int) -> None:
    """Repeated names, control characters, broken encodings and floods get the venue's code."""
    with pytest.raises(VenueError) as caught:
        Parameters.parse(payload)
    assert caught.value.code == code


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e5", "-1", "+1", "1.", ".5", "1,5", "9" * 21, "\u0661"])
def test_only_plain_decimals_are_numbers(value: str) -> None:
    """Signs, exponents, specials and foreign digits are no prices."""
    with pytest.raises(VenueError) as caught:
        Parameters({"price": value}).decimal("price")
    assert caught.value.code == -1100


@pytest.mark.parametrize("value", ["9223372036854775808", "-1", "1.0", "0x1"])
def test_integers_fit_the_ledger(value: str) -> None:
    """A number that no database column holds is refused at the door."""
    assert _code(f"orderId={value}", "integer", "orderId") == -1100


def test_values_are_read_by_type() -> None:
    """Texts, numbers and both spellings of a truth value are understood."""
    parameters = Parameters.parse("s=x&i=7&d=1.50&t=True&f=false&empty=")
    assert parameters.text("s") == "x"
    assert parameters.integer("i") == 7
    assert parameters.decimal("d") == Decimal("1.50")
    assert parameters.boolean("t")
    assert not parameters.boolean("f")
    assert parameters.optional_text("empty") is None
    assert parameters.limit(default=500, maximum=1000) == 500


@pytest.mark.parametrize(("payload", "code"), [("limit=0", -1130), ("limit=1001", -1130), ("limit=x", -1100)])
def test_a_limit_outside_its_range_is_refused(payload: str, code: int) -> None:
    """A list request asks for at least one row and at most the venue's maximum."""
    with pytest.raises(VenueError) as caught:
        Parameters.parse(payload).limit(default=500, maximum=1000)
    assert caught.value.code == code


def test_what_is_mandatory_is_named() -> None:
    """The refusal of an absent or empty parameter names it."""
    for payload in ("", "symbol="):
        with pytest.raises(VenueError, match="'symbol'") as caught:
            Parameters.parse(payload).text("symbol")
        assert caught.value.code == -1102


def test_a_truth_value_is_true_or_false() -> None:
    """Other words are refused."""
    assert _code("reduceOnly=yes", "boolean", "reduceOnly") == -1130
