"""A recorded market plays what was recorded: its trades' prices, its books' levels, at its own pace, from any start."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.types import OrderEvent, PublicTrade, Side
from simvenue.market.recordings import RecordedTrade, Recording
from simvenue.market.replay import ReplayMarket
from simvenue.market.runner import MarketRunner
from simvenue.venues.binance_futures.instruments import INSTRUMENTS
from tests.unit.simvenue.room import SYMBOL, Room, play, quote_around

if TYPE_CHECKING:
    from pathlib import Path

BTC = INSTRUMENTS["BTCUSDT"]


@pytest.fixture(scope="session")
def recorded(repository: Path) -> Path:
    """Where the real recordings are."""
    return repository.parent / "shared/data/recorded"


@pytest.fixture
def bitcoin(recorded: Path) -> Recording:
    """Two thousand real BTCUSDT trades."""
    return Recording((recorded / "btcusdt-trades.parquet",))


def test_prints_the_recorded_trades(room: Room, bitcoin: Recording) -> None:
    """With no customer around, the public trades are the recorded ones, prices on the tick, lots rounded up."""
    market = ReplayMarket(BTC, bitcoin, "hold")
    for _ in range(2001):
        room.exchange.step_market(SYMBOL, market.advance())
    prints = [(e.aggressor, e.price, e.quantity) for e in room.events if isinstance(e, PublicTrade)]
    assert len(prints) == 2001
    assert prints[:2] == [
        (Side.SELL, Decimal("39432.5"), Decimal("0.001")),
        (Side.BUY, Decimal("39439.4"), Decimal("0.005")),
    ]
    for (side, price, quantity), trade in zip(prints, bitcoin.records(), strict=True):
        assert isinstance(trade, RecordedTrade)
        assert side is trade.side
        assert abs(price - trade.price) <= BTC.tick_size / 2
        assert trade.quantity <= quantity < trade.quantity + BTC.step_size


def test_hits_customers(room: Room, bitcoin: Recording) -> None:
    """A customer that quotes around the recorded market is filled on both sides, partly and wholly."""
    market = ReplayMarket(BTC, bitcoin, "hold")
    room.exchange.step_market(SYMBOL, market.quote())
    for _ in range(23):
        quote_around(room, "1")
        play(room, market, 2)
    fills = [event.order for event in room.events if isinstance(event, OrderEvent) and event.fill]
    assert {(order.side, order.status) for order in fills} == {
        (side, status) for side in ("BUY", "SELL") for status in ("FILLED", "PARTIALLY_FILLED")
    }


def test_shows_a_recorded_book(room: Room, recorded: Path) -> None:
    """A recorded Binance book stands level for level as it was recorded, and changes with its updates."""
    market = ReplayMarket(BTC, Recording((recorded / "btcusdt-depth-snap.csv", recorded / "btcusdt-depth-update.csv")))
    room.exchange.step_market(SYMBOL, market.advance())
    _, bids, asks = room.exchange.depth(SYMBOL, 1000)
    assert bids[0] == (Decimal("20377.0"), Decimal("1.770"))
    rows = [line.split(",") for line in (recorded / "btcusdt-depth-snap.csv").read_text().splitlines()[1:]]
    assert {(Decimal(r[6]), Decimal(r[7])) for r in rows if r[4] == "b"} == set(bids)
    assert bids[0][0] < asks[0][0] < bids[0][0] + 10  # the snapshot has bids only: asks are made up beside them
    assert market.wait_ms == 1667347199939 - 1667346579146
    room.exchange.step_market(SYMBOL, market.advance())
    assert room.exchange.depth(SYMBOL, 1000)[1:] != (bids, asks)


def test_plays_bybit_books(room: Room, recorded: Path) -> None:
    """Bybit's snapshot and deltas give a book that is never crossed, and the prices they were recorded at."""
    small = INSTRUMENTS["XRPUSDT"]
    market = ReplayMarket(small, Recording((recorded / "xrpusdt-ob500.data.zip",)), "hold")
    for number in range(50):
        step = market.advance()
        assert step.bids[0][0] < step.asks[0][0], number
        assert abs(step.reference - Decimal("1.953")) < Decimal("0.01")
        room.exchange.step_market("XRPUSDT", step)
    assert len(step.bids) > 300


def test_trades_and_quotes_together(recorded: Path) -> None:
    """Two files are played in order of time; the best prices are the recorded quote's."""
    market = ReplayMarket(BTC, Recording((recorded / "btcusdt-trades.parquet", recorded / "btcusdt-quotes.parquet")))
    kinds = set()
    for _ in range(300):
        assert market.wait_ms >= 0
        step = market.advance()
        kinds.add(bool(step.takes))
        assert step.bids[0][0] < step.asks[0][0]
    assert kinds == {True, False}


