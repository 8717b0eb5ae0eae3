"""One-minute bars from trades, as they are told and as they are asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.types import Bar
from tests.unit.simvenue.room import START_MS, SYMBOL

if TYPE_CHECKING:
    from tests.unit.simvenue.room import Room

MINUTE = 60_000
FIRST_MINUTE = START_MS // MINUTE * MINUTE


def _trade(room: Room, price: str, quantity: str, *, buys: bool) -> None:
    maker, taker = ("SELL", "BUY") if buys else ("BUY", "SELL")
    room.order("a", maker, quantity, price)
    room.order("b", taker, quantity, price)


def _bars(room: Room) -> list[Bar]:
    return [event for event in room.events if isinstance(event, Bar)]


def test_a_minute_of_trades(room: Room) -> None:
    """A bar holds first, highest, lowest and last price, volumes of all and of buying takers."""
    for price, quantity, buys in (("60000", "0.01", True), ("60010", "0.02", False), ("59990", "0.03", True)):
        _trade(room, price, quantity, buys=buys)
    bar = _bars(room)[-1]
    assert (bar.open, bar.high, bar.low, bar.close) == tuple(map(Decimal, ("60000", "60010", "59990", "59990")))
    assert (bar.volume, bar.taker_buy_base, bar.trades, bar.closed) == (Decimal("0.06"), Decimal("0.04"), 3, False)
    assert (bar.open_ms, bar.close_ms) == (FIRST_MINUTE, FIRST_MINUTE + MINUTE - 1)
    assert bar.taker_buy_quote == Decimal("0.01") * 60000 + Decimal("0.03") * 59990


def test_closes_once_and_empty_minutes_repeat_the_price(room: Room) -> None:
    """Each minute closes exactly once; one without trades has the last price and no volume."""
    _trade(room, "60000", "0.01", buys=True)
    room.now_ms = FIRST_MINUTE + 2 * MINUTE + 500
    room.exchange.roll()
    room.exchange.roll()
    closed = [bar for bar in _bars(room) if bar.closed]
    assert [(bar.open_ms - FIRST_MINUTE, bar.close, bar.trades) for bar in closed] == [
        (0, Decimal(60000), 1),
        (MINUTE, Decimal(60000), 0),
    ]


def test_a_trade_closes_the_minute_before_it(room: Room) -> None:
    """The bar of the old minute is told closed before the first bar of the new one."""
    _trade(room, "60000", "0.01", buys=True)
    room.now_ms = FIRST_MINUTE + MINUTE
    _trade(room, "60020", "0.01", buys=True)
    assert [(bar.open_ms - FIRST_MINUTE, bar.open, bar.closed) for bar in _bars(room)[-2:]] == [
        (0, Decimal(60000), True),
        (MINUTE, Decimal(60020), False),
    ]


def test_are_asked_for_by_open_time(room: Room) -> None:
    """From a start the first ones come, without a start the last ones, and none past the end."""
    for minute in range(5):
        room.now_ms = FIRST_MINUTE + minute * MINUTE
        _trade(room, "60000", "0.01", buys=True)

    def opened(start: int | None, end: int | None, limit: int) -> list[int]:
        bars = room.exchange.bars(SYMBOL, start, end, limit)
        return [(bar.open_ms - FIRST_MINUTE) // MINUTE for bar in bars]

    assert opened(FIRST_MINUTE + 1, None, 2) == [1, 2]
    assert opened(None, None, 2) == [3, 4]
    assert opened(FIRST_MINUTE, FIRST_MINUTE + MINUTE, 10) == [0, 1]
    assert opened(FIRST_MINUTE + 5 * MINUTE, None, 10) == []


def test_a_long_pause_makes_up_no_more_than_is_kept(room: Room) -> None:
    """After a pause of months the made-up minutes are bounded."""
    _trade(room, "60000", "0.01", buys=True)
    room.now_ms = FIRST_MINUTE + 100_000 * MINUTE
    room.exchange.roll()
    bars = room.exchange.bars(SYMBOL, None, None, 10_000)
    assert len(bars) <= 1502
    assert bars[-1].open_ms == room.now_ms
