"""Which fill a position lacks: the last of all, and none that belongs to a position that was closed since."""

from __future__ import annotations

from types import SimpleNamespace

from noderun.engine.guards.torn_positions import lacks, last_heard


def fill(trade: str, *, heard: int, happened: int) -> SimpleNamespace:
    """Returns a fill by this host's time and the venue's."""
    return SimpleNamespace(trade_id=trade, ts_init=heard, ts_event=happened)


def position(*fills: SimpleNamespace) -> SimpleNamespace:
    """Returns a position with these fills, in the order in which they were applied."""
    return SimpleNamespace(
        trade_ids=[one.trade_id for one in fills], last_event=fills[-1], ts_last=max(one.ts_event for one in fills)
    )


FIRST, SECOND, THIRD = (fill(str(n), heard=n * 100, happened=n * 100 - 50) for n in (1, 2, 3))


def test_last_fill_of_all_can_be_torn() -> None:
    """A fill that came after everything its position knows, and after which nothing came, is lacking."""
    assert lacks(position(FIRST, SECOND), THIRD, 0, 300)
    assert not lacks(position(FIRST, SECOND, THIRD), THIRD, 0, 300)


def test_fill_of_an_earlier_position_is_not_lacking() -> None:
    """A position that was closed and opened again does not get the fills of its former life."""
    assert not lacks(position(THIRD), FIRST, 0, 300)
    assert not lacks(position(THIRD), SECOND, 0, 300)


def test_fills_of_one_moment_at_the_venue_are_told_apart() -> None:
    """Of two fills with one time at the venue, the first closed a position and the second opened the present one."""
    closing, opening = fill("a", heard=401, happened=400), fill("b", heard=402, happened=400)
    assert not lacks(position(opening), closing, 0, 402)


def test_fill_that_was_heard_late_does_not_bring_back_earlier_ones() -> None:
    """After a fill from long ago was found by a check, the fills between are still those of a closed position."""
    late = fill("late", heard=900, happened=50)
    assert not lacks(position(THIRD, late), SECOND, 0, 900)
    older = SimpleNamespace(trade_ids=["late"], last_event=late, ts_last=50)
    assert not lacks(older, SECOND, 0, 900)


def test_position_that_is_gone_lacks_what_cannot_have_been_purged() -> None:
    """Without its position a young fill is lacking; an old one was purged with it."""
    assert lacks(None, SECOND, 150, 300)
    assert not lacks(None, FIRST, 150, 300)


def test_fill_of_a_wrong_hour_is_not_the_last() -> None:
    """What was heard while this host's clock was an hour ahead does not pass for later than the fill that is torn."""
    assert last_heard([100, 300, 3900], now=400) == 300
    assert last_heard([], now=400) == 0
