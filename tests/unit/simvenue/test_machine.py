"""Random lives of one exchange with all in it: spot, contracts, hedge mode, triggers, funding, halts, restarts."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from simvenue.exchange.contracts import FundingEvent, MarginType, PositionMode, SettingEvent
from simvenue.exchange.types import (
    BookChange,
    Execution,
    MarketStep,
    Order,
    OrderEvent,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionSide,
    PublicTrade,
    Rejection,
    RejectReason,
    Side,
    Take,
    TimeInForce,
    Trigger,
    TriggerKind,
    TriggerSource,
)
from tests.support.cases import cases
from tests.unit.simvenue.mixed import ALL, PERPETUAL, SPOT, Mixed

if TYPE_CHECKING:
    from collections.abc import Iterator

LOT = Decimal("0.001")
# Few prices and little money: orders meet, and money runs out.
TICKS = st.integers(599_960, 600_040)
LOTS = st.integers(1, 60) | st.integers(1000, 3000)
ACCOUNTS = st.sampled_from("abc")
SIDES = st.sampled_from(Side)
SYMBOLS = st.sampled_from([PERPETUAL, SPOT])
FORCES = st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, *TimeInForce])
INDEX = st.integers(0, 30)
FINAL = {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED}


def price(ticks: int) -> Decimal:
    """Make a price of both symbols."""
    return Decimal(ticks) / 10


@dataclass(frozen=True)
class Ticket:
    """An order somebody thinks of; without ``ticks`` a market order."""

    account: str
    symbol: str
    side: Side
    lots: int
    ticks: int | None
    force: TimeInForce
    reduces: bool
    long: bool
    lives: int


@dataclass(frozen=True)
class Wait:
    """What an order may wait for."""

    kind: TriggerKind
    source: TriggerSource
    ticks: int
    distance: int
    closes: bool


OFTEN_NOT = st.sampled_from([False, False, False, True])
TICKETS = st.builds(
    Ticket, ACCOUNTS, SYMBOLS, SIDES, LOTS, st.none() | TICKS, FORCES, OFTEN_NOT, st.booleans(), st.integers(1, 400)
)
TRIGGERS = st.builds(
    Wait, st.sampled_from(TriggerKind), st.sampled_from(TriggerSource), TICKS, st.integers(1, 30), OFTEN_NOT
)


class Life(RuleBasedStateMachine):
    """One exchange in debug mode, and what somebody who only listens knows of it."""

    def __init__(self) -> None:
        """Open an exchange of its own."""
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.room = Mixed(
            Path(self.directory.name) / "ledger.sqlite",
            instruments=tuple(replace(i, max_market_quantity=Decimal(5)) for i in ALL),
            conditional_locks=True,
        )
        self.orders: dict[int, Order] = {}
        self.balances = {name: self.room.exchange.balances(name) for name in "abc"}
        self.levels: defaultdict[tuple[str, Side], dict[Decimal, Decimal]] = defaultdict(dict)
        self.update_ids = {symbol: self.room.exchange.depth(symbol, 1)[0] for symbol in (PERPETUAL, SPOT)}

    def teardown(self) -> None:
        """Close it."""
        self.room.ledger.close()
        self.directory.cleanup()

    @contextmanager
    def doing(self) -> Iterator[None]:
        """Do something, which may be refused; a refusal is heard by nobody. Then time passes."""
        del self.room.events[:]
        try:
            yield
        except Rejection:
            assert [event for event in self.room.events if not _is_expiry(event)] == []
        self.hear()
        self.room.now_ms += 7

    def hear(self) -> None:
        """Take in what the exchange told."""
        for event in self.room.events:
            match event:
                case OrderEvent():
                    known = self.orders.get(event.order.order_id)
                    assert known is None or known.status not in FINAL, f"{event} after {known}"
                    self.orders[event.order.order_id] = event.order
                    self.balances[event.order.account] = dict(event.balances)
                case FundingEvent():
                    self.balances[event.payment.account] = dict(event.balances)
                case BookChange():
                    assert event.previous_update_id == self.update_ids[event.symbol]
                    self.update_ids[event.symbol] = event.last_update_id
                    for side, changes in ((Side.BUY, event.bids), (Side.SELL, event.asks)):
                        merged = {**self.levels[event.symbol, side], **dict(changes)}
                        self.levels[event.symbol, side] = {p: q for p, q in merged.items() if q}
                case PublicTrade() | SettingEvent():
                    pass

    def open_order(self, index: int) -> Order | None:
        """Choose an open order."""
        found = [order for name in "abc" for order in self.room.exchange.open_orders(name)]
        return found[index % len(found)] if found else None

    def side_of(self, account: str, symbol: str, *, long: bool) -> PositionSide:
        """Choose the position side that fits the account's mode."""
        if symbol == SPOT or self.room.exchange.position_mode(account) is PositionMode.ONE_WAY:
            return PositionSide.BOTH
        return PositionSide.LONG if long else PositionSide.SHORT

    @initialize()
    def quote(self) -> None:
        """Both markets have a ladder to begin with, and one customer is in hedge mode."""
        self.room.exchange.set_position_mode("c", PositionMode.HEDGE)
        for symbol in (PERPETUAL, SPOT):
            self.move(symbol=symbol, ticks=600_000, lots=500, take=(Side.BUY, 1))

    @rule(burst=st.lists(TICKETS, min_size=1, max_size=6))
    def order(self, burst: list[Ticket]) -> None:
        """Some people place orders."""
        for ticket in burst:
            held = self.held(ticket.account)
            with self.doing():
                self.room.exchange.submit(
                    OrderRequest(
                        account=ticket.account,
                        symbol=ticket.symbol,
                        side=ticket.side,
                        type=OrderType.MARKET if ticket.ticks is None else OrderType.LIMIT,
                        quantity=ticket.lots * LOT,
                        price=None if ticket.ticks is None else price(ticket.ticks),
                        time_in_force=ticket.force,
                        reduce_only=ticket.reduces and ticket.symbol == PERPETUAL,
                        position_side=self.side_of(ticket.account, ticket.symbol, long=ticket.long),
                        expires_ms=self.room.now_ms + ticket.lives,
                    )
                )
            fired = any(isinstance(e, OrderEvent) and e.execution is Execution.TRIGGERED for e in self.room.events)
            if ticket.reduces and ticket.symbol == PERPETUAL and not fired:
                now = self.held(ticket.account)
                assert all(abs(amount) <= abs(held.get(key, amount)) for key, amount in now.items())

    @rule(account=ACCOUNTS, side=SIDES, amount=st.integers(500, 3_000_000))
    def spend(self, account: str, side: Side, amount: int) -> None:
        """Somebody buys or sells for an amount of quote currency."""
        with self.doing():
            order = self.room.exchange.submit(
                OrderRequest(
                    account=account,
                    symbol=SPOT,
                    side=side,
                    type=OrderType.MARKET,
                    quantity=Decimal(0),
                    quote_quantity=Decimal(amount) / 10,
                )
            )
            assert order.quote_filled <= Decimal(amount) / 10

    @rule(burst=st.lists(st.tuples(TICKETS, TRIGGERS), min_size=1, max_size=4), ticks=TICKS, side=SIDES, lots=LOTS)
    def conditional(self, burst: list[tuple[Ticket, Wait]], ticks: int, side: Side, lots: int) -> None:
        """Some people place orders that wait; then the markets trade up and down, so that most of them fire."""
        exchange = self.room.exchange
        for ticket, wait in burst:
            symbol = ticket.symbol
            present = exchange.last_price(symbol) if wait.source is TriggerSource.LAST else exchange.mark_price(symbol)
            trails = wait.kind is TriggerKind.TRAILING
            closes = wait.closes and symbol == PERPETUAL and ticket.ticks is None
            trigger = Trigger(
                kind=wait.kind,
                rises=price(wait.ticks) > present,
                source=wait.source,
                price=None if trails else price(wait.ticks),
                callback_offset=Decimal(wait.distance) / 10 if trails else None,
                activation_price=price(wait.ticks) if trails and wait.distance % 2 else None,
            )
            with self.doing():
                exchange.submit(
                    OrderRequest(
                        account=ticket.account,
                        symbol=symbol,
                        side=ticket.side,
                        type=OrderType.MARKET if ticket.ticks is None else OrderType.LIMIT,
                        quantity=Decimal(0) if closes else ticket.lots * LOT,
                        price=None if ticket.ticks is None else price(ticket.ticks),
                        time_in_force=ticket.force,
                        reduce_only=ticket.reduces and symbol == PERPETUAL,
                        close_position=closes,
                        position_side=self.side_of(ticket.account, symbol, long=ticket.long),
                        expires_ms=self.room.now_ms + ticket.lives,
                        trigger=trigger,
                    )
                )

        for symbol in (PERPETUAL, SPOT):
            self.move(symbol=symbol, ticks=ticks, lots=lots, take=(side, 1))
            self.move(symbol=symbol, ticks=1_200_000 - ticks, lots=lots, take=(side.opposite, 1))

    @rule(index=INDEX, lots=st.none() | LOTS, ticks=st.none() | TICKS, trigger=st.none() | TICKS)
    def amend(self, index: int, lots: int | None, ticks: int | None, trigger: int | None) -> None:
        """Somebody changes an open order."""
        order = self.open_order(index)
        if order:
            with self.doing():
                self.room.exchange.amend(
                    order.account,
                    order.symbol,
                    order_id=order.order_id,
                    quantity=None if lots is None else lots * LOT,
                    price=None if ticks is None else price(ticks),
                    trigger_price=None if trigger is None else price(trigger),
                )

    @rule(index=INDEX)
    def shrink(self, index: int) -> None:
        """Somebody makes an open order smaller, which keeps its place."""
        order = self.open_order(index)
        if order and order.quantity > 2 * LOT:
            with self.doing():
                half = (order.filled + order.quantity) / 2 // LOT * LOT
                self.room.exchange.amend(order.account, order.symbol, order_id=order.order_id, quantity=half)

    @rule(index=INDEX, everything=st.booleans())
    def cancel(self, index: int, *, everything: bool) -> None:
        """Somebody takes an order back, or all of one symbol."""
        order = self.open_order(index)
        if order and everything:
            with self.doing():
                self.room.exchange.cancel_all(order.account, order.symbol)
            assert self.room.exchange.open_orders(order.account, order.symbol) == []
        elif order:
            with self.doing():
                self.room.exchange.cancel(order.account, order.symbol, order_id=order.order_id)
            assert self.orders[order.order_id].status in FINAL

    @rule(symbol=SYMBOLS, ticks=TICKS, lots=LOTS, take=st.none() | st.tuples(SIDES, LOTS))
    def move(self, symbol: str, ticks: int, lots: int, take: tuple[Side, int] | None) -> None:
        """The market moves."""
        middle = price(ticks)
        with self.doing():
            self.room.exchange.step_market(
                symbol,
                MarketStep(
                    reference=middle,
                    bids=tuple((middle - Decimal(i) / 10, lots * LOT) for i in range(1, 4)),
                    asks=tuple((middle + Decimal(i) / 10, lots * LOT) for i in range(1, 4)),
                    takes=(Take(side=take[0], quantity=take[1] * LOT),) if take else (),
                ),
            )

    @rule(
        account=ACCOUNTS, leverage=st.integers(1, 125), mode=st.sampled_from(PositionMode),
        margin_type=st.sampled_from(MarginType), which=st.integers(0, 2),
    )  # fmt: skip
    def setting(self, account: str, leverage: int, mode: PositionMode, margin_type: MarginType, which: int) -> None:
        """Somebody changes a setting."""
        exchange = self.room.exchange
        with self.doing():
            if which == 0:
                exchange.set_leverage(account, PERPETUAL, leverage)
            elif which == 1:
                exchange.set_position_mode(account, mode)
            else:
                exchange.set_margin_type(account, PERPETUAL, margin_type)

    @rule(rate=st.integers(-75, 75))
    def funding(self, rate: int) -> None:
        """Longs pay shorts, or the other way round."""
        with self.doing():
            self.room.exchange.settle_funding(PERPETUAL, Decimal(rate) / 10_000)

    @rule(account=ACCOUNTS)
    def liquidate(self, account: str) -> None:
        """The venue closes somebody's position."""
        with self.doing():
            self.room.exchange.liquidate(account, PERPETUAL)
            waits = {order.order_id for order in self.room.exchange.open_orders(account, PERPETUAL)}
            assert waits == set()

    @rule(symbol=SYMBOLS)
    @precondition(lambda self: not self.room.exchange.is_halted(SPOT))
    def halt(self, symbol: str) -> None:
        """A market stops; the trades and book stay as they are until it goes on."""
        with self.doing():
            self.room.exchange.halt(symbol)
            self.room.exchange.resume(symbol)

    @rule(pause_ms=st.integers(0, 200))
    def roll(self, pause_ms: int) -> None:
        """Time passes."""
        self.room.now_ms += pause_ms
        with self.doing():
            self.room.exchange.roll()
        ends = [o.expires_ms for name in "abc" for o in self.room.exchange.open_orders(name) if o.expires_ms]
        assert all(end > self.room.now_ms - 7 for end in ends)

    @rule()
    def restart(self) -> None:
        """The exchange is closed and opened again: nothing of what it said is different."""
        before = [self.memory(name) for name in "abc"]
        self.room.reopen()
        assert [self.memory(name) for name in "abc"] == before
        for symbol in (PERPETUAL, SPOT):
            self.update_ids[symbol], bids, asks = self.room.exchange.depth(symbol, 10_000)
            self.levels[symbol, Side.BUY], self.levels[symbol, Side.SELL] = dict(bids), dict(asks)

    def memory(self, name: str) -> tuple[object, ...]:
        """Give all of an account that a restart must not change."""
        exchange = self.room.exchange
        locked = {asset: amount for asset, amount in exchange.locked(name).items() if amount}
        return (
            exchange.open_orders(name),
            exchange.positions(name),
            exchange.balances(name),
            locked,
            exchange.position_mode(name),
            exchange.leverage(name, PERPETUAL),
            exchange.margin_type(name, PERPETUAL),
        )

    def held(self, name: str) -> dict[PositionSide, Decimal]:
        """Read an account's positions in the contract."""
        return {p.position_side: p.quantity for p in self.room.exchange.positions(name)}

    @invariant()
    def books_and_ledger_say_what_was_told(self) -> None:
        """Who only listened knows every order, balance and level; the ledger adds up and holds the same."""
        exchange, ledger = self.room.exchange, self.room.ledger
        for name in "abc":
            assert exchange.audit(name) == []
            assert exchange.balances(name) == ledger.balances(name) == self.balances[name]
            told = [order for order in self.orders.values() if order.account == name]
            assert sorted(told, key=lambda order: order.order_id) == [
                replace(order, trigger=self.orders[order.order_id].trigger)  # a trail's best price moves untold
                for order in exchange.all_orders(name, limit=None)
            ]
            for position in exchange.positions(name):
                sign = {PositionSide.LONG: 1, PositionSide.SHORT: -1}.get(position.position_side)
                assert sign is None or sign * position.quantity >= 0
        for symbol in (PERPETUAL, SPOT):
            _, bids, asks = exchange.depth(symbol, 10_000)
            assert (dict(bids), dict(asks)) == (self.levels[symbol, Side.BUY], self.levels[symbol, Side.SELL])
            assert not (bids and asks) or bids[0][0] < asks[0][0]


def _is_expiry(event: object) -> bool:
    # Orders whose time is over end before a command is looked at, refused or not; the book hears of it.
    if isinstance(event, OrderEvent):
        return event.execution is Execution.EXPIRED and event.reason is not RejectReason.NO_LIQUIDITY
    return not isinstance(event, PublicTrade | SettingEvent | FundingEvent)


Life.TestCase.settings = cases(usual=25, steps=30)


class TestLife(Life.TestCase):  # type: ignore[misc, valid-type]
    """Whatever happens in whatever order, books, ledger, orders and what was told stay one truth."""
