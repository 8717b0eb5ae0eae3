"""Pages of lists that may be long: the range they cover, and rows newest first without reading them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.venues.bybit import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simvenue.venues.bybit.endpoint import Call

WEEK_MS = 7 * 86_400_000
CHUNK = 500
"""Rows that are read from the ledger at once."""


def time_range(call: Call) -> tuple[int, int]:
    """Give the range a list covers: seven days at most, the last seven when nothing is said."""
    start, end = call.parameters.optional_integer("startTime"), call.parameters.optional_integer("endTime")
    now = call.venue.clock()
    if start is None and end is None:
        return now - WEEK_MS, now + 1000
    if start is None:
        return max(0, (end or 0) - WEEK_MS), end or 0
    if end is None:
        return start, start + WEEK_MS
    if start > end:
        raise errors.parameter("startTime should not be greater than endTime")
    if end - start > WEEK_MS:
        raise errors.parameter("The time range between startTime and endTime cannot exceed 7 days")
    return start, end


def backwards[Row](
    fetch: Callable[[int], list[Row]], key: Callable[[Row], tuple[int, int]], end_ms: int, before: int | None
) -> Iterator[Row]:
    """Give rows newest first, read by chunks: a ledger may be long and a page is short.

    Args:
        fetch: Gives the last `CHUNK` rows until a time, oldest first.
        key: A row's number, which rises, and its time.
        end_ms: Where to begin.
        before: Only rows with lower numbers; None for all.
    """
    while True:
        rows = fetch(end_ms)
        fresh = [row for row in rows if before is None or key(row)[0] < before]
        yield from reversed(fresh)
        if len(rows) < CHUNK or not fresh:
            return
        before, end_ms = key(fresh[0])
