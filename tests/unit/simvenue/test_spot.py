"""Spot: two balances move, commission is taken from what is received, open orders lock what they may cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.types import Rejection
from tests.unit.simvenue.mixed import PAIR, SPOT, Mixed, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def pure(tmp_path: Path) -> Iterator[Mixed]:
    """A spot exchange without contracts, whose untriggered orders lock."""
    opened = Mixed(tmp_path / "ledger.sqlite", instruments=(PAIR,), conditional_locks=True)
    yield opened
    opened.ledger.close()


def test_a_trade_moves_both_balances_of_both_sides(mixed: Mixed) -> None:
    """The buyer pays quote and gets base less 0.1 %, the seller the other way round; no position appears."""
    mixed.ask("a", "BUY", "0.5", "60000", symbol=SPOT)
    mixed.ask("b", "SELL", "0.5", symbol=SPOT)
    assert mixed.exchange.balances("a") == {"USDT": Decimal(70_000), "BTC": Decimal("2.4995")}
    assert mixed.exchange.balances("b") == {"USDT": Decimal(129_970), "BTC": Decimal("1.5")}
    assert mixed.exchange.positions("a") == []
    (bought,), (sold,) = mixed.exchange.fills("a"), mixed.exchange.fills("b")
    assert (bought.commission, bought.commission_asset) == (Decimal("0.0005"), "BTC")
    assert (sold.commission, sold.commission_asset) == (Decimal(30), "USDT")


def test_open_orders_lock_and_give_back(mixed: Mixed) -> None:
    """A resting buy locks its value, a resting sell its quantity; fills, cancels and amendments change the locks."""
    buy = mixed.ask("a", "BUY", "0.5", "60000", symbol=SPOT)
    sell = mixed.ask("a", "SELL", "0.25", "61000", symbol=SPOT)
    assert mixed.exchange.locked("a") == {"USDT": Decimal(30_000), "BTC": Decimal("0.25")}
    assert mixed.exchange.free("a") == {"USDT": Decimal(70_000), "BTC": Decimal("1.75")}
    mixed.ask("b", "SELL", "0.2", "60000", symbol=SPOT)
    assert mixed.exchange.locked("a")["USDT"] == Decimal(18_000)
    mixed.exchange.amend("a", SPOT, order_id=buy.order_id, quantity=Decimal("0.3"))
    assert mixed.exchange.locked("a")["USDT"] == Decimal(6_000)
    mixed.reopen()
    assert mixed.exchange.locked("a") == {"USDT": Decimal(6_000), "BTC": Decimal("0.25")}
    mixed.exchange.cancel("a", SPOT, order_id=sell.order_id)
    mixed.exchange.cancel("a", SPOT, order_id=buy.order_id)
    assert mixed.exchange.locked("a") == {"USDT": Decimal(0), "BTC": Decimal(0)}


@pytest.mark.parametrize(
    ("side", "quantity", "price"), [("BUY", "1.7", "60000"), ("SELL", "2.1", "60000"), ("SELL", "2.1", None)]
)
def test_what_is_not_there_cannot_be_spent(mixed: Mixed, side: str, quantity: str, price: str | None) -> None:
    """An order beyond the free balance is refused and leaves no trace."""
    mixed.market("59999", "60001", symbol=SPOT)
    with pytest.raises(Rejection, match="INSUFFICIENT_BALANCE"):
        mixed.ask("a", side, quantity, price, symbol=SPOT)
    assert mixed.exchange.all_orders("a") == []


def test_what_is_locked_cannot_be_spent_twice(mixed: Mixed) -> None:
    """A second order that needs what a first one locks is refused, and so is growing the first."""
    first = mixed.ask("a", "BUY", "1", "60000", symbol=SPOT)
    with pytest.raises(Rejection, match=r"40000[.0]* USDT free, the order needs 42000"):
        mixed.ask("a", "BUY", "0.7", "60000", symbol=SPOT)
    with pytest.raises(Rejection, match="INSUFFICIENT_BALANCE"):
        mixed.exchange.amend("a", SPOT, order_id=first.order_id, quantity=Decimal("1.7"))
    assert mixed.exchange.amend("a", SPOT, order_id=first.order_id, quantity=Decimal("1.6")).quantity == Decimal("1.6")


def test_margin_in_use_cannot_be_spent(mixed: Mixed) -> None:
    """Over one wallet, what backs a contract's position is not there for spot, and what spot locks backs nothing."""
    mixed.market("59999", "60001", "100")
    mixed.ask("a", "BUY", "30")
    with pytest.raises(Rejection, match="INSUFFICIENT_BALANCE"):
        mixed.ask("a", "BUY", "0.2", "60000", symbol=SPOT)
    mixed.ask("b", "BUY", "1.6", "60000", symbol=SPOT)
    with pytest.raises(Rejection, match="INSUFFICIENT_MARGIN"):
        mixed.ask("b", "BUY", "2")


