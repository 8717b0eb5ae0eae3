"""What trading does to orders, positions and balances, inside one `Operation`; nothing is refused here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simvenue.exchange.account import CENT
from simvenue.exchange.book import Resting
from simvenue.exchange.matching import Match, crosses, plan, traded_quantity
from simvenue.exchange.perpetual import apply_fill
from simvenue.exchange.spot import exchanged
from simvenue.exchange.types import (
    MARKET_ACCOUNT,
    ZERO,
    Execution,
    Fill,
    InstrumentKind,
    Order,
    OrderStatus,
    OrderType,
    PublicTrade,
    Side,
    TimeInForce,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.account import Customer
    from simvenue.exchange.operation import Operation
    from simvenue.exchange.state import State, SymbolState
    from simvenue.exchange.types import Levels, MarketStep, RejectReason

_WAITING = frozenset({TimeInForce.GTC, TimeInForce.GTX, TimeInForce.GTD})


def plan_for(
    state: State, market: SymbolState, *, account: str, side: Side, quantity: Decimal, limit: Decimal | None
) -> list[Match]:
    """Plan what an order would meet in a market now."""
    symbol = market.instrument.symbol
    return plan(
        market.book,
        account=account,
        side=side,
        quantity=quantity,
        limit=limit,
        position=lambda name, position_side: state.customers[name].quantity(symbol, position_side),
    )


def place(
    state: State, operation: Operation, order: Order, matches: list[Match], execution: Execution = Execution.NEW
) -> Order:
    """Accept an order that passed every check, trade it, and let the rest wait or expire by its time in force."""
    operation.tell(execution, order, state.customers[order.account])
    if order.time_in_force is TimeInForce.FOK and traded_quantity(matches) != order.quantity:
        matches = []
    return settle(state, operation, order, matches)


def settle(state: State, operation: Operation, order: Order, matches: list[Match]) -> Order:
    """Trade an order's matches; what is left rests (GTC, GTX, GTD) or expires."""
    order = execute(state, operation, order, matches)
    if order.status.is_open:
        if order.type is OrderType.LIMIT and order.time_in_force in _WAITING:
            state.enter(order)
        else:
            order = finish(state, operation, order, OrderStatus.EXPIRED)
    expire_spent_reduce_only(state, operation)
    return order


def execute(state: State, operation: Operation, taker: Order, matches: list[Match]) -> Order:
    """Trade a customer's incoming order against its matches."""
    for match in matches:
        trade_id = _trade(state, operation, match, taker.side, taker.order_id)
        if trade_id is not None:
            taker = _fill(state, operation, taker, match, trade_id)
    return taker


def finish(
    state: State, operation: Operation, order: Order, status: OrderStatus, reason: RejectReason | None = None
) -> Order:
    """End an open order as canceled, expired or, when a triggered one cannot be paid, rejected."""
    state.leave(order)
    order = replace(order, status=status, updated_ms=operation.time_ms)
    execution = Execution.CANCELED if status is OrderStatus.CANCELED else Execution.EXPIRED
    operation.tell(execution, order, state.customers[order.account], reason=reason)
    return order


def expire_spent_reduce_only(state: State, operation: Operation) -> None:
    """Expire the reduce-only orders of customers whose position no longer leaves them anything to reduce."""
    symbol = operation.market.instrument.symbol
    for customer in operation.moved.values():
        for order_id in sorted(customer.reduce_only.get(symbol, ())):
            order = customer.open_orders[order_id]
            if not customer.reducible(symbol, order.side, order.position_side):
                finish(state, operation, order, OrderStatus.EXPIRED)


def move_market(state: State, operation: Operation, step: MarketStep) -> None:
    """Move the simulated market's ladder, then let its takers trade."""
    market = operation.market
    market.reference = step.reference
    wanted = {Side.BUY: dict(step.bids), Side.SELL: dict(step.asks)}
    # Stale quotes go before new ones come: the market's two sides would trade with each other otherwise.
    for side, levels in wanted.items():
        quotes = market.quotes[side]
        for price in [price for price in quotes if price not in levels]:
            market.book.remove(quotes.pop(price))
    for side, new in ((Side.BUY, step.bids), (Side.SELL, step.asks)):
        _quote(state, operation, side, new)
    for take in step.takes:
        order_id = state.order_ids.take()
        _trade_market(state, operation, order_id, side=take.side, quantity=take.quantity, limit=take.limit)
    expire_spent_reduce_only(state, operation)


