"""Diff depth gathers changes without losing one."""

from __future__ import annotations

from decimal import Decimal

from simvenue.exchange.types import BookChange
from simvenue.venues.binance.depth_feed import DepthFeed

ONE, TWO, THREE, GONE = Decimal(1), Decimal(2), Decimal(3), Decimal(0)


def _change(first: int, last: int, *, bid: Decimal, quantity: Decimal) -> BookChange:
    return BookChange(
        symbol="BTCUSDT",
        bids=((bid, quantity),),
        asks=(),
        first_update_id=first,
        last_update_id=last,
        previous_update_id=first - 1,
        time_ms=last,
    )


def test_changes_between_two_ticks_become_one_diff() -> None:
    """The diff spans the ids of all its changes and holds each level's last quantity."""
    feed = DepthFeed()
    feed.add("s", _change(5, 6, bid=ONE, quantity=TWO))
    feed.add("s", _change(7, 7, bid=TWO, quantity=TWO))
    feed.add("s", _change(8, 9, bid=ONE, quantity=GONE))
    diff = feed.take("s")
    assert diff is not None
    assert (diff.first, diff.last, diff.previous, diff.time_ms) == (5, 9, 4, 9)
    assert diff.bids == {ONE: GONE, TWO: TWO}


def test_a_taken_diff_is_gone_and_the_next_continues_it() -> None:
    """After a tick nothing waits, and the next diff's previous id is the last one sent."""
    feed = DepthFeed()
    feed.add("s", _change(5, 6, bid=ONE, quantity=TWO))
    feed.take("s")
    assert feed.take("s") is None
    feed.add("s", _change(7, 7, bid=ONE, quantity=THREE))
    diff = feed.take("s")
    assert diff is not None
    assert (diff.previous, diff.bids) == (6, {ONE: THREE})