def test_bars_become_prints(recorded: Path, room: Room) -> None:
    """A bar of one minute is played as its open, low and high, and close, a quarter of a minute apart."""
    market = ReplayMarket(BTC, Recording((recorded / "btc-perp-20211231-20220201_1m.csv",)))
    waits, prices = [], []
    for _ in range(4):
        waits.append(market.wait_ms)
        step = market.advance()
        prices.append(step.takes[0].limit)
        room.exchange.step_market(SYMBOL, step)
    assert waits == [0, 15_000, 15_000, 15_000]
    assert prices == [46319, 46319, 46385, 46377]


def test_loops_or_holds_at_the_end(tmp_path: Path) -> None:
    """At the end a loop begins anew after a pause; a hold keeps the last ladder without takers."""
    path = tmp_path / "three.csv"
    path.write_text(
        "timestamp,price,quantity,buyer_maker\n"
        + "".join(f"{1700000000000 + n},{40000 + n},0.1,{n % 2 == 0}\n" for n in range(3))
    )
    loop, hold = (ReplayMarket(BTC, Recording((path,)), end) for end in ("loop", "hold"))
    steps = [(loop.advance(), hold.advance()) for _ in range(3)]
    assert (loop.wait_ms, hold.wait_ms) == (1000, 1000)
    steps.append((loop.advance(), hold.advance()))
    assert steps[3][0].takes == steps[0][0].takes
    assert steps[3][1].takes == ()
    assert steps[3][1].asks == steps[2][1].asks


@pytest.mark.parametrize("files", [("btcusdt-trades.parquet",), ("btcusdt-depth-snap.csv", "btcusdt-depth-update.csv")])
def test_goes_on_where_it_was(recorded: Path, files: tuple[str, ...]) -> None:
    """A market that is restored does next what the one before would have done, book, pause and price alike."""
    paths = tuple(recorded / name for name in files)
    before = ReplayMarket(BTC, Recording(paths))
    for _ in range(len(paths)):
        before.advance()
    before.shift = Decimal("1.01")
    after = ReplayMarket(BTC, Recording(paths))
    after.restore(before.save())
    assert after.wait_ms == before.wait_ms
    assert after.quote() == before.quote()
    assert after.advance() == before.advance()


def test_a_longer_recording_is_another(tmp_path: Path, room: Room) -> None:
    """A saved place is not taken up in a file of the same name that has changed."""
    path = tmp_path / "t.csv"
    text = "timestamp,price,quantity,buyer_maker\n" + "".join(f"{n},40000,0.1,true\n" for n in range(1, 9))
    path.write_text(text)
    market = ReplayMarket(BTC, Recording((path,)))
    for _ in range(5):
        market.advance()
    MarketRunner(room.exchange, room.ledger, [market], speed=1).save()
    room.reopen()
    path.write_text(text + "9,40000,0.1,true\n")
    other = ReplayMarket(BTC, Recording((path,)))
    MarketRunner(room.exchange, room.ledger, [other], speed=1)
    assert other.offset == 0


def test_shift_moves_a_recording(bitcoin: Recording) -> None:
    """A shifted recording plays on around the shifted price."""
    market = ReplayMarket(BTC, bitcoin)
    market.advance()
    market.shift = Decimal("1.5")
    assert abs(market.advance().reference - Decimal("39439.44") * Decimal("1.5")) <= BTC.tick_size


def test_same_recording_same_events(tmp_path: Path, bitcoin: Recording) -> None:
    """Two runs of one recording give byte-equal events."""

    def log(name: str) -> str:
        room = Room(tmp_path / name)
        try:
            market = ReplayMarket(BTC, bitcoin)
            for _ in range(500):
                room.exchange.step_market(SYMBOL, market.advance())
            return "\n".join(map(repr, room.events))
        finally:
            room.ledger.close()

    assert log("first") == log("second")


def test_levels_that_share_a_tick_are_one(tmp_path: Path) -> None:
    """A book finer than the instrument's tick is joined on it: bids down, asks up, quantities added, not crossed."""
    path = tmp_path / "fine.data"
    path.write_text(
        '{"type":"snapshot","ts":1700000000000,"data":{"b":[["40000.06","1"],["40000.01","2"],["39999","1"]],'
        '"a":[["40000.07","1.0001"],["40000.11","1"],["40000.15","1"]]}}\n'
    )
    step = ReplayMarket(BTC, Recording((path,))).advance()
    assert step.bids == ((Decimal("40000.0"), Decimal(3)), (Decimal(39999), Decimal(1)))
    assert step.asks == ((Decimal("40000.1"), Decimal("1.001")), (Decimal("40000.2"), Decimal(2)))
