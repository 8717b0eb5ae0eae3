"""What the conformance nodes do: strategies whose acts follow one another in a coroutine."""

from __future__ import annotations

import asyncio
import json
import traceback
import urllib.request
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import BookType, OrderSide, OrderStatus, TimeInForce
from nautilus_trader.model.events import OrderFilled, OrderRejected, OrderUpdated
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    from nautilus_trader.model.data import Bar, MarkPriceUpdate, OrderBookDeltas, QuoteTick, TradeTick
    from nautilus_trader.model.events import OrderEvent
    from nautilus_trader.model.orders import Order

STEP_SECONDS = 15.0
BAR_SECONDS = 70.0
RESUBSCRIBED = "Resubscribed after"
SECOND_INSTRUMENT = InstrumentId.from_str("ETHUSDT-PERP.BINANCE")


class Scenario(Strategy):  # type: ignore[misc] # upstream has no types
    """A strategy that runs ``act`` once the node trades.

    Args:
        instrument_id: What to trade.
        settings: The test's own settings, for scenarios that need the venue's admin API.
    """

    oms: str | None = None

    def __init__(self, instrument_id: InstrumentId, settings: dict[str, Any]) -> None:
        """Start with nothing seen."""
        super().__init__(StrategyConfig(order_id_tag="001", external_order_claims=None, oms_type=self.oms))
        self.instrument_id = instrument_id
        self.settings = settings
        self.finished = asyncio.Event()
        self.failure: str | None = None
        self.seen: dict[str, int] = {}
        self._acting: asyncio.Task[None] | None = None

    async def act(self) -> None:
        """The scenario."""

    def on_start(self) -> None:
        """Begin."""
        self._acting = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            await self.act()
        except Exception:
            self.failure = traceback.format_exc()
        finally:
            self.finished.set()

    def count(self, what: str) -> None:
        """Note that something arrived."""
        self.seen[what] = self.seen.get(what, 0) + 1

    async def until(self, what: str, reached: Callable[[], bool], seconds: float = STEP_SECONDS) -> None:
        """Wait for a condition; the failure names it."""
        try:
            async with asyncio.timeout(seconds):
                while not reached():  # noqa: ASYNC110 - the condition is the cache's, which has no event
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s: {what}") from None

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Count."""
        self.count("quote")
        self.last_quote = tick

    def on_trade_tick(self, tick: TradeTick) -> None:
        """Count."""
        self.count("trade")

    def on_order_book_deltas(self, deltas: OrderBookDeltas) -> None:
        """Count."""
        self.count("deltas" if deltas.instrument_id == self.instrument_id else "partial depth")

    def on_bar(self, bar: Bar) -> None:
        """Count."""
        self.count("bar")

    def on_order_event(self, event: OrderEvent) -> None:
        """Count by type."""
        self.count(type(event).__name__)


class Observe(Scenario):
    """Subscribes to everything and ends when each kind of data has come."""

    async def act(self) -> None:
        """Wait for each kind of data, a closed bar last; ask for history."""
        bar_type = BarType.from_str(f"{self.instrument_id}-1-MINUTE-LAST-EXTERNAL")
        self.subscribe_quote_ticks(self.instrument_id)
        self.subscribe_trade_ticks(self.instrument_id)
        self.subscribe_order_book_deltas(self.instrument_id, book_type=BookType.L2_MBP)
        self.subscribe_order_book_deltas(SECOND_INSTRUMENT, book_type=BookType.L2_MBP, depth=10)
        self.subscribe_mark_prices(self.instrument_id)
        self.subscribe_bars(bar_type)
        for kind in ("quote", "trade", "deltas", "partial depth", "mark"):
            await self.until(kind, partial(self._has, kind, 3))
        await self.until("book equals quotes", self._book_is_the_market)
        await self.until("bar", partial(self._has, "bar", 1), BAR_SECONDS)
        start = self.clock.utc_now() - timedelta(minutes=5)
        self.request_bars(bar_type, start=start, callback=self._answered)
        self.request_trade_ticks(self.instrument_id, start=start, callback=self._answered)
        await self.until("history", partial(self._has, "answered", 2))

    def _has(self, what: str, times: int) -> bool:
        return self.seen.get(what, 0) >= times

    def _answered(self, _request: object) -> None:
        self.count("answered")

    def on_mark_price(self, price: MarkPriceUpdate) -> None:
        """Count."""
        self.count("mark")

    def on_historical_data(self, data: object) -> None:
        """Count by type."""
        self.count(f"historical {type(data).__name__}")

    def _book_is_the_market(self) -> bool:
        book = self.cache.order_book(self.instrument_id)
        quote = self.last_quote
        equal: bool = book.best_bid_price() == quote.bid_price and book.best_ask_price() == quote.ask_price
        return equal


class Trade(Scenario):
    """Uses every order command the adapter has, and leaves an open order and a position behind."""

    async def act(self) -> None:
        """The whole story."""
        self.instrument = self.cache.instrument(self.instrument_id)
        self.subscribe_quote_ticks(self.instrument_id)
        await self.until("a quote", lambda: self.seen.get("quote", 0) > 0)
        await self._amend_and_cancel()
        await self._post_only()
        await self._market_order()
        await self._partly_then_wholly()
        await self._cancel_many()
        self.leave = self._limit(OrderSide.BUY, self._below(4), "0.015")
        self.submit_order(self.leave)
        await self._status(self.leave, OrderStatus.ACCEPTED)
        # The continuous checks run every two seconds: they must find nothing to correct.
        await asyncio.sleep(5)

    def _limit(
        self, side: OrderSide, price: Decimal, quantity: str = "0.010", *, post_only: bool = False, tif: str = "GTC"
    ) -> Order:
        return self.order_factory.limit(
            self.instrument_id,
            side,
            self.instrument.make_qty(Decimal(quantity)),
            self.instrument.make_price(price),
            time_in_force=TimeInForce[tif],
            post_only=post_only,
        )

    def _below(self, percent: int) -> Decimal:
        tick = self.instrument.price_increment.as_decimal()
        price: Decimal = self.last_quote.bid_price.as_decimal() * (100 - percent) / 100
        rounded: Decimal = price // tick * tick
        return rounded

    async def _status(self, order: Order, status: OrderStatus) -> None:
        await self.until(
            f"{order.client_order_id} {status.name}, was {order.status_string()}", lambda: order.status == status
        )

    async def _amend_and_cancel(self) -> None:
        order = self._limit(OrderSide.BUY, self._below(3))
        self.submit_order(order)
        await self._status(order, OrderStatus.ACCEPTED)
        price, quantity = self.instrument.make_price(self._below(2)), self.instrument.make_qty(Decimal("0.020"))
        self.modify_order(order, quantity=quantity, price=price)
        await self.until("amended", lambda: order.price == price and order.quantity == quantity)
        assert any(isinstance(event, OrderUpdated) for event in order.events)
        await self._status(order, OrderStatus.ACCEPTED)
        self.cancel_order(order)
        await self._status(order, OrderStatus.CANCELED)

    async def _post_only(self) -> None:
        passive = self._limit(OrderSide.SELL, self._below(-3), post_only=True)
        self.submit_order(passive)
        await self._status(passive, OrderStatus.ACCEPTED)
        self.cancel_order(passive)
        await self._status(passive, OrderStatus.CANCELED)
        taking = self._limit(OrderSide.BUY, self._below(-2), post_only=True)
        self.submit_order(taking)
        await self._status(taking, OrderStatus.REJECTED)
        (rejected,) = [event for event in taking.events if isinstance(event, OrderRejected)]
        assert rejected.due_post_only

    async def _market_order(self) -> None:
        order = self.order_factory.market(self.instrument_id, OrderSide.BUY, self.instrument.make_qty(Decimal("0.050")))
        self.submit_order(order)
        await self._status(order, OrderStatus.FILLED)

    async def _partly_then_wholly(self) -> None:
        """Ask for more than anybody offers at one price: partly filled at once, wholly when somebody sells."""
        quote = self.last_quote
        size = quote.ask_size.as_decimal() + Decimal("0.500")
        order = self._limit(OrderSide.BUY, quote.ask_price.as_decimal(), str(size))
        self.submit_order(order)
        # The market may have moved away meanwhile: then the order rests, and better bids are sold to first.
        await self.until("filled part by part", lambda: order.is_closed or self._sell_half_to(order), 30)
        await self._status(order, OrderStatus.FILLED)
        assert len([event for event in order.events if isinstance(event, OrderFilled)]) > 1
        immediate = self._limit(OrderSide.SELL, self.last_quote.bid_price.as_decimal(), "40.000", tif="IOC")
        self.submit_order(immediate)
        await self.until("IOC over", lambda: immediate.is_closed)

    def _sell_half_to(self, order: Order) -> bool:
        # Not less than the venue's least notional; what finds nobody expires.
        half = (order.leaves_qty.as_decimal() / 2).quantize(Decimal("0.001"))
        self._place_as_someone_else("SELL", str(max(half, Decimal("0.010"))), str(order.price))
        return False

    def _place_as_someone_else(self, side: str, quantity: str, price: str) -> None:
        body = {
            "account": "other",
            "symbol": "BTCUSDT",
            "side": side,
            "type": "LIMIT",
            "quantity": quantity,
            "price": price,
            "time_in_force": "IOC",
        }
        request = urllib.request.Request(  # noqa: S310 - the test's own loopback address
            f"{self.settings['admin']}/admin/v1/orders",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=3).close()  # noqa: S310

    async def _cancel_many(self) -> None:
        for cancel in (
            lambda _orders: self.cancel_all_orders(self.instrument_id),
            self.cancel_orders,
        ):
            orders = [self._limit(OrderSide.BUY, self._below(percent)) for percent in (2, 3, 4)]
            for order in orders:
                self.submit_order(order)
            for order in orders:
                await self._status(order, OrderStatus.ACCEPTED)
            cancel(orders)
            for order in orders:
                await self._status(order, OrderStatus.CANCELED)


class Resume(Scenario):
    """Looks at what a cold node found, and cancels the order that was left open."""

    async def act(self) -> None:
        """Cancel an order that this node never placed, then wait for a round of the continuous checks."""
        (order,) = self.cache.orders_open()
        self.cancel_order(order)
        await self.until("cancelled", lambda: order.is_closed)
        await asyncio.sleep(4)


class Survive(Scenario):
    """Keeps an order while the venue dies and comes back, then trades on."""

    async def act(self) -> None:
        """Rest an order, tell the test, and go on when quotes flow again."""
        instrument = self.cache.instrument(self.instrument_id)
        self.subscribe_quote_ticks(self.instrument_id)
        await self.until("a quote", lambda: self.seen.get("quote", 0) > 0)
        price = instrument.make_price(self.last_quote.bid_price.as_decimal() * Decimal("0.97") // 1)
        resting = self.order_factory.limit(
            self.instrument_id, OrderSide.BUY, instrument.make_qty(Decimal("0.010")), price
        )
        self.submit_order(resting)
        await self.until("accepted", lambda: resting.status == OrderStatus.ACCEPTED)
        self._touch_marker()
        await self.until("venue restarted", self._marker_is_gone)
        before = self.seen["quote"]
        await self.until("quotes again", lambda: self.seen["quote"] > before, 40)
        # The user stream has its own socket and its own wait before it tries again.
        await self.until("user stream again", lambda: RESUBSCRIBED in self._log_text(), 40)
        taking = self.order_factory.market(self.instrument_id, OrderSide.BUY, instrument.make_qty(Decimal("0.010")))
        self.submit_order(taking)
        await self.until("filled", lambda: taking.status == OrderStatus.FILLED)
        self.cancel_order(resting)
        await self.until("cancelled", lambda: resting.status == OrderStatus.CANCELED)

    def _touch_marker(self) -> None:
        Path(self.settings["marker"]).touch()

    def _marker_is_gone(self) -> bool:
        return not Path(self.settings["marker"]).exists()

    def _log_text(self) -> str:
        return Path(self.settings["log"]).read_text(encoding="utf-8", errors="replace")


SCENARIOS: dict[str, type[Scenario]] = {"observe": Observe, "trade": Trade, "resume": Resume, "survive": Survive}
