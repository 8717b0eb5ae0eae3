"""The simulated markets: the same for one seed, alive enough to trade with, cheap enough to run for weeks."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.types import OrderEvent, Side
from simvenue.market.runner import MarketRunner
from simvenue.market.synthetic import SyntheticMarket
from simvenue.venues.binance_futures.instruments import INSTRUMENTS
from tests.unit.simvenue.room import SYMBOL, Room, play, quote_around

if TYPE_CHECKING:
    from pathlib import Path

BTC, ETH = INSTRUMENTS["BTCUSDT"], INSTRUMENTS["ETHUSDT"]


class TestSynthetic:
    """The made-up market."""

    def test_same_seed_same_market(self, tmp_path: Path) -> None:
        """Two runs with one seed give byte-equal events; another seed gives others."""

        def log(seed: int, name: str) -> bytes:
            room = Room(tmp_path / name)
            try:
                play(room, SyntheticMarket(BTC, seed), 60)
                return "\n".join(map(repr, room.events)).encode()
            finally:
                room.ledger.close()

        first = log(7, "first")
        assert len(first) > 100_000
        assert log(7, "second") == first
        assert log(8, "third") != first

    def test_a_step_needs_none_before_it(self) -> None:
        """A step is a function of seed, symbol and number: jumping there gives what walking there gives."""
        walked = SyntheticMarket(BTC, 7)
        steps = [walked.advance() for _ in range(200)]
        jumped = SyntheticMarket(BTC, 7)
        jumped.restore({"step": 199, "shift": "1"})
        assert jumped.advance() == steps[-1]

    def test_symbols_move_on_their_own(self) -> None:
        """Two symbols of one seed do not move together."""
        bitcoin, ether = SyntheticMarket(BTC, 7), SyntheticMarket(ETH, 7)
        moves = [(bitcoin.advance().reference, ether.advance().reference) for _ in range(200)]
        rises = [(b[0] > a[0], b[1] > a[1]) for a, b in zip(moves, moves[10:], strict=False)]
        together = sum(one is other for one, other in rises) / len(rises)
        assert 0.2 < together < 0.8

    @pytest.mark.parametrize("seed", [7, 42])
    @pytest.mark.parametrize("basis_points", ["1", "4"])
    def test_a_quoting_strategy_is_filled_on_both_sides(self, room: Room, seed: int, basis_points: str) -> None:
        """Quotes of 0.01 BTC near the middle, renewed every five seconds, trade on both sides, partly and wholly."""
        market = SyntheticMarket(BTC, seed)
        room.exchange.step_market(SYMBOL, market.quote())
        seconds_to_fill: dict[Side, list[int]] = {Side.BUY: [], Side.SELL: []}
        waiting_since = dict.fromkeys(Side, room.now_ms)
        seen = 0
        partly = False
        for _ in range(36):
            quote_around(room, basis_points)
            play(room, market, 5)
            for event in room.events[seen:]:
                if isinstance(event, OrderEvent) and event.fill:
                    side = event.order.side
                    partly |= event.order.status == "PARTIALLY_FILLED"
                    seconds_to_fill[side].append(event.time_ms - waiting_since[side])
                    waiting_since[side] = event.time_ms
            seen = len(room.events)
        for waits in seconds_to_fill.values():
            assert sum(waits) / len(waits) < 10_000
        assert partly or basis_points == "4"

    def test_books_stay_full_and_ordered(self, room: Room) -> None:
        """After every step both sides have depth and the best bid is below the best ask."""
        market = SyntheticMarket(BTC, 3)
        for _ in range(1000):
            room.exchange.step_market(SYMBOL, market.advance())
            _, bids, asks = room.exchange.depth(SYMBOL, 100)
            assert bids[0][0] < asks[0][0]
            assert min(len(bids), len(asks)) >= 20

    def test_costs_no_memory_and_no_ledger(self, room: Room) -> None:
        """Thousands of steps leave bounded state and nothing in the ledger."""
        room.exchange.subscribe(lambda _event: room.events.clear())
        market = SyntheticMarket(BTC, 3)
        for _ in range(4000):
            room.now_ms += 100
            room.exchange.step_market(SYMBOL, market.advance())
        _, bids, asks = room.exchange.depth(SYMBOL, 10_000)
        assert len(bids) + len(asks) < 200
        assert len(room.exchange.recent_trades(SYMBOL, 10_000)) == 1000
        assert len(room.exchange.bars(SYMBOL, None, None, 10_000)) <= 1501
        assert all(room.exchange.all_orders(name) == [] for name in "abc")


class TestRunner:
    """Where the markets are, over restarts."""

    def test_goes_on_where_it_was(self, room: Room) -> None:
        """After a restart the price is where it was saved, not where it began."""
        market = SyntheticMarket(BTC, 7)
        runner = MarketRunner(room.exchange, room.ledger, [market], speed=1)
        for _ in range(5000):
            market.advance()
        room.exchange.step_market(SYMBOL, market.quote())
        runner.save()
        price = room.exchange.mark_price(SYMBOL)
        assert price != SyntheticMarket(BTC, 7).quote().reference
        room.reopen()
        MarketRunner(room.exchange, room.ledger, [SyntheticMarket(BTC, 7)], speed=1)
        assert room.exchange.mark_price(SYMBOL) == price

    def test_another_market_begins_at_its_beginning(self, room: Room) -> None:
        """A position saved by another seed is not taken up."""
        market = SyntheticMarket(BTC, 7, step=500)
        MarketRunner(room.exchange, room.ledger, [market], speed=1)
        room.reopen()
        other = SyntheticMarket(BTC, 8)
        MarketRunner(room.exchange, room.ledger, [other], speed=1)
        assert other.step == 0

    def test_crossed_customers_are_filled_at_a_restart(self, room: Room) -> None:
        """A resting order that the market has meanwhile passed is filled at its own price, and no book is crossed."""
        order = room.order("a", "BUY", "0.01", "61000")
        room.reopen()
        MarketRunner(room.exchange, room.ledger, [SyntheticMarket(BTC, 7)], speed=1)
        assert (room.look(order).status, room.look(order).average_price) == ("FILLED", Decimal(61000))
        top = room.exchange.top(SYMBOL)
        assert top.bid < top.ask

    def test_shift_moves_for_good(self, room: Room) -> None:
        """A shift moves price and ladder at once, fills whom it passes, and survives a restart."""
        market = SyntheticMarket(BTC, 7)
        runner = MarketRunner(room.exchange, room.ledger, [market], speed=1)
        before = room.exchange.mark_price(SYMBOL)
        order = room.order("a", "BUY", "0.01", "59000")
        price = runner.shift(SYMBOL, Decimal(-5))
        assert abs(price - before * Decimal("0.95")) <= BTC.tick_size
        assert room.look(order).status == "FILLED"
        room.reopen()
        MarketRunner(room.exchange, room.ledger, [SyntheticMarket(BTC, 7)], speed=1)
        assert room.exchange.mark_price(SYMBOL) == price

    @pytest.mark.parametrize("percent", ["-99.5", "1000000"])
    def test_shift_out_of_range_changes_nothing(self, room: Room, percent: str) -> None:
        """A shift out of the instrument's range is refused and the market stays."""
        runner = MarketRunner(room.exchange, room.ledger, [SyntheticMarket(BTC, 7)], speed=1)
        before = room.exchange.depth(SYMBOL, 5)
        with pytest.raises(ValueError, match=r"out of 556\.80 to 4529764"):
            runner.shift(SYMBOL, Decimal(percent))
        assert room.exchange.depth(SYMBOL, 5) == before


