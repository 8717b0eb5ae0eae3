"""What the conformance nodes do on spot, act by act."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from nautilus_trader.model.enums import OrderSide, OrderStatus

from tests.integration.venue.acts import Observing, Surviving, Trading
from tests.integration.venue_spot.testers import SECOND_INSTRUMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.venue.scenario import Scenario

RESUBSCRIBED = "Re-authenticated and resubscribed"


class Observe(Observing):
    """On spot."""

    second_instrument = SECOND_INSTRUMENT


class Trade(Trading):
    """Uses every order command that the spot adapter has, and leaves an open order and coins behind."""

    too_much, least = "5.000", "0.01"

    async def act(self) -> None:
        """The whole story."""
        await self.first_quote()
        await self._cancel_one()
        await self.post_only()
        await self.market(OrderSide.BUY, "0.050")
        await self.market(OrderSide.SELL, "0.020")
        await self.partly_then_wholly()
        await self._stop_limit()
        await self._touched()
        await self._too_poor()
        await self.cancel_many()
        await self.leave_one()

    async def _cancel_one(self) -> None:
        order = self.limit(OrderSide.BUY, self.off(-3))
        await self.submit(order, OrderStatus.ACCEPTED)
        await self.cancel(order)

    async def _stop_limit(self) -> None:
        """One stop-limit order is cancelled while it waits, another fires when the market falls."""
        make_price, quantity = self.instrument.make_price, self.instrument.make_qty(Decimal("0.010"))
        waiting = self.order_factory.stop_limit(
            self.instrument_id,
            OrderSide.BUY,
            quantity,
            price=make_price(self.off(4)),
            trigger_price=make_price(self.off(3)),
        )
        await self.submit(waiting, OrderStatus.ACCEPTED)
        await self.cancel(waiting)
        firing = self.order_factory.stop_limit(
            self.instrument_id,
            OrderSide.SELL,
            quantity,
            price=make_price(self.off(-5)),
            trigger_price=make_price(self.off(Decimal("-0.5"))),
        )
        await self.submit(firing, OrderStatus.ACCEPTED)
        self.ask_venue("POST", "market/shift", {"symbol": "BTCUSDT", "percent": "-1"})
        await self.status(firing, OrderStatus.FILLED, 30)

    async def _touched(self) -> None:
        make_price, quantity = self.instrument.make_price, self.instrument.make_qty(Decimal("0.010"))
        order = self.order_factory.limit_if_touched(
            self.instrument_id,
            OrderSide.SELL,
            quantity,
            price=make_price(self.off(3)),
            trigger_price=make_price(self.off(4)),
        )
        await self.submit(order, OrderStatus.ACCEPTED)
        await self.cancel(order)

    async def _too_poor(self) -> None:
        order = self.limit(OrderSide.BUY, self.off(-3), "100.000")
        self.submit_order(order)
        await self.until("refused", lambda: order.status in {OrderStatus.REJECTED, OrderStatus.DENIED})


class Survive(Surviving):
    """On spot."""

    resubscribed = RESUBSCRIBED


class Gap(Trading):
    """Trades while its session is down, and after the venue ended its user stream."""

    async def act(self) -> None:
        """Rest an order, lose the socket, be filled meanwhile; then lose the subscription only, and trade on."""
        await self.first_quote()
        resting = self.limit(OrderSide.BUY, self.off(Decimal("-0.5")))
        await self.submit(resting, OrderStatus.ACCEPTED)
        await self._tell("faults", {"socket": "API", "kind": "refuse_upgrade", "status": 503, "duration_seconds": 3})
        await self._tell("faults", {"socket": "API", "kind": "cut_socket"})
        await self._tell("market/shift", {"symbol": "BTCUSDT", "percent": "-1"})
        await self.status(resting, OrderStatus.FILLED, 40)
        await self.until("session again", lambda: RESUBSCRIBED in self.log_text(), 40)
        await self._tell("faults", {"kind": "expire_listen_keys", "account": "node"})
        await self.until("subscribed again", lambda: "Resubscribed after stream termination" in self.log_text(), 20)
        await self.market(OrderSide.SELL, "0.010")

    async def _tell(self, path: str, body: Mapping[str, object]) -> None:
        await asyncio.to_thread(self.ask_venue, "POST", path, body)


SCENARIOS: dict[str, type[Scenario]] = {"observe": Observe, "trade": Trade, "survive": Survive, "gap": Gap}
