"""One operation in the making: what it changed for the ledger, and the events to send once that is on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simvenue.exchange.ledger import Changes
from simvenue.exchange.types import ZERO, BookChange, OrderEvent, PublicTrade

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.account import Customer
    from simvenue.exchange.state import SymbolState
    from simvenue.exchange.types import Event, Execution, Fill, Order, Position, RejectReason


@dataclass(slots=True)
class Operation:
    """Everything one command or one market move did to one symbol, at one moment."""

    market: SymbolState
    time_ms: int
    changes: Changes = field(default_factory=Changes)
    events: list[Event] = field(default_factory=list)
    trades: list[PublicTrade] = field(default_factory=list)
    moved: dict[str, Customer] = field(default_factory=dict)
    reference: Decimal = field(init=False)

    def __post_init__(self) -> None:
        """Remember the reference price from before."""
        self.reference = self.market.reference

    def keep(self, order: Order, customer: Customer) -> None:
        """Record what an order is now, without telling anybody."""
        customer.keep(order)
        self.changes.orders[order.order_id] = order

    def tell(
        self,
        execution: Execution,
        order: Order,
        customer: Customer,
        *,
        fill: Fill | None = None,
        reason: RejectReason | None = None,
    ) -> None:
        """Record what an order is now, and tell its owner what happened to it."""
        self.keep(order, customer)
        if fill:
            self.changes.fills.append(fill)
            self.moved[customer.name] = customer
        event = OrderEvent(
            execution=execution,
            order=order,
            fill=fill,
            balances=dict(customer.balances),
            position=customer.positions.get((order.symbol, order.position_side)),
            time_ms=self.time_ms,
            reason=reason,
        )
        self.events.append(event)

    def pay(self, customer: Customer, asset: str, amount: Decimal) -> None:
        """Book a signed amount on a balance."""
        customer.balances[asset] = customer.balances.get(asset, ZERO) + amount
        self.changes.balances[customer.name, asset] = customer.balances[asset]

    def hold(self, position: Position, customer: Customer) -> None:
        """Book what a position is now."""
        key = (position.symbol, position.position_side)
        customer.positions[key] = position
        self.changes.positions[customer.name, *key] = position

    def tell_trade(self, trade: PublicTrade) -> None:
        """Record a trade as everybody sees it."""
        self.trades.append(trade)
        self.market.trades.append(trade)
        self.events.append(trade)

    def close(self) -> None:
        """Add the market data that follows from the operation: changed levels, best prices, the minute's bar."""
        market = self.market
        bids, asks = market.book.drain_changes()
        if bids or asks:
            previous = market.update_id
            market.update_id += len(bids) + len(asks)
            change = BookChange(
                symbol=market.instrument.symbol,
                bids=bids,
                asks=asks,
                first_update_id=previous + 1,
                last_update_id=market.update_id,
                previous_update_id=previous,
                time_ms=self.time_ms,
            )
            self.events.append(change)
            top, old = market.read_top(self.time_ms), market.top
            if (top.bid, top.bid_quantity, top.ask, top.ask_quantity) != (
                old.bid,
                old.bid_quantity,
                old.ask,
                old.ask_quantity,
            ):
                market.top = top
                self.events.append(top)
        self.events += market.candles.add(self.trades) if self.trades else market.candles.roll(self.time_ms)
