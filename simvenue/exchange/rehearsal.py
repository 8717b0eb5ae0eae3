"""What only the venue itself does to an account: book funding, and close a position by force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange import trading
from simvenue.exchange.account import CENT
from simvenue.exchange.admission import check_open
from simvenue.exchange.contracts import FundingEvent, FundingPayment
from simvenue.exchange.matching import traded_quantity
from simvenue.exchange.types import (
    ZERO,
    InstrumentKind,
    Order,
    OrderStatus,
    OrderType,
    Position,
    Rejection,
    RejectReason,
    Side,
    TimeInForce,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.account import Customer
    from simvenue.exchange.operation import Operation
    from simvenue.exchange.state import State, SymbolState


def settle_funding(state: State, operation: Operation, rate: Decimal) -> list[FundingPayment]:
    """Have every position of the operation's contract pay or receive; positions pay when they are long and rate > 0."""
    market = operation.market
    instrument = market.instrument
    payments = []
    for customer in sorted(state.customers.values(), key=lambda customer: customer.name):
        for position in _held(customer, instrument.symbol):
            payment = FundingPayment(
                payment_id=state.payment_ids.take(),
                account=customer.name,
                symbol=instrument.symbol,
                position_side=position.position_side,
                quantity=position.quantity,
                mark_price=market.reference,
                rate=rate,
                amount=(-position.quantity * market.reference * rate).quantize(CENT),
                asset=instrument.quote,
                time_ms=operation.time_ms,
            )
            operation.pay(customer, instrument.quote, payment.amount)
            operation.changes.funding.append(payment)
            event = FundingEvent(
                payment=payment, balances=dict(customer.balances), position=position, time_ms=operation.time_ms
            )
            operation.events.append(event)
            payments.append(payment)
    return payments


def check_liquidation(state: State, customer: Customer, market: SymbolState) -> None:
    """Refuse a liquidation that could close nothing.

    Raises:
        Rejection: MARKET_CLOSED, UNKNOWN_SYMBOL for spot, REDUCE_ONLY without a position, NO_LIQUIDITY.
    """
    check_open(market)
    symbol = market.instrument.symbol
    if market.instrument.kind is not InstrumentKind.PERPETUAL:
        raise Rejection(RejectReason.UNKNOWN_SYMBOL, f"{symbol} is spot, not a contract")
    held = _held(customer, symbol)
    if not held:
        raise Rejection(RejectReason.REDUCE_ONLY, f"{customer.name} holds no position in {symbol}")
    for position in held:
        matches = trading.plan_for(
            state,
            market,
            account=customer.name,
            side=_closing(position),
            quantity=abs(position.quantity),
            limit=None,
        )
        if not traded_quantity(matches):
            raise Rejection(RejectReason.NO_LIQUIDITY, f"nobody takes {symbol} off {customer.name}")


def liquidate(state: State, operation: Operation, customer: Customer) -> list[int]:
    """Cancel the account's orders in the operation's contract and close its positions at market; give the order ids.

    The closing orders have the client ids ``autoclose-<ms>``, as at Binance; in hedge mode the second has the next
    millisecond.
    """
    market = operation.market
    symbol = market.instrument.symbol
    for order in sorted(customer.open_orders.values(), key=lambda order: order.order_id):
        if order.symbol == symbol:
            trading.finish(state, operation, order, OrderStatus.CANCELED)
    closed = []
    for offset, position in enumerate(_held(customer, symbol)):
        order_id = state.order_ids.take()
        order = Order(
            order_id=order_id,
            account=customer.name,
            symbol=symbol,
            client_order_id=f"autoclose-{operation.time_ms + offset}",
            side=_closing(position),
            type=OrderType.MARKET,
            time_in_force=TimeInForce.IOC,
            price=None,
            quantity=abs(position.quantity),
            filled=ZERO.quantize(market.instrument.step_size),
            quote_filled=ZERO,
            average_price=ZERO,
            reduce_only=True,
            status=OrderStatus.NEW,
            created_ms=operation.time_ms,
            updated_ms=operation.time_ms,
            priority=order_id,
            position_side=position.position_side,
        )
        matches = trading.plan_for(
            state, market, account=customer.name, side=order.side, quantity=order.quantity, limit=None
        )
        trading.place(state, operation, order, matches)
        closed.append(order_id)
    return closed


def _held(customer: Customer, symbol: str) -> list[Position]:
    held = [position for (name, _), position in sorted(customer.positions.items()) if name == symbol]
    return [position for position in held if position.quantity]


def _closing(position: Position) -> Side:
    return Side.SELL if position.quantity > 0 else Side.BUY
