"""Orders that wait for a price: when they fire, what becomes of them, and what cannot be asked for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simvenue.exchange.types import ZERO, MarketStep, Rejection, TimeInForce, Trigger, TriggerKind
from tests.unit.simvenue.mixed import PERPETUAL, Mixed, decimal, stop, trailing


@pytest.fixture(autouse=True)
def quoted(mixed: Mixed) -> None:
    """The market stands at 60,000 and has traded there."""
    mixed.market("59999", "60001")
    mixed.trade_at("60000")


def levels(mixed: Mixed) -> tuple[object, object]:
    """Read the book."""
    return mixed.exchange.depth(PERPETUAL, 100)[1:]


class TestFiring:
    """What a trigger watches, and what its order does then."""

    def test_waits_outside_the_book(self, mixed: Mixed) -> None:
        """An untriggered order is open, binds no margin and is not in the book; cancel ends it."""
        before = levels(mixed)
        order = mixed.ask("a", "BUY", "1", "60500", trigger=stop("60400", rises=True))
        assert (order.status, order.triggered_ms) == ("UNTRIGGERED", None)
        assert levels(mixed) == before
        assert mixed.exchange.open_orders("a") == [order]
        assert mixed.exchange.margin("a").order_initial == 0
        assert mixed.exchange.cancel("a", PERPETUAL, order_id=order.order_id).status == "CANCELED"
        mixed.trade_at("60450")
        assert mixed.told(order) == ["NEW UNTRIGGERED", "CANCELED CANCELED"]

    @pytest.mark.parametrize(
        ("kind", "side", "near", "at"),
        [
            ("STOP", "BUY", "60399.9", "60400"),
            ("STOP", "SELL", "59600.1", "59600"),
            ("TAKE_PROFIT", "SELL", "60399.9", "60400"),
            ("TAKE_PROFIT", "BUY", "59600.1", "59600"),
        ],
    )
    def test_fires_at_its_price(self, mixed: Mixed, kind: str, side: str, near: str, at: str) -> None:
        """A market order fires at the trigger price and not a tick before, and goes on under the same id."""
        order = mixed.ask("a", side, "0.1", trigger=stop(at, rises=Decimal(at) > 60_000, kind=kind))
        mixed.trade_at(near)
        assert mixed.now(order).status == "UNTRIGGERED"
        mixed.now_ms += 5
        mixed.trade_at(at)
        done = mixed.now(order)
        assert (done.status, done.triggered_ms) == ("FILLED", mixed.now_ms)
        assert mixed.told(order) == ["NEW UNTRIGGERED", "TRIGGERED NEW", "TRADE FILLED"]

    def test_a_limit_order_rests_after_firing(self, mixed: Mixed) -> None:
        """A stop-limit order becomes a resting limit order, behind those that were there, and binds margin."""
        order = mixed.ask("a", "BUY", "0.1", "60300", trigger=stop("60400", rises=True))
        mixed.market("60400", "60401", take=("BUY", "0.001"))
        assert mixed.now(order).status == "NEW"
        assert mixed.exchange.margin("a").order_initial == Decimal("301.5")

    def test_mark_and_index_follow_the_reference_price(self, mixed: Mixed) -> None:
        """A MARK trigger fires on the reference price without a trade, a LAST trigger only on a trade."""
        mark = mixed.ask("a", "BUY", "0.1", trigger=stop("60400", rises=True, source="MARK"))
        index = mixed.ask("b", "BUY", "0.1", trigger=stop("60400", rises=True, source="INDEX"))
        last = mixed.ask("c", "BUY", "0.1", trigger=stop("60402", rises=True))
        mixed.market("60400", "60401")
        assert [mixed.now(order).status for order in (mark, index, last)] == ["FILLED", "FILLED", "UNTRIGGERED"]

    def test_customers_trades_fire_too(self, mixed: Mixed) -> None:
        """A trade between customers moves the last price like any other."""
        order = mixed.ask("c", "SELL", "0.1", trigger=stop("59500", rises=False))
        mixed.market("59400", "61000", "5")
        mixed.ask("b", "SELL", "0.1")
        assert mixed.now(order).status == "FILLED"

    def test_cascades_in_order(self, mixed: Mixed) -> None:
        """The trade of one triggered order fires the next; orders that fire at one price go oldest first."""
        first = mixed.ask("a", "SELL", "1", trigger=stop("59900", rises=False))
        second = mixed.ask("b", "SELL", "0.1", trigger=stop("59900", rises=False))
        third = mixed.ask("c", "SELL", "0.1", trigger=stop("59850", rises=False))
        mixed.exchange.step_market(PERPETUAL, _ladder())
        mixed.events.clear()
        mixed.ask("c", "SELL", "0.1")
        assert [mixed.now(order).status for order in (first, second, third)] == ["FILLED"] * 3
        assert [event.split(" ")[0] for event in mixed.story() if "TRIGGERED" in event] == ["a", "b", "c"]

    def test_is_one_transaction_with_what_fired_it(self, mixed: Mixed) -> None:
        """The ledger has the fired order when the trade that fired it is heard of."""
        order = mixed.ask("a", "BUY", "0.1", trigger=stop("60400", rises=True))
        seen: list[str] = []
        mixed.exchange.subscribe(
            lambda _: seen.extend(
                found.status for found in mixed.ledger.orders("a", PERPETUAL) if found.order_id == order.order_id
            )
        )
        mixed.trade_at("60400")
        assert set(seen) == {"FILLED"}

    def test_survives_a_restart(self, mixed: Mixed) -> None:
        """A trigger waits on after a restart, to the digit, and fires."""
        order = mixed.ask("a", "BUY", "0.1", "60500", trigger=stop("60400", rises=True, source="MARK"))
        mixed.reopen()
        assert mixed.now(order) == order
        mixed.market("60399", "60401")
        assert mixed.now(order).status == "FILLED"


class TestTrailing:
    """Triggers that follow the best price."""

    def test_follows_up_and_fires_on_the_way_down(self, mixed: Mixed) -> None:
        """A selling 1 % trail from 60,000 follows to 61,000 and fires at 60,390, not above."""
        order = mixed.ask("a", "SELL", "0.1", trigger=trailing(rises=False, callback_rate="0.01"))
        mixed.trade_at("61000")
        trigger = mixed.now(order).trigger
        assert trigger is not None
        assert trigger.extreme == Decimal(61_000)
        mixed.reopen()
        mixed.trade_at("60390.1")
        assert mixed.now(order).status == "UNTRIGGERED"
        mixed.trade_at("60390")
        assert mixed.now(order).status == "FILLED"

    def test_follows_down_by_an_offset(self, mixed: Mixed) -> None:
        """A buying trail of 100 follows to 59,000 and fires at 59,100."""
        order = mixed.ask("a", "BUY", "0.1", trigger=trailing(rises=True, callback_offset="100"))
        mixed.trade_at("59000")
        mixed.trade_at("59099.9")
        assert mixed.now(order).status == "UNTRIGGERED"
        mixed.trade_at("59100")
        assert mixed.now(order).status == "FILLED"

    def test_starts_at_its_activation_price(self, mixed: Mixed) -> None:
        """Before the activation price is reached nothing is followed and nothing fires."""
        order = mixed.ask(
            "a", "SELL", "0.1", trigger=trailing(rises=False, callback_rate="0.01", activation_price="60500")
        )
        mixed.trade_at("59000")
        assert mixed.now(order) == order
        mixed.trade_at("60500")
        mixed.trade_at("59895")
        assert mixed.now(order).status == "FILLED"


class TestAtTheTrigger:
    """Orders that cannot be placed when they fire end with an event, never with an exception."""

    def test_post_only_that_would_take_expires(self, mixed: Mixed) -> None:
        """A fired post-only order that would take ends EXPIRED."""
        order = mixed.ask("a", "BUY", "0.1", "60500", trigger=stop("60400", rises=True), time_in_force=TimeInForce.GTX)
        mixed.trade_at("60400")
        assert mixed.told(order)[-2:] == ["TRIGGERED NEW", "EXPIRED EXPIRED WOULD_TAKE"]

    def test_without_margin_is_rejected(self, mixed: Mixed) -> None:
        """A fired order that needs more margin than is there ends REJECTED."""
        order = mixed.ask("a", "BUY", "20", trigger=stop("60400", rises=True))
        mixed.market("60000", "60001", "100")
        mixed.ask("a", "BUY", "30")
        mixed.market("60399", "60400", "100", take=("BUY", "0.001"))
        assert mixed.told(order)[-2:] == ["TRIGGERED NEW", "EXPIRED REJECTED INSUFFICIENT_MARGIN"]

    def test_without_a_counterparty_expires(self, mixed: Mixed) -> None:
        """A fired market order that meets an empty book ends EXPIRED."""
        order = mixed.ask("a", "BUY", "0.1", trigger=stop("60400", rises=True))
        mixed.market("60399", "60400", "0.001", take=("BUY", "0.001"))
        assert mixed.told(order)[-2:] == ["TRIGGERED NEW", "EXPIRED EXPIRED NO_LIQUIDITY"]

    def test_fill_or_kill_and_rest_of_ioc_expire(self, mixed: Mixed) -> None:
        """FOK that cannot be whole expires without a trade; IOC takes what is there."""
        trigger = stop("60400", rises=True)
        kill = mixed.ask("a", "BUY", "20", "60500", trigger=trigger, time_in_force=TimeInForce.FOK)
        some = mixed.ask("b", "BUY", "20", "60500", trigger=trigger, time_in_force=TimeInForce.IOC)
        mixed.trade_at("60400")
        assert (mixed.now(kill).status, mixed.now(kill).filled) == ("EXPIRED", ZERO)
        assert (mixed.now(some).status, mixed.now(some).filled) == ("EXPIRED", Decimal("9.999"))

    def test_reduce_only_is_cut_when_it_fires(self, mixed: Mixed) -> None:
        """Reduce-only looks at the position when it fires: cut to it, or EXPIRED when there is none."""
        cut, none = (
            mixed.ask(name, "SELL", "5", trigger=stop("59500", rises=False), reduce_only=True) for name in "ab"
        )
        mixed.ask("a", "BUY", "0.3")
        mixed.trade_at("59400")
        assert (mixed.now(cut).status, mixed.now(cut).quantity, mixed.held("a")) == ("FILLED", Decimal("0.3"), ZERO)
        assert mixed.told(none)[-1] == "EXPIRED EXPIRED REDUCE_ONLY"

    def test_reduce_only_waits_on_without_a_position(self, mixed: Mixed) -> None:
        """Closing the position another way leaves a reduce-only stop waiting; a new position is reduced by it."""
        mixed.ask("a", "BUY", "0.3")
        order = mixed.ask("a", "SELL", "0.3", trigger=stop("59500", rises=False), reduce_only=True)
        mixed.ask("a", "SELL", "0.3")
        assert mixed.now(order).status == "UNTRIGGERED"
        mixed.ask("a", "BUY", "0.2")
        mixed.trade_at("59400")
        assert (mixed.now(order).status, mixed.held("a")) == ("FILLED", ZERO)

    def test_close_position_takes_the_whole_of_it(self, mixed: Mixed) -> None:
        """A close-position order has no quantity until it fires; then it is the position's."""
        order = mixed.ask("a", "SELL", "0", trigger=stop("59500", rises=False), close_position=True)
        assert (order.quantity, order.reduce_only) == (ZERO, True)
        mixed.ask("a", "BUY", "0.3")
        mixed.ask("a", "BUY", "0.4")
        mixed.trade_at("59400")
        assert (mixed.now(order).status, mixed.now(order).filled, mixed.held("a")) == ("FILLED", Decimal("0.7"), ZERO)

    def test_good_till_date_ends_untriggered_too(self, mixed: Mixed) -> None:
        """A waiting order whose time is over expires and does not fire."""
        order = mixed.ask(
            "a",
            "BUY",
            "0.1",
            "60500",
            trigger=stop("60400", rises=True),
            time_in_force=TimeInForce.GTD,
            expires_ms=mixed.now_ms + 1000,
        )
        mixed.now_ms += 1000
        mixed.trade_at("60400")
        assert mixed.told(order) == ["NEW UNTRIGGERED", "EXPIRED EXPIRED"]


