"""Hedge mode, leverage, margin type, funding, liquidation, halts, orders with an end, and what debug mode sees."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest

from simvenue.exchange.contracts import FundingEvent, MarginType, PositionMode, Setting, SettingEvent
from simvenue.exchange.exchange import ExchangeFailed
from simvenue.exchange.types import ZERO, MarketStep, OrderEvent, OrderStatus, Rejection, TimeInForce
from tests.unit.simvenue.mixed import PERPETUAL, SPOT, Mixed, stop


@pytest.fixture(autouse=True)
def quoted(mixed: Mixed) -> None:
    """The market quotes 100 on both sides of 60,000."""
    mixed.market("59999", "60001", "100")


@pytest.fixture
def hedged(mixed: Mixed) -> Mixed:
    """Account a is in hedge mode."""
    mixed.exchange.set_position_mode("a", PositionMode.HEDGE)
    return mixed


class TestHedgeMode:
    """Two positions in one contract."""

    def test_long_and_short_are_apart(self, hedged: Mixed) -> None:
        """Each side has its own quantity, entry and profit, also after a restart; fills and events name the side."""
        hedged.ask("a", "BUY", "0.3", position_side="LONG")
        hedged.ask("a", "SELL", "0.2", position_side="SHORT")
        hedged.market("60999", "61001", "100")
        hedged.ask("a", "SELL", "0.1", position_side="LONG")
        assert (hedged.held("a", "LONG"), hedged.held("a", "SHORT")) == (Decimal("0.2"), Decimal("-0.2"))
        assert [fill.position_side for fill in hedged.exchange.fills("a")] == ["LONG", "SHORT", "LONG"]
        assert hedged.exchange.fills("a")[-1].realized_pnl == Decimal("99.8")
        before = hedged.exchange.positions("a")
        assert [(p.position_side, p.entry_price) for p in before] == [
            ("LONG", Decimal(60_001)),
            ("SHORT", Decimal(59_999)),
        ]
        last = [event for event in hedged.events if isinstance(event, OrderEvent)][-1]
        assert last.position == before[0]
        hedged.reopen()
        assert hedged.exchange.positions("a") == before
        assert hedged.exchange.position_mode("a") is PositionMode.HEDGE

    def test_closing_sides_only_reduce(self, hedged: Mixed) -> None:
        """Selling LONG never goes below zero, and without a long position it is refused, whatever SHORT holds."""
        hedged.ask("a", "SELL", "0.2", position_side="SHORT")
        with pytest.raises(Rejection, match="REDUCE_ONLY"):
            hedged.ask("a", "SELL", "0.1", position_side="LONG")
        hedged.ask("a", "BUY", "0.3", position_side="LONG")
        order = hedged.ask("a", "SELL", "1", position_side="LONG")
        assert (order.filled, order.reduce_only, hedged.held("a", "LONG")) == (Decimal("0.3"), True, ZERO)
        assert hedged.held("a", "SHORT") == Decimal("-0.2")

    def test_resting_closers_expire_by_their_own_side(self, hedged: Mixed) -> None:
        """When LONG is closed its resting closers expire; those of SHORT stay."""
        hedged.ask("a", "BUY", "0.3", position_side="LONG")
        hedged.ask("a", "SELL", "0.3", position_side="SHORT")
        long = hedged.ask("a", "SELL", "0.3", "61000", position_side="LONG")
        short = hedged.ask("a", "BUY", "0.3", "59000", position_side="SHORT")
        hedged.ask("a", "SELL", "0.3", position_side="LONG")
        assert (hedged.now(long).status, hedged.now(short).status) == ("EXPIRED", "NEW")

    def test_resting_closers_trade_and_never_turn_their_side(self, hedged: Mixed) -> None:
        """Resting closers of LONG trade up to LONG and no more, whatever SHORT holds."""
        hedged.ask("a", "BUY", "0.3", position_side="LONG")
        hedged.ask("a", "SELL", "1", position_side="SHORT")
        closers = [hedged.ask("a", "SELL", "0.2", "60000.5", position_side="LONG") for _ in range(2)]
        hedged.ask("b", "BUY", "1", "60000.5", time_in_force=TimeInForce.IOC)
        assert [(hedged.now(order).status, hedged.now(order).filled) for order in closers] == [
            (OrderStatus.FILLED, Decimal("0.2")),
            (OrderStatus.EXPIRED, Decimal("0.1")),
        ]
        assert (hedged.held("a", "LONG"), hedged.held("a", "SHORT")) == (ZERO, Decimal(-1))

    def test_both_sides_bind_margin(self, hedged: Mixed) -> None:
        """LONG and SHORT do not net in the margin, and closing orders bind none."""
        hedged.ask("a", "BUY", "1", position_side="LONG")
        hedged.ask("a", "SELL", "1", position_side="SHORT")
        hedged.ask("a", "SELL", "1", "61000", position_side="LONG")
        margin = hedged.exchange.margin("a")
        assert (margin.position_initial, margin.order_initial) == (Decimal(6000), ZERO)

    def test_the_side_must_fit_the_mode(self, hedged: Mixed) -> None:
        """Hedge mode needs LONG or SHORT, one-way mode BOTH; spot is always BOTH."""
        with pytest.raises(Rejection, match="POSITION_SIDE"):
            hedged.ask("a", "BUY", "0.1")
        with pytest.raises(Rejection, match="POSITION_SIDE"):
            hedged.ask("b", "BUY", "0.1", position_side="LONG")
        assert hedged.ask("a", "BUY", "0.1", "50000", symbol=SPOT).status == "NEW"

    def test_a_stop_closes_its_own_side(self, hedged: Mixed) -> None:
        """A close-position stop of LONG closes LONG and leaves SHORT."""
        hedged.ask("a", "BUY", "0.3", position_side="LONG")
        hedged.ask("a", "SELL", "0.2", position_side="SHORT")
        trigger = stop("59500", rises=False, source="MARK")
        hedged.ask("a", "SELL", "0", position_side="LONG", trigger=trigger, close_position=True)
        hedged.market("59400", "59402", "100")
        assert (hedged.held("a", "LONG"), hedged.held("a", "SHORT")) == (ZERO, Decimal("-0.2"))

    def test_the_mode_changes_only_when_flat(self, mixed: Mixed) -> None:
        """With an open order, an untriggered one included, or a position the mode stays; spot orders do not matter."""
        mixed.ask("a", "BUY", "0.1", "50000", symbol=SPOT)
        order = mixed.ask("a", "BUY", "0.1", trigger=stop("61000", rises=True))
        for _ in range(2):
            with pytest.raises(Rejection, match="ORDERS_OR_POSITIONS_OPEN"):
                mixed.exchange.set_position_mode("a", PositionMode.HEDGE)
            if order.status == "UNTRIGGERED":
                order = mixed.exchange.cancel("a", PERPETUAL, order_id=order.order_id)
                mixed.ask("a", "BUY", "0.1")
        mixed.ask("a", "SELL", "0.1")
        mixed.exchange.set_position_mode("a", PositionMode.HEDGE)
        with pytest.raises(Rejection, match="NO_CHANGE"):
            mixed.exchange.set_position_mode("a", PositionMode.HEDGE)
        assert mixed.exchange.position_mode("b") is PositionMode.ONE_WAY


class TestLeverageAndMarginType:
    """Settings of one account in one contract."""

    def test_leverage_sets_the_margin(self, mixed: Mixed) -> None:
        """At 50 times a position binds a fiftieth; the setting survives a restart and is one account's own."""
        mixed.exchange.set_leverage("a", PERPETUAL, 50)
        mixed.ask("a", "BUY", "1")
        assert mixed.exchange.margin("a").position_initial == Decimal(1200)
        mixed.reopen()
        assert (mixed.exchange.leverage("a", PERPETUAL), mixed.exchange.leverage("b", PERPETUAL)) == (50, 20)

    @pytest.mark.parametrize("leverage", [0, -1, 126])
    def test_leverage_has_bounds(self, mixed: Mixed, leverage: int) -> None:
        """Less than 1 or more than the contract's own is refused."""
        with pytest.raises(Rejection, match="LEVERAGE"):
            mixed.exchange.set_leverage("a", PERPETUAL, leverage)

    def test_leverage_must_hold_what_is_open(self, mixed: Mixed) -> None:
        """A leverage at which the open position would need more than there is, is refused."""
        mixed.ask("a", "BUY", "10")
        with pytest.raises(Rejection, match="INSUFFICIENT_MARGIN"):
            mixed.exchange.set_leverage("a", PERPETUAL, 5)
        mixed.exchange.set_leverage("a", PERPETUAL, 10)

    def test_an_isolated_position_keeps_its_profit_to_itself(self, mixed: Mixed) -> None:
        """Unrealized profit of a crossed position can be spent, that of an isolated one cannot."""
        mixed.exchange.set_margin_type("b", PERPETUAL, MarginType.ISOLATED)
        for name in "ab":
            mixed.ask(name, "BUY", "1")
        mixed.market("60999", "61001", "100")
        crossed, isolated = mixed.exchange.margin("a"), mixed.exchange.margin("b")
        assert crossed.unrealized == isolated.unrealized == Decimal(999)
        wallet = Decimal(100_000) - Decimal("30.0005")
        assert crossed.available == wallet + 999 - 3050
        assert isolated.available == wallet - Decimal("3000.05")

    def test_margin_type_changes_only_when_flat(self, mixed: Mixed) -> None:
        """With an open position the margin type stays, and setting it to what it is, is told."""
        with pytest.raises(Rejection, match="NO_CHANGE"):
            mixed.exchange.set_margin_type("a", PERPETUAL, MarginType.CROSSED)
        mixed.ask("a", "BUY", "0.1")
        with pytest.raises(Rejection, match="ORDERS_OR_POSITIONS_OPEN"):
            mixed.exchange.set_margin_type("a", PERPETUAL, MarginType.ISOLATED)

    def test_spot_has_neither(self, mixed: Mixed) -> None:
        """Leverage and margin type of a spot symbol are refused."""
        with pytest.raises(Rejection, match="is spot"):
            mixed.exchange.set_leverage("a", SPOT, 2)
        with pytest.raises(Rejection, match="is spot"):
            mixed.exchange.set_margin_type("a", SPOT, MarginType.ISOLATED)

    def test_changes_are_told_once(self, mixed: Mixed) -> None:
        """Every change is an event; setting what is set already is none."""
        mixed.events.clear()
        for _ in range(2):
            mixed.exchange.set_leverage("a", PERPETUAL, 10)
        told = [event for event in mixed.events if isinstance(event, SettingEvent)]
        assert [(event.setting, event.symbol, event.value) for event in told] == [(Setting.LEVERAGE, PERPETUAL, "10")]


