"""What must hold after every operation, worked out a second time from fills and open orders alone; for debug mode."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from simvenue.exchange.account import hold_price
from simvenue.exchange.types import ZERO, InstrumentKind, OrderStatus, Side, TriggerSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from simvenue.exchange.account import Customer
    from simvenue.exchange.operation import Operation
    from simvenue.exchange.state import State, SymbolState
    from simvenue.exchange.types import Fill, PositionSide


class InvariantBroken(Exception):  # noqa: N818 - says what is the matter with the exchange
    """The exchange contradicts itself; the message lists every contradiction."""


class Watch:
    """A second set of books, kept from fills and funding only; it costs a walk over all open orders per operation."""

    def __init__(self, state: State) -> None:
        """Start from the books as they are."""
        self._state = state
        self._balances: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self._positions: defaultdict[tuple[str, str, PositionSide], Decimal] = defaultdict(lambda: ZERO)
        self._filled: defaultdict[int, Decimal] = defaultdict(lambda: ZERO)
        for customer in state.customers.values():
            self._balances.update({(customer.name, asset): amount for asset, amount in customer.balances.items()})
            self._positions.update(
                {(customer.name, *key): position.quantity for key, position in customer.positions.items()}
            )
            self._filled.update({order.order_id: order.filled for order in customer.open_orders.values()})
        # What contracts settle in may go below zero by a loss; nothing else may.
        listed = [market.instrument for market in state.symbols.values()]
        self._settled = {i.quote for i in listed if i.kind is not InstrumentKind.SPOT}

    def check(self, operation: Operation) -> None:
        """Book an operation a second time and compare.

        Raises:
            InvariantBroken: something does not add up.
        """
        for fill in operation.changes.fills:
            self._add(fill)
        for payment in operation.changes.funding:
            self._balances[payment.account, payment.asset] += payment.amount
        found = [*_book(self._state, operation.market), *_trades(operation), *self._orders(operation)]
        found += _triggers(self._state, operation)
        for customer in self._state.customers.values():
            found += self._owned(customer)
            found += self._held(customer)
        if found:
            raise InvariantBroken("; ".join(found))

    def _add(self, fill: Fill) -> None:
        instrument = self._state.symbols[fill.symbol].instrument
        self._filled[fill.order_id] += fill.quantity
        self._balances[fill.account, fill.commission_asset] -= fill.commission
        signed = fill.side.sign * fill.quantity
        if instrument.kind is InstrumentKind.SPOT:
            self._balances[fill.account, instrument.base] += signed
            self._balances[fill.account, instrument.quote] -= signed * fill.price
        else:
            self._balances[fill.account, instrument.quote] += fill.realized_pnl
            self._positions[fill.account, fill.symbol, fill.position_side] += signed

    def _orders(self, operation: Operation) -> Iterator[str]:
        for order in operation.changes.orders.values():
            filled = self._filled[order.order_id]
            if order.filled != filled or order.filled > order.quantity:
                yield f"order {order.order_id} says filled {order.filled} of {order.quantity}, its fills say {filled}"
            if not order.status.is_open:
                del self._filled[order.order_id]

    def _owned(self, customer: Customer) -> Iterator[str]:
        for asset, amount in customer.balances.items():
            expected = self._balances[customer.name, asset]
            if amount != expected:
                yield f"balance {asset} of {customer.name} is {amount}, the fills say {expected}"
            if asset not in self._settled and (amount < 0 or customer.free(asset) < 0):
                yield f"{customer.name} has {amount} {asset} and {customer.locked.get(asset, ZERO)} of it locked"
        for key, position in customer.positions.items():
            expected = self._positions[customer.name, *key]
            if position.quantity != expected:
                yield f"position {key} of {customer.name} is {position.quantity}, the fills say {expected}"

    def _held(self, customer: Customer) -> Iterator[str]:
        locked: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
        resting: defaultdict[tuple[str, PositionSide, Side], Decimal] = defaultdict(lambda: ZERO)
        for order in customer.open_orders.values():
            instrument = self._state.symbols[order.symbol].instrument
            value = order.remaining * hold_price(order)
            if not self._state.holds(order):
                continue
            if instrument.kind is not InstrumentKind.SPOT:
                resting[order.symbol, order.position_side, order.side] += ZERO if order.reduce_only else value
            elif order.side is Side.BUY:
                locked[instrument.quote] += value
            else:
                locked[instrument.base] += order.remaining
        for asset in locked.keys() | customer.locked.keys():
            if customer.locked.get(asset, ZERO) != locked[asset]:
                yield f"{customer.name} has {customer.locked.get(asset)} {asset} locked, orders say {locked[asset]}"
        for key in resting.keys() | customer.resting.keys():
            if customer.resting.get(key, ZERO) != resting[key]:
                yield f"{customer.name} has {customer.resting.get(key)} resting in {key}, orders say {resting[key]}"


def _book(state: State, market: SymbolState) -> Iterator[str]:
    symbol, book = market.instrument.symbol, market.book
    bid, ask = book.best(Side.BUY), book.best(Side.SELL)
    if bid and ask and bid[0] >= ask[0]:
        yield f"book of {symbol} is crossed: {bid[0]} bid, {ask[0]} asked"
    present = sum(len(quotes) for quotes in market.quotes.values())
    for customer in state.customers.values():
        for order in customer.open_orders.values():
            if order.symbol != symbol:
                continue
            if order.status is OrderStatus.UNTRIGGERED:
                if market.waiting.get(order.order_id) != customer.name:
                    yield f"order {order.order_id} is untriggered and does not wait"
                continue
            present += 1
            resting = book.get(order.order_id)
            if resting is None or resting.remaining != order.remaining or resting.price != order.price:
                yield f"order {order.order_id} has {order.remaining} at {order.price} open, the book has {resting}"
    if present != len(book):
        yield f"book of {symbol} holds {len(book)} orders, {present} are open"


def _trades(operation: Operation) -> Iterator[str]:
    sides = {(t.trade_id, Side.BUY, t.buyer_order_id): t for t in operation.trades}
    sides |= {(t.trade_id, Side.SELL, t.seller_order_id): t for t in operation.trades}
    # The market's own sides stand in no ledger; every side that is a customer's order has one fill.
    expected = {key for key in sides if key[2] in operation.changes.orders}
    keys = Counter((fill.trade_id, fill.side, fill.order_id) for fill in operation.changes.fills)
    if set(keys) != expected or any(count > 1 for count in keys.values()):
        yield f"trades have the sides {sorted(expected)}, fills {sorted(keys.elements())}"
    for fill in operation.changes.fills:
        trade = sides.get((fill.trade_id, fill.side, fill.order_id))
        if trade and (trade.price, trade.quantity, trade.symbol) != (fill.price, fill.quantity, fill.symbol):
            yield f"trade {trade.trade_id} is {trade}, its fill {fill}"
    for trade in operation.trades:
        if trade.buyer_order_id == trade.seller_order_id:
            yield f"trade {trade.trade_id} has one side only"


def _triggers(state: State, operation: Operation) -> Iterator[str]:
    market = operation.market
    marks = [market.reference] if market.reference != operation.reference else []
    for order_id, account in market.waiting.items():
        trigger = state.customers[account].open_orders[order_id].trigger
        if trigger is None or trigger.price is None:
            continue
        seen = [t.price for t in operation.trades] if trigger.source is TriggerSource.LAST else marks
        if seen and (max(seen) >= trigger.price if trigger.rises else min(seen) <= trigger.price):
            yield f"order {order_id} still waits for {trigger.price}, the prices were {seen}"