class TestShocks:
    """Quotes that are widened or thinned for a while, and the pace."""

    async def test_widened_quotes_come_back(self, room: Room) -> None:
        """A spread is as many times wider as told, prices on the tick, and as before when the time is over."""
        runner = MarketRunner(room.exchange, room.ledger, [SyntheticMarket(BTC, 7)], speed=1)
        before = room.exchange.depth(SYMBOL, 5)[1:]
        runner.widen(SYMBOL, Decimal(10), 0.05)
        top = room.exchange.top(SYMBOL)
        spread = before[1][0][0] - before[0][0][0]
        assert abs((top.ask - top.bid) - 10 * spread) <= 2 * BTC.tick_size
        assert top.bid % BTC.tick_size == top.ask % BTC.tick_size == 0
        assert runner.shocks() == {SYMBOL: ["widened"]}
        await asyncio.sleep(0.1)
        assert room.exchange.depth(SYMBOL, 5)[1:] == before
        assert runner.shocks() == {}

    async def test_thin_quotes_hold_a_share(self, room: Room) -> None:
        """A thin book holds the told share of every level, a customer's order all of it."""
        runner = MarketRunner(room.exchange, room.ledger, [SyntheticMarket(BTC, 7)], speed=1)
        before = dict(room.exchange.depth(SYMBOL, 100)[1])
        room.order("a", "BUY", "3", "58000")
        runner.thin(SYMBOL, Decimal("0.1"), 60)
        after = dict(room.exchange.depth(SYMBOL, 100)[1])
        assert after.pop(Decimal("58000.0")) >= 3
        for price, quantity in after.items():
            assert (
                max(BTC.step_size, before[price] / 10 - BTC.step_size)
                <= quantity
                <= max(BTC.step_size, before[price] / 10)
            )

    async def test_both_at_once_and_the_later_one_wins(self, room: Room) -> None:
        """Shocks of two kinds add up; of one kind the later replaces the earlier and ends at its own time."""
        runner = MarketRunner(room.exchange, room.ledger, [SyntheticMarket(BTC, 7)], speed=1)
        runner.widen(SYMBOL, Decimal(5), 0.02)
        runner.widen(SYMBOL, Decimal(50), 60)
        runner.thin(SYMBOL, Decimal("0.5"), 60)
        await asyncio.sleep(0.05)
        assert runner.shocks() == {SYMBOL: ["thinned", "widened"]}
        top = room.exchange.top(SYMBOL)
        assert top.ask - top.bid > 30

    @pytest.mark.parametrize(
        ("factor", "seconds", "problem"),
        [("0.5", 1, "not between 1 and 1000"), ("2", 0, "0 seconds is not above 0"), ("NaN", 1, "factor NaN")],
    )
    def test_refuses_what_would_cross_or_never_end(self, room: Room, factor: str, seconds: float, problem: str) -> None:
        """A factor below 1 and a time of nothing are refused and the book stays."""
        runner = MarketRunner(room.exchange, room.ledger, [SyntheticMarket(BTC, 7)], speed=1)
        before = room.exchange.depth(SYMBOL, 5)
        with pytest.raises(ValueError, match=problem):
            runner.widen(SYMBOL, Decimal(factor), seconds)
        assert room.exchange.depth(SYMBOL, 5) == before

    async def test_pace_changes_while_it_runs(self, room: Room) -> None:
        """A market that is told to go fifty times faster makes many times the steps from then on."""
        market = SyntheticMarket(BTC, 7)
        runner = MarketRunner(room.exchange, room.ledger, [market], speed=1)
        running = asyncio.create_task(runner.run())
        await asyncio.sleep(0.35)
        slow = market.step
        runner.set_speed(50)
        await asyncio.sleep(0.5)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        assert 2 <= slow <= 4
        assert market.step - slow > 50
        with pytest.raises(ValueError, match="not above 0 and at most 1000"):
            runner.set_speed(0)


def test_market_leaves_pythons_random_state_alone() -> None:
    """The market draws from its own generators, so that nothing else's randomness moves it or is moved."""
    random.seed(1)
    state = random.getstate()
    SyntheticMarket(BTC, 7).advance()
    assert random.getstate() == state
