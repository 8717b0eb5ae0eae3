"""What a conformance node does on any of Binance's markets."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import BookType, OrderSide, OrderStatus, TimeInForce
from nautilus_trader.model.events import OrderFilled, OrderRejected

from tests.integration.venue.scenario import STEP_SECONDS, Scenario

if TYPE_CHECKING:
    from nautilus_trader.model.identifiers import InstrumentId
    from nautilus_trader.model.instruments import Instrument
    from nautilus_trader.model.orders import Order

BAR_SECONDS = 70.0


class Observing(Scenario):
    """Subscribes to every kind of data and ends when each has come."""

    second_instrument: InstrumentId
    kinds: tuple[str, ...] = ("quote", "trade", "deltas", "partial depth")

    async def act(self) -> None:
        """Wait for each kind of data, a closed bar last; ask for history."""
        bar_type = BarType.from_str(f"{self.instrument_id}-1-MINUTE-LAST-EXTERNAL")
        self.subscribe_quote_ticks(self.instrument_id)
        self.subscribe_trade_ticks(self.instrument_id)
        self.subscribe_order_book_deltas(self.instrument_id, book_type=BookType.L2_MBP)
        self.subscribe_order_book_deltas(self.second_instrument, book_type=BookType.L2_MBP, depth=10)
        self.subscribe_bars(bar_type)
        for kind in self.kinds:
            await self.until(kind, partial(self.has, kind, 3))
        await self.until("book equals quotes", self._book_is_the_market)
        await self.until("bar", partial(self.has, "bar"), BAR_SECONDS)
        start = self.clock.utc_now() - timedelta(minutes=5)
        self.request_bars(bar_type, start=start, callback=self._answered)
        self.request_trade_ticks(self.instrument_id, start=start, callback=self._answered)
        await self.until("history", partial(self.has, "answered", 2))

    def _answered(self, _request: object) -> None:
        self.count("answered")

    def on_historical_data(self, data: object) -> None:
        """Count by type."""
        self.count(f"historical {type(data).__name__}")

    def _book_is_the_market(self) -> bool:
        book, quote = self.cache.order_book(self.instrument_id), self.last_quote
        equal: bool = book.best_bid_price() == quote.bid_price and book.best_ask_price() == quote.ask_price
        return equal


class Trading(Scenario):
    """The order commands that every market has.

    Attributes:
        too_much: More than the book holds at its best price.
        least: The least that somebody else may sell.
    """

    too_much: str
    least: str

    @property
    def instrument(self) -> Instrument:
        """What is traded."""
        return self.cache.instrument(self.instrument_id)

    def limit(
        self, side: OrderSide, price: Decimal, quantity: str = "0.010", *, post_only: bool = False, tif: str = "GTC"
    ) -> Order:
        """Make a limit order."""
        return self.order_factory.limit(
            self.instrument_id,
            side,
            self.instrument.make_qty(Decimal(quantity)),
            self.instrument.make_price(price),
            time_in_force=TimeInForce[tif],
            post_only=post_only,
        )

    def off(self, percent: Decimal | int) -> Decimal:
        """Give a price that is so far from the best bid, on a tick."""
        tick = self.instrument.price_increment.as_decimal()
        price: Decimal = self.last_quote.bid_price.as_decimal() * (100 + Decimal(percent)) / 100
        rounded: Decimal = price // tick * tick
        return rounded

    async def status(self, order: Order, status: OrderStatus, seconds: float = STEP_SECONDS) -> None:
        """Wait until an order is in a state."""
        what = f"{order.client_order_id} {status.name}, was {order.status_string()}"
        await self.until(what, lambda: order.status == status, seconds)

    async def submit(self, order: Order, status: OrderStatus) -> None:
        """Submit an order and wait for what becomes of it."""
        self.submit_order(order)
        await self.status(order, status)

    async def cancel(self, order: Order) -> None:
        """Cancel an order and wait until it is."""
        self.cancel_order(order)
        await self.status(order, OrderStatus.CANCELED)

    async def market(self, side: OrderSide, quantity: str) -> None:
        """Buy or sell at the market."""
        made = self.instrument.make_qty(Decimal(quantity))
        await self.submit(self.order_factory.market(self.instrument_id, side, made), OrderStatus.FILLED)

    async def post_only(self) -> None:
        """One that rests is accepted, one that would take is refused for that reason."""
        passive = self.limit(OrderSide.SELL, self.off(3), post_only=True)
        await self.submit(passive, OrderStatus.ACCEPTED)
        await self.cancel(passive)
        taking = self.limit(OrderSide.BUY, self.off(2), post_only=True)
        await self.submit(taking, OrderStatus.REJECTED)
        (rejected,) = [event for event in taking.events if isinstance(event, OrderRejected)]
        assert rejected.due_post_only

    async def partly_then_wholly(self) -> None:
        """Ask for more than anybody offers at one price: partly filled at once, wholly when somebody sells."""
        quote = self.last_quote
        size = quote.ask_size.as_decimal() + Decimal("0.500")
        order = self.limit(OrderSide.BUY, quote.ask_price.as_decimal(), str(size))
        self.submit_order(order)
        # The market may have moved away meanwhile: then the order rests, and better bids are sold to first.
        await self.until("filled part by part", lambda: order.is_closed or self._sell_half_to(order), 30)
        await self.status(order, OrderStatus.FILLED)
        assert len([event for event in order.events if isinstance(event, OrderFilled)]) > 1
        immediate = self.limit(OrderSide.SELL, self.last_quote.bid_price.as_decimal(), self.too_much, tif="IOC")
        self.submit_order(immediate)
        await self.until("IOC over", lambda: immediate.is_closed)

    def _sell_half_to(self, order: Order) -> bool:
        # Not less than the venue's least notional; what finds nobody expires.
        half = self.instrument.make_qty(order.leaves_qty.as_decimal() / 2).as_decimal()
        body = {
            "account": "other",
            "symbol": "BTCUSDT",
            "side": "SELL",
            "type": "LIMIT",
            "quantity": str(max(half, Decimal(self.least))),
            "price": str(order.price),
            "time_in_force": "IOC",
        }
        self.ask_venue("POST", "orders", body)
        return False

    async def cancel_many(self) -> None:
        """Cancel three at a time, by instrument and by list."""
        for cancel in (lambda _orders: self.cancel_all_orders(self.instrument_id), self.cancel_orders):
            orders = [self.limit(OrderSide.BUY, self.off(-percent)) for percent in (2, 3, 4)]
            for order in orders:
                self.submit_order(order)
            for order in orders:
                await self.status(order, OrderStatus.ACCEPTED)
            cancel(orders)
            for order in orders:
                await self.status(order, OrderStatus.CANCELED)

    async def leave_one(self) -> None:
        """Rest an order that stays; the continuous checks, which run meanwhile, must find nothing to correct."""
        await self.submit(self.limit(OrderSide.BUY, self.off(-4), "0.015"), OrderStatus.ACCEPTED)
        await asyncio.sleep(5)


class Surviving(Trading):
    """Keeps an order while the venue dies and comes back, then trades on.

    Attributes:
        resubscribed: What the adapter logs when its user stream is back.
    """

    resubscribed: str

    async def act(self) -> None:
        """Rest an order, tell the test, and go on when quotes and user events flow again."""
        await self.first_quote()
        resting = self.limit(OrderSide.BUY, self.off(-3))
        await self.submit(resting, OrderStatus.ACCEPTED)
        marker = Path(self.settings["marker"])
        await asyncio.to_thread(marker.touch)
        await self.until("venue restarted", lambda: not marker.exists(), 30)
        before = self.seen["quote"]
        await self.until("quotes again", lambda: self.seen["quote"] > before, 40)
        # The user stream has its own socket and its own wait before it tries again.
        await self.until("user stream again", lambda: self.resubscribed in self.log_text(), 40)
        await self.market(OrderSide.BUY, "0.010")
        await self.cancel(resting)
