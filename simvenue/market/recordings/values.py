"""Single values of recordings: numbers, times and flags in all the spellings venues use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from simvenue.exchange.types import ZERO, Side

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_MOST_DIGITS = 30  # beyond them arithmetic itself would fail
_SIDES = {"buy": Side.BUY, "sell": Side.SELL}
# Venues have changed their unit over the years; the size of the number tells which it is.
_UNITS = ((10**11, Decimal(1000)), (10**14, Decimal(1)), (10**17, Decimal("0.001")), (10**20, Decimal("0.000001")))


def number(value: Any) -> Decimal:  # noqa: ANN401 - a cell of any file
    """Read a number of a size that occurs.

    Raises:
        ValueError: it is none.
    """
    try:
        read = Decimal(str(value).strip())
    except InvalidOperation:
        read = None
    if read is None or not read.is_finite() or abs(read.adjusted()) > _MOST_DIGITS:
        raise ValueError(f"{value!r} is not a number")
    return read


def positive(value: Any) -> Decimal:  # noqa: ANN401 - as above
    """Read a number above 0.

    Raises:
        ValueError: it is none.
    """
    read = number(value)
    if read <= ZERO:
        raise ValueError(f"{value!r} is not above 0")
    return read


def amount(value: Any) -> Decimal:  # noqa: ANN401 - as above
    """Read a number that is not below 0.

    Raises:
        ValueError: it is none.
    """
    read = number(value)
    if read < ZERO:
        raise ValueError(f"{value!r} is below 0")
    return read


def time_ms(value: Any) -> int:  # noqa: ANN401 - as above
    """Read a time as milliseconds since the epoch: seconds to nanoseconds, ISO 8601 (UTC without a zone), datetimes.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, datetime):
        return _since_epoch(value)
    try:
        read = number(value)
    except ValueError:
        try:
            return _since_epoch(datetime.fromisoformat(str(value).strip()))
        except ValueError:
            raise ValueError(f"{value!r} is not a time") from None
    for limit, milliseconds in _UNITS:
        if ZERO <= read < limit:
            return int(read * milliseconds)
    raise ValueError(f"{value!r} is not a time")


def flag(value: Any) -> bool:  # noqa: ANN401 - as above
    """Read a yes or no.

    Raises:
        ValueError: it is neither.
    """
    read = _FLAGS.get(str(value).strip().lower())
    if read is None:
        raise ValueError(f"{value!r} is neither true nor false")
    return read


def side(value: Any) -> Side:  # noqa: ANN401 - as above
    """Read buy or sell.

    Raises:
        ValueError: it is neither.
    """
    read = _SIDES.get(str(value).strip().lower())
    if read is None:
        raise ValueError(f"{value!r} is neither buy nor sell")
    return read


def aggressor(buyer_is_maker: Any) -> Side:  # noqa: ANN401 - as above
    """Turn Binance's flag into the side that took."""
    return Side.SELL if flag(buyer_is_maker) else Side.BUY


def _since_epoch(moment: datetime) -> int:
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND
