"""What an order's fills cost so far, which the exchange keeps with the fills and the venue prints with the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Fill, Order, OrderEvent


class Fees:
    """The running sums of open orders; those of others are summed from the ledger when somebody asks."""

    def __init__(self, exchange: Exchange) -> None:
        """Start with nothing summed."""
        self._exchange = exchange
        self._sums: dict[int, Decimal] = {}

    def after(self, event: OrderEvent) -> Decimal:
        """Count an event's fill in; give the sum including it. Forgotten when the order is final."""
        order, fill = event.order, event.fill
        known = self._sums.get(order.order_id)
        if known is None and fill and fill.quantity != order.filled:
            # Filled before this process began. The ledger may be ahead of the event that is being told.
            known = sum((f.commission for f in self._fills(order) if f.trade_id <= fill.trade_id), ZERO)
        elif known is None and order.filled and not fill:
            known = sum((f.commission for f in self._fills(order)), ZERO)
        elif fill:
            known = (known or ZERO) + fill.commission
        total = known or ZERO
        if order.status.is_open:
            self._sums[order.order_id] = total
        else:
            self._sums.pop(order.order_id, None)
        return total

    def of(self, orders: Sequence[Order]) -> dict[int, Decimal]:
        """Give the sums by order id."""
        sums = {order.order_id: ZERO for order in orders}
        filled = [order for order in orders if order.filled]
        if filled:
            for fill in self._exchange.fills_of(filled[0].account, [order.order_id for order in filled]):
                sums[fill.order_id] += fill.commission
        return sums

    def _fills(self, order: Order) -> list[Fill]:
        return self._exchange.fills_of(order.account, [order.order_id])