class TestAmend:
    """Changing an order that waits."""

    def test_trigger_price_quantity_and_price(self, mixed: Mixed) -> None:
        """Each value can change alone; the order waits on and fires by the new ones."""
        order = mixed.ask("a", "BUY", "0.1", "60500", trigger=stop("60400", rises=True))
        mixed.exchange.amend("a", PERPETUAL, order_id=order.order_id, trigger_price=Decimal(60_200))
        mixed.exchange.amend("a", PERPETUAL, order_id=order.order_id, quantity=Decimal("0.2"))
        mixed.exchange.amend("a", PERPETUAL, order_id=order.order_id, price=Decimal(60_300))
        assert mixed.told(order)[1:] == ["AMENDMENT UNTRIGGERED"] * 3
        mixed.reopen()
        mixed.trade_at("60200")
        done = mixed.now(order)
        assert (done.status, done.filled, done.price) == ("FILLED", Decimal("0.2"), Decimal(60_300))

    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({"trigger_price": "59000"}, "WOULD_TRIGGER"),
            ({"trigger_price": "60400.05"}, "PRICE_TICK"),
            ({"trigger_price": "60400"}, "NO_CHANGE"),
            ({"quantity": "0.0001"}, "QUANTITY_RANGE"),
            ({"price": "70000"}, "PRICE_RANGE"),
        ],
    )
    def test_refusals(self, mixed: Mixed, values: dict[str, str], reason: str) -> None:
        """What cannot be asked for at first cannot be amended to either, and the order stays as it was."""
        order = mixed.ask("a", "BUY", "0.1", "60500", trigger=stop("60400", rises=True))
        with pytest.raises(Rejection) as refused:
            mixed.exchange.amend(
                "a",
                PERPETUAL,
                order_id=order.order_id,
                quantity=decimal(values.get("quantity")),
                price=decimal(values.get("price")),
                trigger_price=decimal(values.get("trigger_price")),
            )
        assert refused.value.reason == reason
        assert mixed.now(order) == order

    def test_plain_orders_have_no_trigger(self, mixed: Mixed) -> None:
        """A trigger price for an order without one, or a price for a market order, is refused."""
        plain = mixed.ask("a", "BUY", "0.1", "59000")
        with pytest.raises(Rejection, match="TRIGGER"):
            mixed.exchange.amend("a", PERPETUAL, order_id=plain.order_id, trigger_price=Decimal(61_000))
        market = mixed.ask("a", "BUY", "0.1", trigger=stop("60400", rises=True))
        with pytest.raises(Rejection, match="PRICE_RANGE"):
            mixed.exchange.amend("a", PERPETUAL, order_id=market.order_id, price=Decimal(61_000))


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (stop("59999", rises=True), "WOULD_TRIGGER"),
        (stop("60000", rises=False), "WOULD_TRIGGER"),
        (stop("59999", rises=True, source="MARK"), "WOULD_TRIGGER"),
        (stop("60400.05", rises=True), "PRICE_TICK"),
        (stop("1", rises=False), "PRICE_RANGE"),
        (stop("NaN", rises=False), "PRICE_RANGE"),
        (Trigger(kind=TriggerKind.STOP, rises=True), "TRIGGER"),
        (trailing(rises=True), "TRIGGER"),
        (trailing(rises=True, callback_rate="0.01", callback_offset="5"), "TRIGGER"),
        (trailing(rises=True, callback_rate="1"), "TRIGGER"),
        (trailing(rises=True, callback_offset="-1"), "TRIGGER"),
        (trailing(rises=True, callback_rate="0.01", price="61000"), "TRIGGER"),
        (trailing(rises=True, callback_rate="0.01", activation_price="0.5"), "PRICE_RANGE"),
    ],
)
def test_triggers_that_cannot_be(mixed: Mixed, trigger: Trigger, reason: str) -> None:
    """A trigger that contradicts itself, the tick or the present price is refused, and nothing waits."""
    with pytest.raises(Rejection) as refused:
        mixed.ask("a", "BUY", "0.1", trigger=trigger)
    assert refused.value.reason == reason
    assert mixed.exchange.all_orders("a") == []


def _ladder() -> MarketStep:
    return MarketStep(
        reference=Decimal(59_900),
        bids=tuple((Decimal(price), Decimal(1)) for price in (59_900, 59_850, 59_800, 59_750)),
        asks=((Decimal(60_100), Decimal(1)),),
    )
