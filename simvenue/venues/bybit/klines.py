"""Bars of the venue's intervals, put together from the exchange's one-minute bars."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simvenue.exchange.types import Bar

MINUTE_MS = 60_000
DAY_MINUTES = 1440
INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")


def bounds(interval: str, time_ms: int) -> tuple[int, int]:
    """Give the first and the last millisecond of the interval that a time is in.

    Minutes and days are counted from 1970, weeks begin on Monday, months on their first day, all in UTC.
    """
    day = datetime.fromtimestamp(time_ms / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if interval == "W":
        start = day - timedelta(days=day.weekday())
        return _ms(start), _ms(start + timedelta(days=7)) - 1
    if interval == "M":
        start = day.replace(day=1)
        return _ms(start), _ms((start + timedelta(days=32)).replace(day=1)) - 1
    span = (DAY_MINUTES if interval == "D" else int(interval)) * MINUTE_MS
    open_ms = time_ms // span * span
    return open_ms, open_ms + span - 1


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def merge(bars: Iterable[Bar], interval: str) -> list[Bar]:
    """Give one bar for each interval that holds any, oldest first."""
    groups = groupby(bars, key=lambda bar: bounds(interval, bar.open_ms))
    return [_join(interval, *edges, list(part)) for edges, part in groups]


def _join(interval: str, open_ms: int, close_ms: int, part: list[Bar]) -> Bar:
    return replace(
        part[0],
        interval=interval,
        open_ms=open_ms,
        close_ms=close_ms,
        high=max(bar.high for bar in part),
        low=min(bar.low for bar in part),
        close=part[-1].close,
        volume=sum((bar.volume for bar in part), ZERO),
        quote_volume=sum((bar.quote_volume for bar in part), ZERO),
        trades=sum(bar.trades for bar in part),
        closed=part[-1].closed and part[-1].close_ms == close_ms,
    )