class TestFunding:
    """Payments between longs and shorts."""

    def test_longs_pay_shorts_receive(self, mixed: Mixed) -> None:
        """At a positive rate a long pays rate times value, a short receives it; both are booked and told."""
        mixed.ask("a", "BUY", "1")
        mixed.ask("b", "SELL", "2")
        before = {name: mixed.exchange.balances(name)["USDT"] for name in "abc"}
        mixed.events.clear()
        payments = mixed.exchange.settle_funding(PERPETUAL, Decimal("0.0001"))
        assert [(payment.account, payment.amount) for payment in payments] == [("a", Decimal(-6)), ("b", Decimal(12))]
        assert {name: mixed.exchange.balances(name)["USDT"] - before[name] for name in "abc"} == {
            "a": Decimal(-6),
            "b": Decimal(12),
            "c": Decimal(0),
        }
        told = [event for event in mixed.events if isinstance(event, FundingEvent)]
        assert [event.payment for event in told] == payments
        mixed.reopen()
        assert mixed.exchange.funding("a") == payments[:1]
        assert mixed.exchange.audit("a") == []

    def test_payments_cannot_be_changed_or_removed(self, mixed: Mixed) -> None:
        """The file itself refuses to change what was paid."""
        mixed.ask("a", "BUY", "1")
        mixed.exchange.settle_funding(PERPETUAL, Decimal("0.0001"))
        with closing(sqlite3.connect(mixed.path)) as writer:
            for statement in ("UPDATE funding SET amount='1'", "DELETE FROM funding"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    writer.execute(statement)

    @pytest.mark.parametrize("rate", ["NaN", "Infinity", "1.01", "-2"])
    def test_a_rate_is_a_share(self, mixed: Mixed, rate: str) -> None:
        """A rate that is no number, or more than the whole value, is an error of the caller and books nothing."""
        mixed.ask("a", "BUY", "1")
        with pytest.raises(ValueError, match="must be -1 to 1"):
            mixed.exchange.settle_funding(PERPETUAL, Decimal(rate))
        assert mixed.exchange.funding("a") == []


class TestHalt:
    """A market that stands still."""

    def test_takes_cancels_only(self, mixed: Mixed) -> None:
        """A halted market refuses orders and amendments, does not move, and takes cancels, over a restart too."""
        first, second = (mixed.ask("a", "BUY", "0.1", price) for price in ("59000", "59001"))
        mixed.exchange.halt(PERPETUAL)
        mixed.reopen()
        assert mixed.exchange.is_halted(PERPETUAL)
        with pytest.raises(Rejection, match="MARKET_CLOSED"):
            mixed.ask("a", "BUY", "0.1", "59000")
        with pytest.raises(Rejection, match="MARKET_CLOSED"):
            mixed.exchange.amend("a", PERPETUAL, order_id=second.order_id, price=Decimal(59_002))
        depth = mixed.exchange.depth(PERPETUAL, 10)
        mixed.market("50000", "50001")
        assert mixed.exchange.depth(PERPETUAL, 10) == depth
        assert mixed.exchange.cancel("a", PERPETUAL, order_id=first.order_id).status == "CANCELED"
        mixed.ask("a", "BUY", "0.1", "59000", symbol=SPOT)
        mixed.exchange.resume(PERPETUAL)
        mixed.market("50000", "50001")
        assert mixed.now(second).status == "FILLED"


class TestLiquidation:
    """The venue closes a position by force."""

    def test_cancels_and_closes(self, mixed: Mixed) -> None:
        """The account's orders in the contract go, its position is sold at market by an autoclose order."""
        mixed.ask("a", "BUY", "1")
        resting = mixed.ask("a", "BUY", "0.1", "59000")
        waiting = mixed.ask("a", "SELL", "0.1", trigger=stop("59000", rises=False))
        other = mixed.ask("a", "BUY", "0.1", "59000", symbol=SPOT)
        (closing_order,) = mixed.exchange.liquidate("a", PERPETUAL)
        assert closing_order.client_order_id == f"autoclose-{mixed.now_ms}"
        assert (closing_order.status, closing_order.side, mixed.held("a")) == ("FILLED", "SELL", ZERO)
        assert [mixed.now(order).status for order in (resting, waiting, other)] == ["CANCELED", "CANCELED", "NEW"]

    def test_closes_both_sides(self, hedged: Mixed) -> None:
        """In hedge mode LONG and SHORT are closed by one order each."""
        hedged.ask("a", "BUY", "1", position_side="LONG")
        hedged.ask("a", "SELL", "2", position_side="SHORT")
        orders = hedged.exchange.liquidate("a", PERPETUAL)
        assert [(order.position_side, order.side, order.status) for order in orders] == [
            ("LONG", "SELL", "FILLED"),
            ("SHORT", "BUY", "FILLED"),
        ]

    def test_needs_a_position_and_a_counterparty(self, mixed: Mixed) -> None:
        """Without a position, a counterparty or an open market nothing happens, to the orders either."""
        resting = mixed.ask("a", "BUY", "0.1", "59000")
        with pytest.raises(Rejection, match="REDUCE_ONLY"):
            mixed.exchange.liquidate("a", PERPETUAL)
        with pytest.raises(Rejection, match="is spot"):
            mixed.exchange.liquidate("a", SPOT)
        mixed.exchange.cancel("a", PERPETUAL, order_id=resting.order_id)
        mixed.ask("b", "BUY", "1")
        resting = mixed.ask("b", "BUY", "0.1", "59000")
        nobody_buys = MarketStep(reference=Decimal(60_000), bids=(), asks=((Decimal(60_001), Decimal(1)),))
        mixed.exchange.step_market(PERPETUAL, nobody_buys)
        with pytest.raises(Rejection, match="NO_LIQUIDITY"):
            mixed.exchange.liquidate("b", PERPETUAL)
        assert mixed.now(resting).status == "NEW"


class TestGoodTillDate:
    """Orders with an end."""

    def test_expires_at_its_time(self, mixed: Mixed) -> None:
        """The order trades until its time and expires with the next tick of the clock, in any market's operation."""
        order = mixed.ask("a", "BUY", "0.1", "59000", time_in_force=TimeInForce.GTD, expires_ms=mixed.now_ms + 1000)
        mixed.reopen()
        mixed.now_ms = order.created_ms + 999
        mixed.exchange.roll()
        assert mixed.now(order).status == "NEW"
        mixed.now_ms += 1
        mixed.exchange.roll()
        assert mixed.told(order) == ["NEW NEW", "EXPIRED EXPIRED"]

    def test_does_not_trade_after_its_time(self, mixed: Mixed) -> None:
        """An order whose time is over is gone before the next command can meet or cancel it."""
        order = mixed.ask("a", "BUY", "0.1", "59999.5", time_in_force=TimeInForce.GTD, expires_ms=mixed.now_ms + 1000)
        mixed.now_ms += 2000
        mixed.ask("b", "SELL", "0.1", "59999.5")
        assert (mixed.now(order).status, mixed.now(order).filled) == ("EXPIRED", ZERO)
        with pytest.raises(Rejection, match="UNKNOWN_ORDER"):
            mixed.exchange.cancel("a", PERPETUAL, order_id=order.order_id)

    @pytest.mark.parametrize("after", [None, 0, -5])
    def test_must_end_later_than_now(self, mixed: Mixed, after: int | None) -> None:
        """GTD without a time, or with one that is over, is refused."""
        with pytest.raises(Rejection, match="EXPIRY"):
            mixed.ask(
                "a",
                "BUY",
                "0.1",
                "59000",
                time_in_force=TimeInForce.GTD,
                expires_ms=None if after is None else mixed.now_ms + after,
            )


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda a: a.balances.update(USDT=a.balances["USDT"] + 1), "balance USDT of a is"),
        (lambda a: a.locked.update(BTC=Decimal(1)), "a has 1 BTC locked, orders say 0"),
        (lambda a: a.resting.clear(), "resting in"),
        (lambda a: a.open_orders.popitem(), "book of BTCUSDT holds 3 orders, 2 are open"),
    ],
)
def test_debug_mode_stops_what_does_not_add_up(mixed: Mixed, damage: object, sentence: str) -> None:
    """Books changed behind the exchange's back break the next operation off, before it is in the ledger."""
    mixed.ask("a", "BUY", "0.1", "59000")
    assert callable(damage)
    damage(mixed.exchange._state.customers["a"])
    with pytest.raises(ExchangeFailed, match=sentence):
        mixed.market("59999", "60001", "100")
    mixed.reopen()
    assert mixed.exchange.balances("a")["USDT"] == Decimal(100_000)
