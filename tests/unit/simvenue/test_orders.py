"""What the exchange does with orders: accept, trade, rest, expire, refuse."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.types import Fill, OrderEvent, OrderRequest, OrderType, Rejection, Side

if TYPE_CHECKING:
    from tests.unit.simvenue.room import Room


def _fills(room: Room, account: str) -> list[Fill]:
    return room.exchange.fills(account, "BTCUSDT")


class TestMatching:
    """Price first, then time."""

    def test_better_price_trades_first(self, room: Room) -> None:
        """A taker meets the best price before an older order at a worse one."""
        room.order("a", "SELL", "0.01", "60010")
        room.order("b", "SELL", "0.01", "60000")
        room.order("c", "BUY", "0.015", "60010")
        assert [(fill.price, fill.quantity) for fill in _fills(room, "c")] == [
            (Decimal(60000), Decimal("0.010")),
            (Decimal(60010), Decimal("0.005")),
        ]

    def test_older_order_trades_first_at_one_price(self, room: Room) -> None:
        """At one price who came first is filled first, and only then the next."""
        first, second = room.order("a", "BUY", "0.01", "60000"), room.order("b", "BUY", "0.01", "60000")
        room.order("c", "SELL", "0.012", "60000")
        assert (room.look(first).filled, room.look(second).filled) == (Decimal("0.010"), Decimal("0.002"))

    def test_maker_and_taker_pay_their_fees(self, room: Room) -> None:
        """Maker pays 0.02 %, taker 0.05 % of the traded value, out of the wallet."""
        room.order("a", "BUY", "0.1", "60000")
        room.order("b", "SELL", "0.1")
        assert room.exchange.balances("a")["USDT"] == Decimal("99998.8")
        assert room.exchange.balances("b")["USDT"] == Decimal(99997)

    def test_events_tell_both_sides_in_order(self, room: Room) -> None:
        """Taker accepted, maker traded, taker traded; both fills carry the same trade id and the new balances."""
        room.order("a", "BUY", "0.1", "60000")
        room.order("b", "SELL", "0.1")
        assert room.story() == ["a NEW NEW", "b NEW NEW", "a TRADE FILLED", "b TRADE FILLED"]
        trades = [e for e in room.events if isinstance(e, OrderEvent) and e.fill]
        assert len({event.fill.trade_id for event in trades if event.fill}) == 1
        assert [event.balances["USDT"] for event in trades] == [Decimal("99998.8"), Decimal(99997)]
        assert [event.position.quantity for event in trades if event.position] == [Decimal("0.1"), Decimal("-0.1")]

    def test_own_resting_order_expires_instead_of_trading(self, room: Room) -> None:
        """A customer never trades with itself: its resting order expires, the new one goes on to the next."""
        own = room.order("a", "SELL", "0.01", "60000")
        room.order("b", "SELL", "0.01", "60010")
        room.order("a", "BUY", "0.01", "60010")
        assert room.look(own).status == "EXPIRED"
        assert [fill.price for fill in _fills(room, "a")] == [Decimal(60010)]


class TestTimeInForce:
    """How long the unfilled rest lives."""

    def test_ioc_takes_what_is_there_and_expires(self, room: Room) -> None:
        """IOC trades at once and its rest expires."""
        room.order("a", "SELL", "0.01", "60000")
        order = room.order("b", "BUY", "0.03", "60000", "IOC")
        assert (order.status, order.filled) == ("EXPIRED", Decimal("0.010"))

    def test_fok_takes_all(self, room: Room) -> None:
        """FOK fills wholly over several makers."""
        room.order("a", "SELL", "0.01", "60000")
        room.order("b", "SELL", "0.02", "60001")
        assert room.order("c", "BUY", "0.03", "60001", "FOK").status == "FILLED"

    def test_fok_takes_nothing_when_not_all_is_there(self, room: Room) -> None:
        """FOK that cannot be filled wholly expires without a trade and without touching anybody's order."""
        resting = room.order("a", "SELL", "0.01", "60000")
        own = room.order("b", "SELL", "0.01", "60000")
        order = room.order("b", "BUY", "0.03", "60000", "FOK")
        assert (order.status, order.filled) == ("EXPIRED", Decimal(0))
        assert (room.look(resting).status, room.look(own).status) == ("NEW", "NEW")

    def test_post_only_rests(self, room: Room) -> None:
        """GTX that takes nothing rests like any other."""
        room.order("a", "SELL", "0.01", "60000")
        assert room.order("b", "BUY", "0.01", "59999.9", "GTX").status == "NEW"

    def test_post_only_that_would_take_is_refused(self, room: Room) -> None:
        """GTX that would take is refused and leaves no trace."""
        room.order("a", "SELL", "0.01", "60000")
        with pytest.raises(Rejection, match="WOULD_TAKE"):
            room.order("b", "BUY", "0.01", "60000", "GTX")
        assert room.exchange.all_orders("b", "BTCUSDT") == []

    def test_market_order_rest_expires(self, room: Room) -> None:
        """A market order that empties the book expires with what it got."""
        room.order("a", "SELL", "0.01", "60000")
        order = room.order("b", "BUY", "0.03")
        assert (order.status, order.filled, order.price) == ("EXPIRED", Decimal("0.010"), None)