def test_an_amount_buys_whole_steps_and_no_more(mixed: Mixed) -> None:
    """A market order for an amount of quote currency trades as many steps as it pays for, over several levels."""
    mixed.ask("b", "SELL", "0.01", "60000", symbol=SPOT)
    mixed.ask("b", "SELL", "1", "60001", symbol=SPOT)
    order = mixed.ask("a", "BUY", "0", symbol=SPOT, quote_quantity=Decimal(1000))
    # 600 buys 0.01; the 400 left buy 0.00666 at 60001 and 0.39 USDT stay.
    assert (order.status, order.filled, order.quote_filled) == (
        "FILLED",
        Decimal("0.01666"),
        Decimal("999.60666"),
    )
    assert order.average_price == Decimal("60000.39975990")
    assert mixed.exchange.balances("a")["USDT"] == Decimal("99000.39334")


def test_an_amount_sells_until_it_is_received(mixed: Mixed) -> None:
    """Selling for an amount sells the steps that bring no more than it."""
    mixed.market("60000", "60001", symbol=SPOT)
    order = mixed.ask("a", "SELL", "0", symbol=SPOT, quote_quantity=Decimal(600))
    assert (order.status, order.filled) == ("FILLED", Decimal("0.01000"))


def test_an_amount_beyond_the_book_expires(mixed: Mixed) -> None:
    """When the book ends before the amount does, the order expires with what it got."""
    mixed.ask("b", "SELL", "0.01", "60000", symbol=SPOT)
    order = mixed.ask("a", "BUY", "0", symbol=SPOT, quote_quantity=Decimal(1200))
    assert (order.status, order.filled, order.quantity) == ("EXPIRED", Decimal("0.01"), Decimal("0.02"))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"quantity": "0", "quote_quantity": Decimal(5)}, "MIN_NOTIONAL"),
        ({"quantity": "1", "quote_quantity": Decimal(50)}, "QUANTITY_RANGE"),
        ({"quantity": "0", "quote_quantity": Decimal("NaN")}, "QUANTITY_RANGE"),
        ({"quantity": "0", "quote_quantity": Decimal("50.000000001")}, "QUANTITY_STEP"),
        ({"quantity": "0", "quote_quantity": Decimal(50), "price": "60000"}, "QUANTITY_RANGE"),
        ({"quantity": "0.01", "reduce_only": True}, "REDUCE_ONLY"),
        ({"quantity": "0", "close_position": True}, "REDUCE_ONLY"),
        ({"quantity": "0.01", "position_side": "LONG"}, "POSITION_SIDE"),
    ],
)
def test_what_spot_does_not_have(mixed: Mixed, fields: dict[str, object], reason: str) -> None:
    """Amounts that make no sense, and what only contracts have, are refused with their reason."""
    mixed.market("59999", "60001", symbol=SPOT)
    with pytest.raises(Rejection) as refused:
        mixed.ask("a", "BUY", symbol=SPOT, **fields)  # type: ignore[arg-type]
    assert refused.value.reason == reason


def test_untriggered_orders_lock_where_the_venue_does(pure: Mixed) -> None:
    """At a venue that says so, a waiting stop locks its value, gives it back on cancel and spends it when it fires."""
    order = pure.ask("a", "BUY", "1", "61000", symbol=SPOT, trigger=stop("60500", rises=True))
    assert pure.exchange.locked("a")["USDT"] == Decimal(61_000)
    with pytest.raises(Rejection, match="INSUFFICIENT_BALANCE"):
        pure.ask("a", "BUY", "1", "61000", symbol=SPOT, trigger=stop("60500", rises=True))
    pure.exchange.amend("a", SPOT, order_id=order.order_id, price=Decimal(60_900))
    assert pure.exchange.locked("a")["USDT"] == Decimal(60_900)
    pure.trade_at("60600", symbol=SPOT)
    assert pure.now(order).status == "FILLED"
    assert pure.exchange.locked("a")["USDT"] == Decimal(0)


def test_a_stop_that_cannot_be_paid_when_it_fires_is_rejected(mixed: Mixed) -> None:
    """Where untriggered orders lock nothing, one whose money is gone when it fires ends REJECTED, with the reason."""
    order = mixed.ask("a", "SELL", "2", "59000", symbol=SPOT, trigger=stop("59500", rises=False))
    mixed.market("59999", "60001", symbol=SPOT)
    mixed.ask("a", "SELL", "1", symbol=SPOT)
    mixed.trade_at("59400", symbol=SPOT)
    assert mixed.now(order).status == "REJECTED"
    assert mixed.told(order) == ["NEW UNTRIGGERED", "TRIGGERED NEW", "EXPIRED REJECTED INSUFFICIENT_BALANCE"]
