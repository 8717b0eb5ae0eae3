"""The simulated markets: the same for one seed, alive enough to trade with, cheap enough to run for weeks."""

from __future__ import annotations

import random
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simvenue.exchange.types import OrderEvent, PublicTrade, Rejection, Side
from simvenue.market.replay import RecordingError, ReplayMarket, read_recording
from simvenue.market.runner import Market, MarketRunner
from simvenue.market.synthetic import SyntheticMarket
from simvenue.venues.binance_futures.instruments import INSTRUMENTS
from tests.unit.simvenue.room import SYMBOL, Room

if TYPE_CHECKING:
    from pathlib import Path

BTC, ETH = INSTRUMENTS["BTCUSDT"], INSTRUMENTS["ETHUSDT"]


@pytest.fixture(scope="session")
def recorded(repository: Path) -> Path:
    """Two thousand real BTCUSDT trades."""
    return repository.parent / "shared/data/recorded/btcusdt-trades.parquet"


def _play(room: Room, market: Market, seconds: float) -> None:
    end = room.now_ms + seconds * 1000
    while room.now_ms < end:
        room.now_ms += int(market.wait_ms)
        room.exchange.step_market(SYMBOL, market.advance())


def _quote_around(room: Room, basis_points: str) -> None:
    room.exchange.cancel_all("a", SYMBOL)
    top = room.exchange.top(SYMBOL)
    for side in Side:
        distance = (top.bid + top.ask) / 2 * Decimal(basis_points) / 10_000
        price = ((top.bid + top.ask) / 2 - side.sign * distance).quantize(Decimal("0.1"))
        with suppress(Rejection):  # post-only: the market may stand there already
            room.order("a", side, "0.01", str(price), "GTX")


class TestSynthetic:
    """The made-up market."""

    def test_same_seed_same_market(self, tmp_path: Path) -> None:
        """Two runs with one seed give byte-equal events; another seed gives others."""

        def log(seed: int, name: str) -> bytes:
            room = Room(tmp_path / name)
            try:
                _play(room, SyntheticMarket(BTC, seed), 60)
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
            _quote_around(room, basis_points)
            _play(room, market, 5)
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


class TestReplay:
    """The recorded market."""

    def test_recorded_trades_in_ticks_and_lots(self, recorded: Path) -> None:
        """Quantities go up to the lot, prices to the nearest tick, sides are the aggressors'."""
        trades = read_recording(recorded, BTC)
        assert len(trades) == 2001
        assert (trades[0].side, trades[0].price, trades[0].quantity) == (
            Side.SELL,
            Decimal("39432.5"),
            Decimal("0.001"),
        )
        assert (trades[1].side, trades[1].price, trades[1].quantity) == (
            Side.BUY,
            Decimal("39439.4"),
            Decimal("0.005"),
        )
        assert trades[-1].time_ms - trades[0].time_ms == 46_077

    def test_prints_the_recorded_prices(self, room: Room, recorded: Path) -> None:
        """With no customer around, the public trades are the recorded ones, price for price and lot for lot."""
        market = ReplayMarket(BTC, "r", read_recording(recorded, BTC), "hold")
        for _ in range(300):
            room.exchange.step_market(SYMBOL, market.advance())
        prints = [(e.aggressor, e.price, e.quantity) for e in room.events if isinstance(e, PublicTrade)]
        assert prints == [(trade.side, trade.price, trade.quantity) for trade in market.trades[:300]]

    def test_hits_customers(self, room: Room, recorded: Path) -> None:
        """A customer that quotes around the recorded market is filled on both sides, partly and wholly."""
        market = ReplayMarket(BTC, "r", read_recording(recorded, BTC), "hold")
        room.exchange.step_market(SYMBOL, market.quote())
        for _ in range(23):
            _quote_around(room, "1")
            _play(room, market, 2)
        fills = [event.order for event in room.events if isinstance(event, OrderEvent) and event.fill]
        assert {(order.side, order.status) for order in fills} == {
            (side, status) for side in ("BUY", "SELL") for status in ("FILLED", "PARTIALLY_FILLED")
        }

    def test_loops_or_holds_at_the_end(self, recorded: Path) -> None:
        """At the end a loop begins anew after a pause; a hold keeps the last ladder without takers."""
        trades = read_recording(recorded, BTC)[:3]
        loop, hold = ReplayMarket(BTC, "r", trades, "loop"), ReplayMarket(BTC, "r", trades, "hold")
        steps = [(loop.advance(), hold.advance()) for _ in range(4)]
        assert steps[3][0].takes == steps[0][0].takes
        assert steps[3][1].takes == ()
        assert steps[3][1].bids == steps[2][1].bids

    @pytest.mark.parametrize(
        ("column", "values", "problem"),
        [
            ("price", [0.0], "row 0: price 0.0"),
            ("buyer_maker", ["maybe"], "buyer_maker 'maybe'"),
            ("quantity", [None], "quantity None"),
            ("price", None, "with the columns timestamp, price, quantity, buyer_maker"),
        ],
    )
    def test_refuses_wrong_files(self, tmp_path: Path, column: str, values: list[object] | None, problem: str) -> None:
        """A wrong value names file and row, a missing column the columns that are needed."""
        data: dict[str, list[object]] = {
            "timestamp": [1],
            "price": [40_000.0],
            "quantity": [0.1],
            "buyer_maker": ["True"],
        }
        if values is None:
            del data[column]
        else:
            data[column] = values
        table = pa.table(data)
        index = table.schema.get_field_index("timestamp")
        table = table.set_column(index, "timestamp", table["timestamp"].cast(pa.timestamp("ms", "UTC")))
        path = tmp_path / "trades.parquet"
        pq.write_table(table, path)
        with pytest.raises(RecordingError, match=problem) as refused:
            read_recording(path, BTC)
        assert str(path) in str(refused.value)

    def test_refuses_missing_and_foreign_files(self, tmp_path: Path) -> None:
        """A missing file and one that is not parquet are told apart."""
        with pytest.raises(RecordingError, match="does not exist"):
            read_recording(tmp_path / "none.parquet", BTC)
        (tmp_path / "text.parquet").write_text("no parquet")
        with pytest.raises(RecordingError, match="cannot be read as parquet"):
            read_recording(tmp_path / "text.parquet", BTC)


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


def test_market_leaves_pythons_random_state_alone() -> None:
    """The market draws from its own generators, so that nothing else's randomness moves it or is moved."""
    random.seed(1)
    state = random.getstate()
    SyntheticMarket(BTC, 7).advance()
    assert random.getstate() == state