class TestReduceOnly:
    """Orders that may only shrink a position."""

    def test_is_cut_to_the_position(self, room: Room) -> None:
        """A reduce-only order larger than the position is cut to it."""
        room.quote("59999", "60001")
        room.order("a", "BUY", "0.01")
        order = room.order("a", "SELL", "0.05", reduce_only=True)
        assert (order.quantity, order.status, room.position("a")) == (Decimal("0.010"), "FILLED", Decimal(0))

    def test_without_position_is_refused(self, room: Room) -> None:
        """A reduce-only order with nothing to reduce is refused."""
        with pytest.raises(Rejection, match="REDUCE_ONLY"):
            room.order("a", "SELL", "0.01", "60000", reduce_only=True)

    def test_expires_when_the_position_is_gone(self, room: Room) -> None:
        """A resting reduce-only order expires as soon as its position is closed another way."""
        room.quote("59999", "60001")
        room.order("a", "BUY", "0.01")
        resting = room.order("a", "SELL", "0.01", "61000", reduce_only=True)
        room.order("a", "SELL", "0.01")
        assert room.look(resting).status == "EXPIRED"

    def test_resting_never_turns_the_position(self, room: Room) -> None:
        """Two resting reduce-only orders that together exceed the position close it and no more."""
        room.quote("59999", "60001")
        room.order("a", "BUY", "0.01")
        orders = [room.order("a", "SELL", "0.008", "60500", reduce_only=True) for _ in range(2)]
        room.order("b", "BUY", "2", "60500")
        assert room.position("a") == Decimal(0)
        assert [(room.look(o).status, room.look(o).filled) for o in orders] == [
            ("FILLED", Decimal("0.008")),
            ("EXPIRED", Decimal("0.002")),
        ]


