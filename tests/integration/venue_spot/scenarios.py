"""What the conformance nodes do on spot, act by act."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import BookType, OrderSide, OrderStatus, TimeInForce
from nautilus_trader.model.events import OrderFilled, OrderRejected

from tests.integration.venue.scenarios import Scenario
from tests.integration.venue_spot.testers import SECOND_INSTRUMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nautilus_trader.model.orders import Order

BAR_SECONDS = 70.0
RESUBSCRIBED = "Re-authenticated and resubscribed"


def post(url: str, body: Mapping[str, object]) -> None:
    """Tell the venue's admin API."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310 - the test's own loopback address
    urllib.request.urlopen(request, timeout=3).close()  # noqa: S310 - the test's own loopback address


class Observe(Scenario):
    """Subscribes to every kind of data and ends when each has come."""

    async def act(self) -> None:
        """Wait for each kind of data, a closed bar last; ask for history."""
        bar_type = BarType.from_str(f"{self.instrument_id}-1-MINUTE-LAST-EXTERNAL")
        self.subscribe_quote_ticks(self.instrument_id)
        self.subscribe_trade_ticks(self.instrument_id)
        self.subscribe_order_book_deltas(self.instrument_id, book_type=BookType.L2_MBP)
        self.subscribe_order_book_deltas(SECOND_INSTRUMENT, book_type=BookType.L2_MBP, depth=10)
        self.subscribe_bars(bar_type)
        for kind in ("quote", "trade", "deltas", "partial depth"):
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

    def on_historical_data(self, data: object) -> None:
        """Count by type."""
        self.count(f"historical {type(data).__name__}")

    def _book_is_the_market(self) -> bool:
        book, quote = self.cache.order_book(self.instrument_id), self.last_quote
        equal: bool = book.best_bid_price() == quote.bid_price and book.best_ask_price() == quote.ask_price
        return equal


class Trade(Scenario):
    """Uses every order command that the spot adapter has, and leaves an open order and coins behind."""

    async def act(self) -> None:
        """The whole story."""
        self.instrument = self.cache.instrument(self.instrument_id)
        self.subscribe_quote_ticks(self.instrument_id)
        await self.until("a quote", lambda: self.seen.get("quote", 0) > 0)
        await self._cancel_one()
        await self._post_only()
        await self._market_orders()
        await self._partly_then_wholly()
        await self._stop_limit()
        await self._touched()
        await self._too_poor()
        await self._cancel_many()
        self.leave = self._limit(OrderSide.BUY, self._off(-4), "0.015")
        self.submit_order(self.leave)
        await self._status(self.leave, OrderStatus.ACCEPTED)
        # The continuous check runs every two seconds: it must find nothing to correct.
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

    def _off(self, percent: Decimal | int) -> Decimal:
        tick = Decimal("0.01")
        price: Decimal = self.last_quote.bid_price.as_decimal() * (100 + Decimal(percent)) / 100
        return price // tick * tick

    async def _status(self, order: Order, status: OrderStatus, seconds: float = 15.0) -> None:
        what = f"{order.client_order_id} {status.name}"
        await self.until(what, lambda: order.status == status, seconds)

    async def _cancel_one(self) -> None:
        order = self._limit(OrderSide.BUY, self._off(-3))
        self.submit_order(order)
        await self._status(order, OrderStatus.ACCEPTED)
        self.cancel_order(order)
        await self._status(order, OrderStatus.CANCELED)

    async def _post_only(self) -> None:
        passive = self._limit(OrderSide.SELL, self._off(3), post_only=True)
        self.submit_order(passive)
        await self._status(passive, OrderStatus.ACCEPTED)
        self.cancel_order(passive)
        await self._status(passive, OrderStatus.CANCELED)
        taking = self._limit(OrderSide.BUY, self._off(2), post_only=True)
        self.submit_order(taking)
        await self._status(taking, OrderStatus.REJECTED)
        (rejected,) = [event for event in taking.events if isinstance(event, OrderRejected)]
        assert rejected.due_post_only

    async def _market_orders(self) -> None:
        for side, quantity in ((OrderSide.BUY, "0.050"), (OrderSide.SELL, "0.020")):
            order = self.order_factory.market(self.instrument_id, side, self.instrument.make_qty(Decimal(quantity)))
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
        immediate = self._limit(OrderSide.SELL, self.last_quote.bid_price.as_decimal(), "5.000", tif="IOC")
        self.submit_order(immediate)
        await self.until("IOC over", lambda: immediate.is_closed)

    def _sell_half_to(self, order: Order) -> bool:
        half = (order.leaves_qty.as_decimal() / 2).quantize(Decimal("0.00001"))
        self._place_as_someone_else("SELL", str(max(half, Decimal("0.01"))), str(order.price))
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
        self._post("orders?venue=binance_spot", body)

    def _post(self, path: str, body: Mapping[str, object]) -> None:
        post(f"{self.settings['admin']}/admin/v1/{path}", body)

    async def _stop_limit(self) -> None:
        """One stop-limit order is cancelled while it waits, another fires when the market falls."""
        make_price, quantity = self.instrument.make_price, self.instrument.make_qty(Decimal("0.010"))
        waiting = self.order_factory.stop_limit(
            self.instrument_id,
            OrderSide.BUY,
            quantity,
            price=make_price(self._off(4)),
            trigger_price=make_price(self._off(3)),
        )
        self.submit_order(waiting)
        await self._status(waiting, OrderStatus.ACCEPTED)
        self.cancel_order(waiting)
        await self._status(waiting, OrderStatus.CANCELED)
        firing = self.order_factory.stop_limit(
            self.instrument_id,
            OrderSide.SELL,
            quantity,
            price=make_price(self._off(-5)),
            trigger_price=make_price(self._off(Decimal("-0.5"))),
        )
        self.submit_order(firing)
        await self._status(firing, OrderStatus.ACCEPTED)
        self._post("market/shift?venue=binance_spot", {"symbol": "BTCUSDT", "percent": "-1"})
        await self._status(firing, OrderStatus.FILLED, 30)

    async def _touched(self) -> None:
        make_price, quantity = self.instrument.make_price, self.instrument.make_qty(Decimal("0.010"))
        order = self.order_factory.limit_if_touched(
            self.instrument_id,
            OrderSide.SELL,
            quantity,
            price=make_price(self._off(3)),
            trigger_price=make_price(self._off(4)),
        )
        self.submit_order(order)
        await self._status(order, OrderStatus.ACCEPTED)
        self.cancel_order(order)
        await self._status(order, OrderStatus.CANCELED)

    async def _too_poor(self) -> None:
        order = self._limit(OrderSide.BUY, self._off(-3), "100.000")
        self.submit_order(order)
        await self.until("refused", lambda: order.status in {OrderStatus.REJECTED, OrderStatus.DENIED})

    async def _cancel_many(self) -> None:
        for cancel in (lambda _orders: self.cancel_all_orders(self.instrument_id), self.cancel_orders):
            orders = [self._limit(OrderSide.BUY, self._off(-percent)) for percent in (2, 3, 4)]
            for order in orders:
                self.submit_order(order)
            for order in orders:
                await self._status(order, OrderStatus.ACCEPTED)
            cancel(orders)
            for order in orders:
                await self._status(order, OrderStatus.CANCELED)


