"""What a venue does to an account by itself, told on the wire: forced cancel, liquidation, funding, halt."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.types import InstrumentKind, Rejection, Side
from tests.integration.faults.rig import ACCOUNT, Json, events, named

if TYPE_CHECKING:
    from tests.integration.faults.rig import Rig


def _needs_positions(rig: Rig) -> None:
    if rig.exchange.instruments[rig.wire.symbol].kind is not InstrumentKind.PERPETUAL:
        pytest.skip("spot has no positions")


def _side(rig: Rig, message: Json) -> str:
    for part in rig.wire.side_field.split("."):
        message = message[int(part)] if part.isdigit() else message[part]
    return str(message).upper()


async def test_a_forced_cancel_is_told(rig: Rig) -> None:
    """An order that the venue cancels by itself ends on the user's socket."""
    socket = await rig.wire.user_socket(rig)
    await rig.wire.place(rig, "a")
    await named(rig, socket, 1)
    rig.exchange.cancel(ACCOUNT, rig.wire.symbol, client_order_id="a")
    (message,) = await named(rig, socket, 1)
    assert "cancel" in str(message).lower()


async def test_a_liquidation_is_told(rig: Rig) -> None:
    """The position is closed at the market by an order that the account never sent; its fill is told."""
    _needs_positions(rig)
    await rig.wire.place(rig, "a", market=True)
    socket = await rig.wire.user_socket(rig)
    (order,) = rig.exchange.liquidate(ACCOUNT, rig.wire.symbol)
    assert sum(position.quantity for position in rig.exchange.positions(ACCOUNT)) == 0
    assert str(order.client_order_id).startswith("autoclose-")
    assert any(_side(rig, message) == "SELL" for message in await named(rig, socket, 1))


async def test_funding_is_told(rig: Rig) -> None:
    """A payment moves the balance, and an event says so."""
    _needs_positions(rig)
    await rig.wire.place(rig, "a", market=True)
    socket = await rig.wire.user_socket(rig)
    before = rig.exchange.balances(ACCOUNT)["USDT"]
    payments = {payment.account: payment for payment in rig.exchange.settle_funding(rig.wire.symbol, Decimal("0.001"))}
    payment = payments[ACCOUNT]
    assert rig.exchange.balances(ACCOUNT)["USDT"] == before + payment.amount
    assert payment.amount < 0
    messages = await events(socket, 1)
    assert any("funding" in str(message).lower() for message in messages), messages


async def test_a_halted_market_refuses_orders(rig: Rig) -> None:
    """New orders get the venue's own refusal, and cancels work."""
    await rig.wire.place(rig, "a")
    rig.exchange.halt(rig.wire.symbol)
    assert rig.wire.code(await rig.wire.place(rig, "b")) != 0
    rig.exchange.cancel(ACCOUNT, rig.wire.symbol, client_order_id="a")
    with pytest.raises(Rejection):
        rig.quote(Side.BUY, "50001")
    rig.exchange.resume(rig.wire.symbol)
    assert rig.wire.code(await rig.wire.place(rig, "c")) == 0
