"""Every conditional order the adapter has: waits, fires when the market moves, fills or goes on as a limit order."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nautilus_trader.model.enums import OrderSide, OrderStatus, TrailingOffsetType, TriggerType
from nautilus_trader.model.events import OrderTriggered, OrderUpdated

from tests.integration.venue.acts import Trading

if TYPE_CHECKING:
    from nautilus_trader.model.orders import Order


class Conditional(Trading):
    """Moves the market by the admin API and sees each kind of order react, then leaves a position and two stops."""

    async def act(self) -> None:
        """The whole story."""
        await self.first_quote()
        await self._market_orders_fire()
        await self._limit_orders_go_on()
        await self._a_waiting_order_is_cancelled()
        await self._a_stop_that_would_fire_at_once_is_refused()
        await self._a_stop_closes_the_position()
        await self._funding_is_paid()
        left = self._stop_order(OrderSide.SELL, -3)
        self.submit_order(left)
        await self._accepted(left)

    async def _market_orders_fire(self) -> None:
        buy = self._stop_order(OrderSide.BUY, 1)
        touched = self.order_factory.market_if_touched(
            self.instrument_id, OrderSide.SELL, self._quantity(), self._price(1), trigger_type=TriggerType.MARK_PRICE
        )
        trailing = self.order_factory.trailing_stop_market(
            self.instrument_id,
            OrderSide.SELL,
            self._quantity(),
            trailing_offset=Decimal(50),
            trailing_offset_type=TrailingOffsetType.BASIS_POINTS,
            activation_price=self._price(1),
        )
        for order in (buy, touched, trailing):
            self.submit_order(order)
            await self._accepted(order)
        self._post("market/shift", percent="1.5")
        for order in (buy, touched):
            await self.status(order, OrderStatus.FILLED)
        assert trailing.is_open
        self._post("market/shift", percent="-1.5")
        await self.status(trailing, OrderStatus.FILLED)

    async def _limit_orders_go_on(self) -> None:
        stop = self.order_factory.stop_limit(
            self.instrument_id, OrderSide.BUY, self._quantity(), self._price(-1), self._price(1)
        )
        touched = self.order_factory.limit_if_touched(
            self.instrument_id, OrderSide.SELL, self._quantity(), self._price(3), self._price(1)
        )
        for order in (stop, touched):
            self.submit_order(order)
            await self._accepted(order)
        waiting = {order: order.venue_order_id for order in (stop, touched)}
        self._post("market/shift", percent="1.5")
        for order, algo_id in waiting.items():
            await self.until("in the matching engine", lambda o=order, i=algo_id: o.venue_order_id != i)  # type: ignore[misc] # bound at once
            assert order.is_open
            assert any(isinstance(event, OrderTriggered | OrderUpdated) for event in order.events)
        # The continuous checks run every four seconds: they must find nothing to correct in what was triggered.
        events = [len(order.events) for order in waiting]
        await asyncio.sleep(5)
        assert [len(order.events) for order in waiting] == events
        price = self._price(-2)
        self.modify_order(stop, price=price)
        await self.until("amended", lambda: stop.price == price)
        for order in waiting:
            self.cancel_order(order)
            await self.status(order, OrderStatus.CANCELED)

    async def _a_waiting_order_is_cancelled(self) -> None:
        order = self._stop_order(OrderSide.BUY, 2)
        self.submit_order(order)
        await self._accepted(order)
        await self.cancel(order)
        several = [self._stop_order(OrderSide.BUY, percent) for percent in (2, 3)]
        for order in several:
            self.submit_order(order)
            await self._accepted(order)
        self.cancel_all_orders(self.instrument_id)
        for order in several:
            await self.status(order, OrderStatus.CANCELED)

    async def _a_stop_that_would_fire_at_once_is_refused(self) -> None:
        order = self._stop_order(OrderSide.BUY, -1)
        self.submit_order(order)
        await self.status(order, OrderStatus.REJECTED)

    async def _a_stop_closes_the_position(self) -> None:
        await self.market(OrderSide.BUY, "0.040")
        closing = self._stop_order(OrderSide.SELL, -1, "0.010")
        self.submit_order(closing, params={"close_position": True})
        await self._accepted(closing)
        self._post("market/shift", percent="-1.5")
        await self.until("flat", lambda: not self.cache.positions_open())

    async def _funding_is_paid(self) -> None:
        await self.market(OrderSide.BUY, "0.040")
        account = self.cache.account_for_venue(self.instrument_id.venue)
        before = account.balance_total(self.instrument.quote_currency)
        self._post("market/funding", rate="0.001")
        await self.until("funding paid", lambda: account.balance_total(self.instrument.quote_currency) < before)

    def _quantity(self, quantity: str = "0.020") -> Any:  # noqa: ANN401 - upstream's Quantity has no types
        return self.instrument.make_qty(Decimal(quantity))

    def _price(self, percent: int) -> Any:  # noqa: ANN401 - upstream's Price has no types
        quote = self.last_quote
        middle = (quote.bid_price.as_decimal() + quote.ask_price.as_decimal()) / 2
        return self.instrument.make_price(middle * (100 + percent) / 100 // 1)

    def _stop_order(self, side: OrderSide, percent: int, quantity: str = "0.020") -> Order:
        return self.order_factory.stop_market(self.instrument_id, side, self._quantity(quantity), self._price(percent))

    async def _accepted(self, order: Order) -> None:
        await self.status(order, OrderStatus.ACCEPTED)

    def _post(self, verb: str, **body: str) -> None:
        self.ask_venue("POST", verb, {"symbol": "BTCUSDT", **body})
