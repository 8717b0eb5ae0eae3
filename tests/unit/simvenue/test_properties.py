"""Whatever customers and the market do in whatever order, the books are right after every single step."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from simvenue.exchange.types import (
    BookChange,
    Fill,
    MarketStep,
    Order,
    OrderEvent,
    OrderStatus,
    PublicTrade,
    Rejection,
    Side,
    Take,
    TopOfBook,
)
from tests.support.cases import cases
from tests.unit.simvenue.room import SYMBOL, Room

if TYPE_CHECKING:
    from collections.abc import Iterable

STEP = Decimal("0.001")
PRICES = st.integers(599_950, 600_050).map(lambda ticks: str(Decimal(ticks) / 10))
LOTS = st.integers(2, 60)
QUANTITIES = LOTS.map(lambda lots: str(lots * STEP))
ACCOUNTS = st.sampled_from("abc")
SIDES = st.sampled_from(["BUY", "SELL"])


@dataclass(frozen=True)
class Submit:
    """A new order."""

    account: str
    side: str
    quantity: str
    price: str | None
    time_in_force: str
    reduce_only: bool


@dataclass(frozen=True)
class Amend:
    """A change of some open order."""

    index: int
    quantity: str
    price: str


@dataclass(frozen=True)
class Cancel:
    """The end of some open order."""

    index: int


@dataclass(frozen=True)
class Move:
    """A move of the market: middle in ticks, size of its levels in lots, and a taker."""

    ticks: int
    lots: int
    take: tuple[str, int, str] | None


@dataclass(frozen=True)
class Restart:
    """The exchange closed and opened again."""


type Act = Submit | Amend | Cancel | Move | Restart

FORCES = st.sampled_from(["GTC", "GTC", "GTC", "IOC", "FOK", "GTX"])
submits = st.builds(Submit, ACCOUNTS, SIDES, QUANTITIES, st.none() | PRICES, FORCES, st.booleans())
amends = st.builds(Amend, st.integers(0, 20), QUANTITIES, PRICES)
cancels = st.builds(Cancel, st.integers(0, 20))
moves = st.builds(Move, st.integers(599_960, 600_040), LOTS, st.none() | st.tuples(SIDES, LOTS, PRICES))
acts = st.lists(st.one_of(submits, submits, amends, cancels, moves, st.builds(Restart)), min_size=10, max_size=60)


@dataclass
class Witness:
    """What a customer who only listens knows: the book rebuilt from changes, and every fill heard of."""

    levels: dict[Side, dict[Decimal, Decimal]] = field(default_factory=lambda: {Side.BUY: {}, Side.SELL: {}})
    last_update_id: int = 0
    fills: list[Fill] = field(default_factory=list)
    trades: list[PublicTrade] = field(default_factory=list)
    top: TopOfBook | None = None

    def start(self, room: Room) -> None:
        """Take a snapshot, as a client does after it connected."""
        self.last_update_id, bids, asks = room.exchange.depth(SYMBOL, 10_000)
        self.levels = {Side.BUY: dict(bids), Side.SELL: dict(asks)}
        self.top = None

    def hear(self, events: Iterable[object]) -> None:
        """Take events in, in order."""
        for event in events:
            match event:
                case BookChange():
                    assert event.previous_update_id == self.last_update_id
                    assert event.first_update_id == self.last_update_id + 1 <= event.last_update_id
                    self.last_update_id = event.last_update_id
                    for side, changes in ((Side.BUY, event.bids), (Side.SELL, event.asks)):
                        self.levels[side].update(changes)
                        self.levels[side] = {p: q for p, q in self.levels[side].items() if q}
                case TopOfBook():
                    self.top = event
                case OrderEvent(fill=Fill() as fill):
                    self.fills.append(fill)
                case PublicTrade():
                    self.trades.append(event)
                case _:
                    pass


def act(room: Room, what: Act) -> None:
    """Do one act; a refusal is fine and must change nothing, which the checks afterwards see."""
    open_orders = _open_orders(room)
    match what:
        case Submit():
            ticket = (what.account, what.side, what.quantity, what.price, what.time_in_force)
            room.order(*ticket, reduce_only=what.reduce_only)
        case Amend() if what.index < len(open_orders):
            room.amend(open_orders[what.index], what.quantity, what.price)
        case Cancel() if what.index < len(open_orders):
            order = open_orders[what.index]
            room.exchange.cancel(order.account, SYMBOL, order_id=order.order_id)
        case Move():
            room.exchange.step_market(SYMBOL, _step(what))
        case _:
            pass


def _open_orders(room: Room) -> list[Order]:
    return [order for name in "abc" for order in room.exchange.open_orders(name)]


def _step(move: Move) -> MarketStep:
    middle, quantity = Decimal(move.ticks) / 10, move.lots * STEP
    takes: tuple[Take, ...] = ()
    if move.take:
        side, lots, limit = move.take
        takes = (Take(side=Side(side), quantity=lots * STEP, limit=Decimal(limit)),)
    bids = tuple((middle - Decimal(i) / 10, quantity) for i in range(1, 6))
    asks = tuple((middle + Decimal(i) / 10, quantity) for i in range(1, 6))
    return MarketStep(reference=middle, bids=bids, asks=asks, takes=takes)


def check_book(room: Room, witness: Witness) -> None:
    """The book is not crossed, and who followed the changes has the same one."""
    update_id, bids, asks = room.exchange.depth(SYMBOL, 10_000)
    assert not (bids and asks) or bids[0][0] < asks[0][0]
    assert (update_id, dict(bids), dict(asks)) == (
        witness.last_update_id,
        witness.levels[Side.BUY],
        witness.levels[Side.SELL],
    )
    if witness.top:
        best = (bids[0] if bids else (0, 0), asks[0] if asks else (0, 0))
        assert ((witness.top.bid, witness.top.bid_quantity), (witness.top.ask, witness.top.ask_quantity)) == best
    resting = sum((order.remaining for order in _open_orders(room)), Decimal(0))
    assert resting <= sum((q for _, q in (*bids, *asks)), Decimal(0))


def check_money(room: Room, witness: Witness) -> None:
    """Balances, positions and orders are exactly what the fills add up to, in memory and in the ledger."""
    for name in "abc":
        heard = [fill for fill in witness.fills if fill.account == name]
        assert room.exchange.fills(name, SYMBOL, limit=None) == sorted(heard, key=lambda fill: fill.trade_id)
        paid = sum((fill.realized_pnl - fill.commission for fill in heard), Decimal(0))
        assert room.exchange.balances(name) == room.ledger.balances(name) == {"USDT": 100_000 + paid}
        assert room.position(name) == sum((fill.side.sign * fill.quantity for fill in heard), Decimal(0))
        mark = room.exchange.mark_price(SYMBOL)
        earned = sum((fill.side.sign * fill.quantity * (mark - fill.price) for fill in heard), Decimal(0))
        booked = sum((fill.realized_pnl for fill in heard), Decimal(0)) + room.exchange.margin(name).unrealized
        assert abs(earned - booked) < Decimal("0.00001")
        for order in room.exchange.all_orders(name, SYMBOL, limit=None):
            of_order = [fill for fill in heard if fill.order_id == order.order_id]
            assert order.filled == sum((fill.quantity for fill in of_order), Decimal(0)) <= order.quantity
            assert order.quote_filled == sum((fill.quantity * fill.price for fill in of_order), Decimal(0))
        margin, fresh = room.exchange.margin(name), _margin_by_hand(room, name)
        assert abs(margin.position_initial + margin.order_initial - fresh) < Decimal("0.0000001")


def _margin_by_hand(room: Room, name: str) -> Decimal:
    open_orders = [order for order in room.exchange.open_orders(name) if not order.reduce_only]
    value = room.position(name) * room.exchange.mark_price(SYMBOL)
    buys, sells = (
        sum((o.remaining * (o.price or Decimal(0)) for o in open_orders if o.side is side), Decimal(0)) for side in Side
    )
    return max(abs(value + buys), abs(value - sells)) / 20


def check_trades(witness: Witness) -> None:
    """Every public trade has two sides; the customers' sides have a fill each of the same price and quantity."""
    fills = {(fill.trade_id, fill.order_id): fill for fill in witness.fills}
    assert len(fills) == len(witness.fills)
    sides = {(t.trade_id, o): t for t in witness.trades for o in (t.buyer_order_id, t.seller_order_id)}
    assert len(sides) == 2 * len(witness.trades)
    for key, fill in fills.items():
        trade = sides[key]
        assert (trade.price, trade.quantity) == (fill.price, fill.quantity)
        assert fill.order_id == (trade.buyer_order_id if fill.side is Side.BUY else trade.seller_order_id)
        assert fill.is_maker == (fill.side is not trade.aggressor)


