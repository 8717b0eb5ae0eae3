"""Changing an open order: what it would become, whether that may be, and doing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simvenue.exchange import trading
from simvenue.exchange.account import hold_price
from simvenue.exchange.admission import check_open, check_spot
from simvenue.exchange.filters import check_notional, checked_level, checked_price, checked_quantity
from simvenue.exchange.margin import check_margin
from simvenue.exchange.triggers import check_waits
from simvenue.exchange.types import (
    Execution,
    InstrumentKind,
    Order,
    OrderStatus,
    OrderType,
    Rejection,
    RejectReason,
    TimeInForce,
    TriggerKind,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.matching import Match
    from simvenue.exchange.operation import Operation
    from simvenue.exchange.state import State, SymbolState


@dataclass(frozen=True, slots=True)
class Wish:
    """What an order should become; None leaves a value as it is."""

    quantity: Decimal | None
    price: Decimal | None
    trigger_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """What an order becomes and then trades; ``cancels`` when it cannot become that and live."""

    order: Order
    matches: list[Match]
    cancels: bool = False


def plan(state: State, market: SymbolState, order: Order, wish: Wish) -> Amendment:
    """Work out an amendment without changing anything.

    Raises:
        Rejection: the order stays as it is.
    """
    check_open(market)
    waits = order.status is OrderStatus.UNTRIGGERED
    amended = _amended(market, order, wish)
    if amended == order:
        detail = f"order {order.order_id} already is {order.quantity} at {order.price}"
        raise Rejection(RejectReason.NO_CHANGE, detail)
    if order.reduce_only and not waits:
        reducible = state.customers[order.account].reducible(order.symbol, order.side, order.position_side)
        amended = replace(amended, quantity=min(amended.quantity, order.filled + reducible))
    elif not order.reduce_only and order.quote_quantity is None:
        check_notional(market.instrument, amended.quantity, hold_price(amended) or market.reference)
    if amended.remaining <= 0 and not order.close_position and order.quote_quantity is None:
        return Amendment(order, [], cancels=True)
    matches: list[Match] = []
    if not waits and amended.price != order.price:
        matches = trading.plan_for(
            state,
            market,
            account=order.account,
            side=order.side,
            quantity=amended.remaining,
            limit=amended.price,
        )
        if matches and order.time_in_force is TimeInForce.GTX:
            return Amendment(order, [], cancels=True)
    if state.holds(order):
        _check_funds(state, market, order, amended)
    return Amendment(amended, matches)


def apply(state: State, operation: Operation, before: Order, amendment: Amendment) -> None:
    """Do what was planned; a smaller quantity at the same price keeps its place in the queue."""
    customer = state.customers[before.account]
    if amendment.cancels:
        trading.finish(state, operation, before, OrderStatus.CANCELED)
        return
    amended = replace(amendment.order, updated_ms=operation.time_ms)
    book = operation.market.book
    resting = book.get(before.order_id)
    if resting and amended.price == before.price and amended.quantity < before.quantity:
        book.reduce(resting, before.quantity - amended.quantity)
        customer.hold(operation.market.instrument, before, amended.quantity - before.quantity)
        operation.tell(Execution.AMENDMENT, amended, customer)
        return
    state.leave(before)
    if before.status is OrderStatus.UNTRIGGERED:
        state.enter(amended)
        operation.tell(Execution.AMENDMENT, amended, customer)
        return
    amended = replace(amended, priority=state.order_ids.take())
    operation.tell(Execution.AMENDMENT, amended, customer)
    trading.settle(state, operation, amended, amendment.matches)


def _amended(market: SymbolState, order: Order, wish: Wish) -> Order:
    instrument, trigger = market.instrument, order.trigger
    if wish.trigger_price is not None:
        if trigger is None or order.status is not OrderStatus.UNTRIGGERED or trigger.kind is TriggerKind.TRAILING:
            raise Rejection(RejectReason.TRIGGER, f"order {order.order_id} has no trigger price that could change")
        trigger = replace(trigger, price=checked_level(instrument, wish.trigger_price))
        if trigger != order.trigger:
            check_waits(market, trigger)
    price = order.price
    if wish.price is not None:
        if order.type is not OrderType.LIMIT:
            raise Rejection(RejectReason.PRICE_RANGE, f"order {order.order_id} is a {order.type} order without a price")
        near = market.reference
        if order.status is OrderStatus.UNTRIGGERED and trigger and trigger.price:
            near = trigger.price
        price = checked_price(instrument, wish.price, side=order.side, mark=near)
    quantity = order.quantity
    if wish.quantity is not None:
        if order.close_position or order.quote_quantity is not None:
            raise Rejection(RejectReason.QUANTITY_RANGE, f"order {order.order_id} has no quantity that could change")
        quantity = checked_quantity(instrument, wish.quantity, order.type)
    return replace(order, price=price, quantity=quantity, trigger=trigger)


def _check_funds(state: State, market: SymbolState, order: Order, amended: Order) -> None:
    # What it binds already is its own; only what it would bind beyond that must be there.
    cost = amended.remaining * hold_price(amended) - order.remaining * hold_price(order)
    quantity = amended.remaining - order.remaining
    if market.instrument.kind is InstrumentKind.SPOT:
        check_spot(state, market, order, cost, quantity)
    elif not order.reduce_only:
        check_margin(state, state.customers[order.account], market, order, cost)
