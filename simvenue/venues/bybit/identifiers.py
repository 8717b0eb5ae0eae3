"""Order and execution ids as the venue prints them: UUIDs in linear, long numbers in spot; both read back."""

from __future__ import annotations

import re
import secrets
import uuid

from simvenue.venues.bybit.instruments import Category

_ORDER, _EXECUTION = "51a70000-0000-4000-8000-", "51a70000-0000-4000-9000-"
_LINEAR = re.compile(r"51a70000-0000-4000-[89]000-([0-9a-f]{12})", re.ASCII)
_SPOT_BASE = 2_000_000_000_000_000_000
_SPOT = re.compile(r"2[0-9]{18}", re.ASCII)


def order_id(category: Category, number: int) -> str:
    """Print the exchange's order id."""
    return str(_SPOT_BASE + number) if category is Category.SPOT else f"{_ORDER}{number:012x}"


def execution_id(category: Category, number: int) -> str:
    """Print the exchange's trade id."""
    return str(_SPOT_BASE + number) if category is Category.SPOT else f"{_EXECUTION}{number:012x}"


def refused_id(category: Category) -> str:
    """Make an id for an order that the exchange never took."""
    if category is Category.SPOT:
        return str(1_000_000_000_000_000_000 + secrets.randbelow(10**17))
    return str(uuid.uuid4())


def number(text: str) -> int | None:
    """Read an id back into the exchange's number; None for ids the exchange cannot have given."""
    linear = _LINEAR.fullmatch(text)
    if linear:
        return int(linear[1], 16)
    return int(text) - _SPOT_BASE if _SPOT.fullmatch(text) else None
