"""Whether an order may be taken: its own words first, then what it meets in the book and what its owner can pay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simvenue.exchange.account import CENT, hold_price
from simvenue.exchange.contracts import PositionMode
from simvenue.exchange.filters import check_notional, checked_price, checked_quantity
from simvenue.exchange.margin import check_balance, check_margin
from simvenue.exchange.matching import traded_quantity, traded_value
from simvenue.exchange.spot import plan_amount
from simvenue.exchange.trading import plan_for
from simvenue.exchange.triggers import checked_trigger
from simvenue.exchange.types import (
    ZERO,
    InstrumentKind,
    Order,
    OrderStatus,
    OrderType,
    PositionSide,
    Rejection,
    RejectReason,
    Side,
    TimeInForce,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.account import Customer
    from simvenue.exchange.matching import Match
    from simvenue.exchange.state import State, SymbolState
    from simvenue.exchange.types import OrderRequest


def check_open(market: SymbolState) -> None:
    """Refuse what a halted market does not take.

    Raises:
        Rejection: MARKET_CLOSED.
    """
    if market.halted:
        raise Rejection(RejectReason.MARKET_CLOSED, f"{market.instrument.symbol} is halted; only cancels are taken")


def draft(state: State, customer: Customer, market: SymbolState, request: OrderRequest, now: int) -> Order:
    """Turn a request into the order it asks for, without an id yet; UNTRIGGERED when it has a trigger.

    Raises:
        Rejection: the request contradicts itself, the instrument or the account's position mode.
    """
    check_open(market)
    instrument = market.instrument
    if request.client_order_id is not None and (request.symbol, request.client_order_id) in customer.client_order_ids:
        detail = f"client order id {request.client_order_id} belongs to an open order"
        raise Rejection(RejectReason.DUPLICATE_CLIENT_ORDER_ID, detail)
    _check_position_side(customer, market, request)
    if request.time_in_force is TimeInForce.GTD and (request.expires_ms is None or request.expires_ms <= now):
        raise Rejection(RejectReason.EXPIRY, f"a GTD order must expire after now ({now}), not {request.expires_ms}")
    trigger = checked_trigger(market, request.trigger) if request.trigger else None
    near = (trigger and trigger.price) or market.reference
    price = None
    if request.type is OrderType.LIMIT:
        if request.price is None:
            raise Rejection(RejectReason.PRICE_RANGE, "a LIMIT order needs a price")
        price = checked_price(instrument, request.price, side=request.side, mark=near)
    reduces = request.reduce_only or request.close_position or _closes(request)
    if reduces and instrument.kind is InstrumentKind.SPOT:
        raise Rejection(RejectReason.REDUCE_ONLY, f"{instrument.symbol} is spot; there is no position to reduce")
    order = Order(
        order_id=0,
        account=request.account,
        symbol=request.symbol,
        client_order_id=request.client_order_id or "",
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        price=price,
        quantity=_checked_amount(market, request),
        filled=ZERO.quantize(instrument.step_size),
        quote_filled=ZERO,
        average_price=ZERO,
        reduce_only=reduces,
        status=OrderStatus.UNTRIGGERED if trigger else OrderStatus.NEW,
        created_ms=now,
        updated_ms=now,
        position_side=request.position_side,
        trigger=trigger,
        expires_ms=request.expires_ms if request.time_in_force is TimeInForce.GTD else None,
        quote_quantity=request.quote_quantity,
        close_position=request.close_position,
    )
    if not reduces and request.quote_quantity is None:
        check_notional(instrument, order.quantity, price or near)
    if trigger and state.holds(order):
        check_spot(state, market, order, order.quantity * hold_price(order), order.quantity)
    return order


def admit(state: State, market: SymbolState, order: Order) -> tuple[Order, list[Match]]:
    """Give an order that is about to meet the book its final quantity, and what it will trade there.

    Raises:
        Rejection: REDUCE_ONLY, WOULD_TAKE, NO_LIQUIDITY, INSUFFICIENT_MARGIN, INSUFFICIENT_BALANCE, and
            QUANTITY_RANGE for an amount of quote currency that buys nothing or too much.
    """
    customer = state.customers[order.account]
    if order.reduce_only:
        most = customer.reducible(order.symbol, order.side, order.position_side)
        order = replace(order, quantity=most if order.close_position else min(order.quantity, most))
        if not order.quantity:
            detail = f"{order.side} would not reduce the position of {-order.side.sign * most}"
            raise Rejection(RejectReason.REDUCE_ONLY, detail)
    if order.quote_quantity is None:
        matches = plan_for(
            state, market, account=order.account, side=order.side, quantity=order.quantity, limit=order.price
        )
    else:
        order, matches = _plan_amount(market, order, order.quote_quantity)
    if matches and order.time_in_force is TimeInForce.GTX:
        detail = f"post-only {order.side} at {order.price} would take at {matches[0].maker.price}"
        raise Rejection(RejectReason.WOULD_TAKE, detail)
    if order.price is None and not matches:
        raise Rejection(RejectReason.NO_LIQUIDITY, f"nobody stands against a {order.side} of {order.symbol}")
    if market.instrument.kind is InstrumentKind.SPOT:
        cost = traded_value(matches) if order.price is None else order.quantity * order.price
        check_spot(state, market, order, cost, order.quantity)
    elif not order.reduce_only:
        rest = (order.quantity - traded_quantity(matches)) * order.price if order.price else ZERO
        check_margin(state, customer, market, order, traded_value(matches) + rest)
    return order, matches


def check_spot(state: State, market: SymbolState, order: Order, cost: Decimal, quantity: Decimal) -> None:
    """Refuse a spot order whose owner has not ``cost`` of quote currency to buy, or ``quantity`` of base to sell.

    Raises:
        Rejection: INSUFFICIENT_BALANCE.
    """
    buys = order.side is Side.BUY
    asset, amount = (market.instrument.quote, cost) if buys else (market.instrument.base, quantity)
    check_balance(state, state.customers[order.account], asset, amount)


def _plan_amount(market: SymbolState, order: Order, amount: Decimal) -> tuple[Order, list[Match]]:
    instrument = market.instrument
    matches, quantity = plan_amount(
        market.book, account=order.account, side=order.side, amount=amount, step=instrument.step_size
    )
    if market.book.best(order.side.opposite) and not 0 < quantity <= instrument.max_market_quantity:
        most = instrument.max_market_quantity
        detail = (
            f"{amount} {instrument.quote} makes {quantity} {instrument.base}; it must be above 0 and at most {most}"
        )
        raise Rejection(RejectReason.QUANTITY_RANGE, detail)
    return replace(order, quantity=quantity), matches


def _checked_amount(market: SymbolState, request: OrderRequest) -> Decimal:
    instrument, amount = market.instrument, request.quote_quantity
    if request.close_position:
        if request.type is not OrderType.MARKET or request.quantity or amount is not None:
            detail = "an order that closes the whole position is a MARKET order without a quantity"
            raise Rejection(RejectReason.QUANTITY_RANGE, detail)
        return ZERO.quantize(instrument.step_size)
    if amount is None:
        return checked_quantity(instrument, request.quantity, request.type)
    if instrument.kind is not InstrumentKind.SPOT or request.type is not OrderType.MARKET or request.quantity:
        detail = "only a spot MARKET order without a quantity can say an amount of quote currency"
        raise Rejection(RejectReason.QUANTITY_RANGE, detail)
    if not amount.is_finite() or not 0 < amount < instrument.max_market_quantity * instrument.max_price:
        raise Rejection(RejectReason.QUANTITY_RANGE, f"amount {amount} {instrument.quote} must be above 0")
    if amount % CENT:
        raise Rejection(RejectReason.QUANTITY_STEP, f"amount {amount} {instrument.quote} has more than 8 decimals")
    if amount < instrument.min_notional:
        detail = f"{amount} {instrument.quote} is less than {instrument.min_notional}"
        raise Rejection(RejectReason.MIN_NOTIONAL, detail)
    return ZERO.quantize(instrument.step_size)


def _check_position_side(customer: Customer, market: SymbolState, request: OrderRequest) -> None:
    one_way = customer.position_mode is PositionMode.ONE_WAY or market.instrument.kind is InstrumentKind.SPOT
    if one_way != (request.position_side is PositionSide.BOTH):
        detail = f"position side {request.position_side} does not fit {customer.position_mode} mode"
        raise Rejection(RejectReason.POSITION_SIDE, detail)


def _closes(request: OrderRequest) -> bool:
    # In hedge mode selling LONG and buying SHORT can do nothing but reduce.
    return (request.position_side, request.side) in {
        (PositionSide.LONG, Side.SELL),
        (PositionSide.SHORT, Side.BUY),
    }
