"""A node in hedge mode: a long and a short position of one contract, opened and closed side by side."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from nautilus_trader.model.enums import OrderSide, OrderStatus, TimeInForce, TriggerType
from nautilus_trader.model.identifiers import PositionId

from tests.integration.venue.scenario import Scenario

if TYPE_CHECKING:
    from nautilus_trader.model.orders import Order


class Hedge(Scenario):
    """Trades both position sides and leaves a long position and its stop behind."""

    oms = "HEDGING"

    async def act(self) -> None:
        """Open both, close the short one, protect the long one."""
        self.instrument = self.cache.instrument(self.instrument_id)
        self.long = PositionId(f"{self.instrument_id}-LONG")
        self.short = PositionId(f"{self.instrument_id}-SHORT")
        await self.first_quote()
        await self._fill(OrderSide.BUY, "0.050", self.long)
        await self._fill(OrderSide.SELL, "0.020", self.short)
        assert self._held(self.long) == Decimal("0.050")
        assert self._held(self.short) == Decimal("-0.020")
        # The continuous checks run every four seconds: they must find both positions and nothing to correct.
        await asyncio.sleep(5)
        assert {position.id for position in self.cache.positions()} == {self.long, self.short}
        await self._fill(OrderSide.BUY, "0.020", self.short)
        assert self._held(self.short) == 0
        quote = self.last_quote
        resting = self.order_factory.limit(
            self.instrument_id,
            OrderSide.SELL,
            self.instrument.make_qty(Decimal("0.010")),
            self.instrument.make_price(quote.ask_price.as_decimal() * Decimal("1.02") // 1),
            time_in_force=TimeInForce.GTC,
        )
        self.submit_order(resting, position_id=self.long)
        await self.until("resting", lambda: resting.status == OrderStatus.ACCEPTED)
        stop = self.order_factory.stop_market(
            self.instrument_id,
            OrderSide.SELL,
            self.instrument.make_qty(Decimal("0.050")),
            self.instrument.make_price(quote.bid_price.as_decimal() * Decimal("0.97") // 1),
            trigger_type=TriggerType.LAST_PRICE,
        )
        self.submit_order(stop, position_id=self.long)
        await self.until("stop waits", lambda: stop.status == OrderStatus.ACCEPTED)
        self.cancel_order(resting)
        await self.until("cancelled", lambda: resting.status == OrderStatus.CANCELED)

    def _held(self, position_id: PositionId) -> Decimal:
        position = self.cache.position(position_id)
        quantity: Decimal = position.signed_decimal_qty()
        return quantity

    async def _fill(self, side: OrderSide, quantity: str, position_id: PositionId) -> None:
        order: Order = self.order_factory.market(self.instrument_id, side, self.instrument.make_qty(Decimal(quantity)))
        self.submit_order(order, position_id=position_id)
        await self.until(f"filled {position_id}", lambda: order.status == OrderStatus.FILLED)