@cases(usual=50)
@given(acts)
def test_books_are_right_after_every_step(steps: list[Act]) -> None:
    """No crossed book, two sides to every trade, balances and positions equal to the fills, also over restarts."""
    with tempfile.TemporaryDirectory() as directory:
        room = Room(Path(directory) / "ledger.sqlite")
        witness = Witness()
        witness.start(room)
        try:
            for what in steps:
                del room.events[:]
                held = {name: room.position(name) for name in "abc"}
                if isinstance(what, Restart):
                    before = _open_orders(room)
                    room.reopen()
                    assert _open_orders(room) == before
                    witness.start(room)
                try:
                    act(room, what)
                except Rejection:
                    assert room.events == []
                room.now_ms += 7
                witness.hear(room.events)
                check_book(room, witness)
                check_money(room, witness)
                check_trades(witness)
                assert [room.exchange.audit(name) for name in "abc"] == [[], [], []]
                if isinstance(what, Submit) and what.reduce_only:
                    _check_reduced(room, what.account, held)
        finally:
            room.ledger.close()


def _check_reduced(room: Room, name: str, held: dict[str, Decimal]) -> None:
    now = room.position(name)
    assert abs(now) <= abs(held[name])
    assert now * held[name] >= 0


@cases(usual=40)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), LOTS), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 3), LOTS), min_size=1, max_size=6),
)
def test_nobody_is_overtaken(makers: list[tuple[str, int, int]], takers: list[tuple[int, int]]) -> None:
    """Whoever is filled, nobody with a better price, or as good a price and an older order, was left waiting."""
    with tempfile.TemporaryDirectory() as directory:
        room = Room(Path(directory) / "ledger.sqlite")
        try:
            queue = [room.order(name, "SELL", str(lots * STEP), str(60_000 + level)) for name, level, lots in makers]
            for level, lots in takers:
                room.order("c", "BUY", str(lots * STEP), str(60_000 + level), "IOC")
            expected = sorted(queue, key=lambda order: (order.price or 0, order.order_id))
            states = [room.look(order).status for order in expected]
            filled = [index for index, status in enumerate(states) if status != "NEW"]
            assert filled == list(range(len(filled)))
            assert states.count(OrderStatus.PARTIALLY_FILLED) <= 1
        finally:
            room.ledger.close()
