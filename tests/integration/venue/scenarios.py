"""What the conformance nodes do on futures, act by act."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.events import OrderUpdated
from nautilus_trader.model.identifiers import InstrumentId

from tests.integration.venue.acts import Observing, Surviving, Trading
from tests.integration.venue.scenario import Scenario

if TYPE_CHECKING:
    from nautilus_trader.model.data import MarkPriceUpdate


class Observe(Observing):
    """Subscribes to mark prices too."""

    second_instrument = InstrumentId.from_str("ETHUSDT-PERP.BINANCE")
    kinds = (*Observing.kinds, "mark")

    async def act(self) -> None:
        """Wait for all of it."""
        self.subscribe_mark_prices(self.instrument_id)
        await super().act()

    def on_mark_price(self, price: MarkPriceUpdate) -> None:
        """Count."""
        self.count("mark")


class Trade(Trading):
    """Uses every order command the adapter has, and leaves an open order and a position behind."""

    too_much, least = "40.000", "0.010"

    async def act(self) -> None:
        """The whole story."""
        await self.first_quote()
        await self._amend_and_cancel()
        await self.post_only()
        await self.market(OrderSide.BUY, "0.050")
        await self.partly_then_wholly()
        await self.cancel_many()
        await self.leave_one()

    async def _amend_and_cancel(self) -> None:
        order = self.limit(OrderSide.BUY, self.off(-3))
        await self.submit(order, OrderStatus.ACCEPTED)
        price, quantity = self.instrument.make_price(self.off(-2)), self.instrument.make_qty(Decimal("0.020"))
        self.modify_order(order, quantity=quantity, price=price)
        await self.until("amended", lambda: order.price == price and order.quantity == quantity)
        assert any(isinstance(event, OrderUpdated) for event in order.events)
        await self.status(order, OrderStatus.ACCEPTED)
        await self.cancel(order)


class Resume(Scenario):
    """Looks at what a cold node found, and cancels the order that was left open."""

    async def act(self) -> None:
        """Cancel an order that this node never placed, then wait for a round of the continuous checks."""
        (order,) = self.cache.orders_open()
        self.cancel_order(order)
        await self.until("cancelled", lambda: order.is_closed)
        await asyncio.sleep(4)


class Survive(Surviving):
    """On futures."""

    resubscribed = "Resubscribed after"


SCENARIOS: dict[str, type[Scenario]] = {"observe": Observe, "trade": Trade, "resume": Resume, "survive": Survive}