class TestAmend:
    """Changing an open order."""

    def test_smaller_keeps_the_place(self, room: Room) -> None:
        """A reduced order stays first in its queue."""
        first, second = room.order("a", "BUY", "0.03", "60000"), room.order("b", "BUY", "0.01", "60000")
        room.amend(first, "0.02", "60000")
        room.order("c", "SELL", "0.02", "60000")
        assert (room.look(first).status, room.look(second).status) == ("FILLED", "NEW")

    @pytest.mark.parametrize(("quantity", "price"), [("0.04", "60000"), ("0.03", "60001")])
    def test_larger_or_other_price_goes_to_the_end(self, room: Room, quantity: str, price: str) -> None:
        """A grown or moved order waits behind those that were there."""
        first = room.order("a", "BUY", "0.03", "60000")
        second = room.order("b", "BUY", "0.01", price)
        room.amend(first, quantity, price)
        room.order("c", "SELL", "0.01", price)
        assert (room.look(first).filled, room.look(second).status) == (Decimal(0), "FILLED")

    def test_keeps_its_place_over_a_restart(self, room: Room) -> None:
        """Places in the queue, also after an amendment, are the same after a restart."""
        first, second = room.order("a", "BUY", "0.01", "60000"), room.order("b", "BUY", "0.01", "60000")
        room.amend(first, "0.02", "60000")
        room.reopen()
        room.order("c", "SELL", "0.01", "60000")
        assert (room.look(first).status, room.look(second).status) == ("NEW", "FILLED")

    def test_into_the_other_side_trades(self, room: Room) -> None:
        """An amended price that crosses takes at once."""
        order = room.order("a", "BUY", "0.02", "59990")
        room.order("b", "SELL", "0.01", "60000")
        amended = room.amend(order, "0.02", "60000")
        assert (amended.status, amended.filled) == ("PARTIALLY_FILLED", Decimal("0.010"))
        assert room.story()[-3:] == ["a AMENDMENT NEW", "b TRADE FILLED", "a TRADE PARTIALLY_FILLED"]

    def test_post_only_that_would_take_is_canceled(self, room: Room) -> None:
        """A post-only order amended across the book is canceled, as the real venue does."""
        order = room.order("a", "BUY", "0.02", "59990", "GTX")
        room.order("b", "SELL", "0.01", "60000")
        assert room.amend(order, "0.02", "60000").status == "CANCELED"

    def test_not_above_the_filled_quantity_is_canceled(self, room: Room) -> None:
        """An order amended to no more than it has filled is canceled."""
        order = room.order("a", "BUY", "0.02", "60000")
        room.order("b", "SELL", "0.01", "60000")
        assert room.amend(order, "0.01", "60000").status == "CANCELED"

    def test_without_change_is_refused(self, room: Room) -> None:
        """An amendment to the same values is refused."""
        order = room.order("a", "BUY", "0.02", "60000")
        with pytest.raises(Rejection, match="NO_CHANGE"):
            room.amend(order, "0.02", "60000")


class TestCancel:
    """Taking orders back."""

    def test_leaves_the_book_and_the_fills(self, room: Room) -> None:
        """A canceled order keeps what it filled and leaves the book."""
        order = room.order("a", "BUY", "0.02", "60000")
        room.order("b", "SELL", "0.01", "60000")
        canceled = room.exchange.cancel("a", "BTCUSDT", client_order_id=order.client_order_id)
        assert (canceled.status, canceled.filled) == ("CANCELED", Decimal("0.010"))
        assert room.exchange.depth("BTCUSDT", 10)[1:] == ((), ())

    def test_twice_is_refused(self, room: Room) -> None:
        """A final order cannot be canceled again."""
        order = room.order("a", "BUY", "0.02", "60000")
        room.exchange.cancel("a", "BTCUSDT", order_id=order.order_id)
        with pytest.raises(Rejection, match="UNKNOWN_ORDER"):
            room.exchange.cancel("a", "BTCUSDT", order_id=order.order_id)

    def test_somebody_elses_order_is_unknown(self, room: Room) -> None:
        """Nobody can cancel or see an order of another account."""
        order = room.order("a", "BUY", "0.02", "60000")
        with pytest.raises(Rejection, match="UNKNOWN_ORDER"):
            room.exchange.cancel("b", "BTCUSDT", order_id=order.order_id)
        assert room.exchange.order("b", "BTCUSDT", order_id=order.order_id) is None

    def test_all_cancels_one_symbol(self, room: Room) -> None:
        """Cancel-all takes back every order of the symbol and leaves other symbols alone."""
        room.order("a", "BUY", "0.02", "60000")
        room.order("a", "SELL", "0.02", "61000")
        other = room.exchange.submit(
            OrderRequest(
                account="a",
                symbol="ETHUSDT",
                side=Side.BUY,
                type=OrderType.LIMIT,
                quantity=Decimal(1),
                price=Decimal(3000),
            )
        )
        assert [order.status for order in room.exchange.cancel_all("a", "BTCUSDT")] == ["CANCELED", "CANCELED"]
        assert room.exchange.open_orders("a") == [other]


