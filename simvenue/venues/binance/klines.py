"""Bars of several minutes, put together from the exchange's one-minute bars."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simvenue.exchange.types import Bar

MINUTE_MS = 60_000
INTERVAL_MINUTES = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "2h": 120,
    "4h": 240,
    "6h": 360,
    "8h": 480,
    "12h": 720,
    "1d": 1440,
}


def merge(bars: Iterable[Bar], interval: str) -> list[Bar]:
    """One bar for each interval that holds any; opening times are multiples of the interval since 1970."""
    span = INTERVAL_MINUTES[interval] * MINUTE_MS
    if span == MINUTE_MS:
        return list(bars)
    parts = groupby(bars, key=lambda bar: bar.open_ms // span)
    return [_join(interval, start * span, span, list(part)) for start, part in parts]


def _join(interval: str, open_ms: int, span: int, part: list[Bar]) -> Bar:
    traded = [bar for bar in part if bar.trades]
    return replace(
        part[0],
        interval=interval,
        open_ms=open_ms,
        close_ms=open_ms + span - 1,
        high=max(bar.high for bar in part),
        low=min(bar.low for bar in part),
        close=part[-1].close,
        volume=sum((bar.volume for bar in part), ZERO),
        quote_volume=sum((bar.quote_volume for bar in part), ZERO),
        trades=sum(bar.trades for bar in part),
        taker_buy_base=sum((bar.taker_buy_base for bar in part), ZERO),
        taker_buy_quote=sum((bar.taker_buy_quote for bar in part), ZERO),
        first_trade_id=traded[0].first_trade_id if traded else -1,
        last_trade_id=traded[-1].last_trade_id if traded else -1,
        closed=part[-1].closed and part[-1].close_ms == open_ms + span - 1,
    )