def _quote(state: State, operation: Operation, side: Side, levels: Levels) -> None:
    market = operation.market
    quotes = market.quotes[side]
    for price, quantity in levels:
        present = quotes.pop(price, None)
        if present and present.remaining == quantity:
            quotes[price] = present
            continue
        if present:
            market.book.remove(present)
        # A refilled level queues behind the customers who waited there.
        order_id = state.order_ids.take()
        left = quantity - _trade_market(state, operation, order_id, side=side, quantity=quantity, limit=price)
        if left:
            quotes[price] = Resting(order_id, MARKET_ACCOUNT, side, price, left)
            market.book.add(quotes[price])


def _trade_market(
    state: State, operation: Operation, order_id: int, *, side: Side, quantity: Decimal, limit: Decimal | None
) -> Decimal:
    if limit is not None:
        # Nearly every quote meets nobody: not worth a plan.
        best = operation.market.book.best(side.opposite)
        if best is None or not crosses(side, limit, best[0]):
            return ZERO
    matches = plan_for(state, operation.market, account=MARKET_ACCOUNT, side=side, quantity=quantity, limit=limit)
    for match in matches:
        _trade(state, operation, match, side, order_id)
    return traded_quantity(matches)


def _trade(state: State, operation: Operation, match: Match, aggressor: Side, taker_id: int) -> int | None:
    # The maker's half of a match and the public print; gives the trade id for the taker's half, None if nothing traded.
    maker, market = match.maker, operation.market
    trade_id = None
    if match.quantity:
        trade_id = state.trade_ids.take()
        market.book.reduce(maker, match.quantity)
        if maker.account != MARKET_ACCOUNT:
            customer = state.customers[maker.account]
            order = customer.open_orders[maker.order_id]
            customer.hold(market.instrument, order, -match.quantity)
            _fill(state, operation, order, match, trade_id)
        elif not maker.remaining:
            del market.quotes[maker.side][maker.price]
        buyer, seller = (taker_id, maker.order_id) if aggressor is Side.BUY else (maker.order_id, taker_id)
        trade = PublicTrade(
            symbol=market.instrument.symbol,
            trade_id=trade_id,
            price=maker.price,
            quantity=match.quantity,
            aggressor=aggressor,
            buyer_order_id=buyer,
            seller_order_id=seller,
            time_ms=operation.time_ms,
        )
        operation.tell_trade(trade)
    if match.expires:
        order = state.customers[maker.account].open_orders[maker.order_id]
        finish(state, operation, order, OrderStatus.EXPIRED)
    return trade_id


def _fill(state: State, operation: Operation, order: Order, match: Match, trade_id: int) -> Order:
    # One customer's half of a match, the maker's or the taker's.
    price, quantity, is_maker = match.maker.price, match.quantity, match.maker.order_id == order.order_id
    customer = state.customers[order.account]
    commission, commission_asset, realized = _book(operation, customer, order, price, quantity, is_maker=is_maker)
    filled, quote_filled = order.filled + quantity, order.quote_filled + price * quantity
    order = replace(
        order,
        filled=filled,
        quote_filled=quote_filled,
        average_price=(quote_filled / filled).quantize(CENT),
        status=OrderStatus.FILLED if filled == order.quantity else OrderStatus.PARTIALLY_FILLED,
        updated_ms=operation.time_ms,
    )
    fill = Fill(
        trade_id=trade_id,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        price=price,
        quantity=quantity,
        is_maker=is_maker,
        commission=commission,
        commission_asset=commission_asset,
        realized_pnl=realized,
        time_ms=operation.time_ms,
        position_side=order.position_side,
    )
    operation.tell(Execution.TRADE, order, customer, fill=fill)
    return order


def _book(
    operation: Operation, customer: Customer, order: Order, price: Decimal, quantity: Decimal, *, is_maker: bool
) -> tuple[Decimal, str, Decimal]:
    # What a fill does to what a customer owns; gives commission, its asset, and the profit realised.
    instrument = operation.market.instrument
    fee = instrument.maker_fee if is_maker else instrument.taker_fee
    if instrument.kind is InstrumentKind.SPOT:
        moved = exchanged(instrument, order.side, price, quantity, fee)
        operation.pay(customer, instrument.base, moved.base)
        operation.pay(customer, instrument.quote, moved.quote)
        return moved.commission, moved.commission_asset, ZERO.quantize(CENT)
    position, realized = apply_fill(
        customer.positions.get((order.symbol, order.position_side)),
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        price=price,
        quantity=quantity,
        time_ms=operation.time_ms,
        position_side=order.position_side,
    )
    commission = (price * quantity * fee).quantize(CENT)
    operation.hold(position, customer)
    operation.pay(customer, instrument.quote, realized - commission)
    return commission, instrument.quote, realized