class Survive(Scenario):
    """Keeps an order while the venue dies and comes back, then trades on."""

    async def act(self) -> None:
        """Rest an order, tell the test, and go on when quotes and user events flow again."""
        instrument = self.cache.instrument(self.instrument_id)
        self.subscribe_quote_ticks(self.instrument_id)
        await self.until("a quote", lambda: self.seen.get("quote", 0) > 0)
        price = instrument.make_price(self.last_quote.bid_price.as_decimal() * Decimal("0.97") // 1)
        quantity = instrument.make_qty(Decimal("0.010"))
        resting = self.order_factory.limit(self.instrument_id, OrderSide.BUY, quantity, price)
        self.submit_order(resting)
        await self.until("accepted", lambda: resting.status == OrderStatus.ACCEPTED)
        marker = Path(self.settings["marker"])
        await asyncio.to_thread(marker.touch)
        await self.until("venue restarted", lambda: not marker.exists(), 30)
        before = self.seen["quote"]
        await self.until("quotes again", lambda: self.seen["quote"] > before, 40)
        await self.until("user stream again", lambda: RESUBSCRIBED in self._log_text(), 40)
        taking = self.order_factory.market(self.instrument_id, OrderSide.BUY, quantity)
        self.submit_order(taking)
        await self.until("filled", lambda: taking.status == OrderStatus.FILLED)
        self.cancel_order(resting)
        await self.until("cancelled", lambda: resting.status == OrderStatus.CANCELED)

    def _log_text(self) -> str:
        return Path(self.settings["log"]).read_text(encoding="utf-8", errors="replace")


class Gap(Scenario):
    """Trades while its session is down, and after the venue ended its user stream."""

    async def act(self) -> None:
        """Rest an order, lose the socket, be filled meanwhile; then lose the subscription only, and trade on."""
        self.subscribe_quote_ticks(self.instrument_id)
        await self.until("a quote", lambda: self.seen.get("quote", 0) > 0)
        instrument = self.cache.instrument(self.instrument_id)
        quantity = instrument.make_qty(Decimal("0.010"))
        price = instrument.make_price(self.last_quote.bid_price.as_decimal() * Decimal("0.995") // 1)
        resting = self.order_factory.limit(self.instrument_id, OrderSide.BUY, quantity, price)
        self.submit_order(resting)
        await self.until("accepted", lambda: resting.status == OrderStatus.ACCEPTED)
        api = {"venue": "binance_spot", "socket": "API"}
        await self._tell("faults", {**api, "kind": "refuse_upgrade", "status": 503, "duration_seconds": 3})
        await self._tell("faults", {**api, "kind": "cut_socket"})
        await self._tell("market/shift?venue=binance_spot", {"symbol": "BTCUSDT", "percent": "-1"})
        await self.until("filled unheard, and found", lambda: resting.status == OrderStatus.FILLED, 40)
        await self.until("session again", lambda: RESUBSCRIBED in self._log_text(), 40)
        await self._tell("faults", {"venue": "binance_spot", "kind": "expire_listen_keys", "account": "node"})
        await self.until("subscribed again", lambda: "Resubscribed after stream termination" in self._log_text(), 20)
        taking = self.order_factory.market(self.instrument_id, OrderSide.SELL, quantity)
        self.submit_order(taking)
        await self.until("filled", lambda: taking.status == OrderStatus.FILLED)

    async def _tell(self, path: str, body: Mapping[str, object]) -> None:
        await asyncio.to_thread(post, f"{self.settings['admin']}/admin/v1/{path}", body)

    def _log_text(self) -> str:
        return Path(self.settings["log"]).read_text(encoding="utf-8", errors="replace")


SCENARIOS: dict[str, type[Scenario]] = {"observe": Observe, "trade": Trade, "survive": Survive, "gap": Gap}