class TestRefusals:
    """Each wrong order is refused with its reason, and nothing happens."""

    @pytest.mark.parametrize(
        ("quantity", "price", "reason"),
        [
            ("0.01", "60000.05", "PRICE_TICK"),
            ("0.01", "1", "PRICE_RANGE"),
            ("0.01", "63000.1", "PRICE_RANGE"),
            ("0.01", "NaN", "PRICE_RANGE"),
            ("0.01", "Infinity", "PRICE_RANGE"),
            ("0.0105", "60000", "QUANTITY_STEP"),
            ("0", "60000", "QUANTITY_RANGE"),
            ("-1", "60000", "QUANTITY_RANGE"),
            ("1000.001", "60000", "QUANTITY_RANGE"),
            ("NaN", "60000", "QUANTITY_RANGE"),
            ("0.001", "60000", "MIN_NOTIONAL"),
            ("34", "60000", "INSUFFICIENT_MARGIN"),
            ("0.01", None, "NO_LIQUIDITY"),
        ],
    )
    def test_reason(self, room: Room, quantity: str, price: str | None, reason: str) -> None:
        """The reason names the rule that was broken; no event is sent and no order recorded."""
        with pytest.raises(Rejection) as refused:
            room.order("a", "BUY", quantity, price)
        assert refused.value.reason == reason
        assert room.events == []
        assert room.exchange.all_orders("a") == []

    def test_client_order_id_of_an_open_order(self, room: Room) -> None:
        """A client order id can be used again only when its order is final, as at the real venue."""
        order = room.order("a", "BUY", "0.01", "60000", client_order_id="x")
        with pytest.raises(Rejection, match="DUPLICATE_CLIENT_ORDER_ID"):
            room.order("a", "BUY", "0.01", "60000", client_order_id="x")
        room.exchange.cancel("a", "BTCUSDT", order_id=order.order_id)
        second = room.order("a", "BUY", "0.01", "60000", client_order_id="x")
        assert room.exchange.order("a", "BTCUSDT", client_order_id="x") == second

    def test_unknown_names(self, room: Room) -> None:
        """Unknown accounts and symbols are refused by name."""
        with pytest.raises(Rejection, match="account z is not one of a, b, c"):
            room.exchange.positions("z")
        with pytest.raises(Rejection, match="symbol XUSDT is not one of BTCUSDT, ETHUSDT"):
            room.exchange.depth("XUSDT", 5)


class TestMargin:
    """What an account may spend at 20 times leverage."""

    def test_open_orders_and_positions_take_margin(self, room: Room) -> None:
        """Initial margin is a twentieth of the worse of all buys or all sells filled."""
        room.quote("59999", "60001")
        room.order("a", "BUY", "0.1", "60000")
        room.order("a", "SELL", "0.3", "60500")
        margin = room.exchange.margin("a")
        assert (margin.position_initial, margin.order_initial) == (Decimal(0), Decimal("907.5"))
        assert margin.available == Decimal("99092.5")

    def test_closing_needs_none(self, room: Room) -> None:
        """A position as large as the margin allows can still be closed by a plain order."""
        room.quote("59999", "60001", "100")
        room.order("a", "BUY", "33")
        with pytest.raises(Rejection, match="INSUFFICIENT_MARGIN"):
            room.order("a", "BUY", "1")
        room.order("a", "SELL", "33")
        assert room.position("a") == Decimal(0)
