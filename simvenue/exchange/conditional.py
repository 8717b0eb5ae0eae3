"""Firing the orders that wait for a price, after whatever moved it, and what becomes of them then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simvenue.exchange import admission, trading
from simvenue.exchange.triggers import fires, follow
from simvenue.exchange.types import Execution, Order, OrderStatus, Rejection, RejectReason, TriggerSource

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.operation import Operation
    from simvenue.exchange.state import State

_UNPAID = frozenset({RejectReason.INSUFFICIENT_MARGIN, RejectReason.INSUFFICIENT_BALANCE})


def run(state: State, operation: Operation) -> None:
    """Fire what the operation's prices trigger, and what the trades of that trigger in turn, oldest order first."""
    market, seen = operation.market, 0
    if market.reference != operation.reference:
        _observe(state, operation, market.reference, last=False)
    while market.waiting and seen < len(operation.trades):
        _observe(state, operation, operation.trades[seen].price, last=True)
        seen += 1


def _observe(state: State, operation: Operation, price: Decimal, *, last: bool) -> None:
    waiting = operation.market.waiting
    for order_id in sorted(waiting):
        account = waiting.get(order_id)
        if account is None:
            continue
        customer = state.customers[account]
        order = customer.open_orders[order_id]
        trigger = order.trigger
        if trigger is None or (trigger.source is TriggerSource.LAST) != last:
            continue
        followed = follow(trigger, price)
        if followed is not trigger:
            order = replace(order, trigger=followed)
            operation.keep(order, customer)
        if fires(followed, price):
            _fire(state, operation, order)


def _fire(state: State, operation: Operation, order: Order) -> None:
    now, customer = operation.time_ms, state.customers[order.account]
    state.leave(order)
    order = replace(order, status=OrderStatus.NEW, triggered_ms=now, updated_ms=now, priority=state.order_ids.take())
    try:
        order, matches = admission.admit(state, operation.market, order)
    except Rejection as refused:
        status = OrderStatus.REJECTED if refused.reason in _UNPAID else OrderStatus.EXPIRED
        operation.tell(Execution.TRIGGERED, order, customer)
        trading.finish(state, operation, order, status, refused.reason)
        return
    trading.place(state, operation, order, matches, Execution.TRIGGERED)
