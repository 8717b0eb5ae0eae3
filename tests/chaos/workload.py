"""A strategy that keeps orders of several kinds in several states, each with the name of its intent in its id."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.enums import OrderSide, TriggerType
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId
from nautilus_trader.trading.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    from nautilus_trader.model.data import QuoteTick

_ACT_EVERY_NS = 600_000_000
_FAR = Decimal("0.04")
_OPEN_LIMIT = 5


class KeeperConfig(StrategyConfig, frozen=True, kw_only=True):
    """What to keep orders in."""

    instrument_id: InstrumentId
    quantity: Decimal = Decimal("0.050")


class Keeper(Strategy):  # type: ignore[misc]  # upstream is untyped
    """Far limits that are amended and cancelled, stops, and small market orders; one act at a time, moved by quotes.

    A slot is an intent: it has one live order at most. A restarted keeper goes on with the orders it finds.
    """

    def on_start(self) -> None:
        """Subscribe; the cache knows the orders of an earlier run."""
        self.instrument = self.cache.instrument(self.config.instrument_id)
        self._acted_ns = 0
        self._turn = 0
        self.subscribe_quote_ticks(self.config.instrument_id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Do the next act."""
        now = self.clock.timestamp_ns()
        if now - self._acted_ns < _ACT_EVERY_NS:
            return
        self._acted_ns = now
        acts: tuple[Callable[[QuoteTick], None], ...] = (self._keep, self._amend, self._keep, self._take, self._drop)
        acts[self._turn % len(acts)](tick)
        self._turn += 1

    def on_resume(self) -> None:
        """Go on."""
        self.on_start()

    def _live(self, slot: str) -> Any:  # noqa: ANN401 one of upstream's orders
        ours = {"instrument_id": self.config.instrument_id, "strategy_id": self.id}
        for order in (*self.cache.orders_open(**ours), *self.cache.orders_inflight(**ours)):
            if order.client_order_id.value.partition(".")[0] == slot:
                return order
        return None

    def _keep(self, tick: QuoteTick) -> None:
        for slot, factor in (("bid", 1 - _FAR), ("ask", 1 + _FAR), ("stopbuy", 1 + _FAR), ("stopsell", 1 - _FAR)):
            if self._live(slot) is None:
                price = self.instrument.make_price(tick.bid_price.as_decimal() * factor)
                self._place(slot, price)

    def _place(self, slot: str, price: Any) -> None:  # noqa: ANN401 upstream's Price is untyped here
        side = OrderSide.BUY if slot in {"bid", "stopbuy"} else OrderSide.SELL
        common = {
            "instrument_id": self.config.instrument_id,
            "order_side": side,
            "quantity": self.instrument.make_qty(self.config.quantity),
            "client_order_id": ClientOrderId(f"{slot}.{uuid4().hex[:16]}"),
        }
        if slot.startswith("stop"):
            trigger = TriggerType.LAST_PRICE
            self.submit_order(self.order_factory.stop_market(trigger_price=price, trigger_type=trigger, **common))
        else:
            self.submit_order(self.order_factory.limit(price=price, **common))

    def _amend(self, tick: QuoteTick) -> None:
        order = self._live("bid")
        if order is not None and order.is_open and not order.is_pending_cancel and not order.is_pending_update:
            share = 1 - _FAR - Decimal(self._turn % 7) / 1000
            price = self.instrument.make_price(tick.bid_price.as_decimal() * share)
            if price != order.price:
                self.modify_order(order, price=price)

    def _take(self, tick: QuoteTick) -> None:
        del tick
        if self._live("take") is not None:
            return
        side = OrderSide.BUY if self.portfolio.net_position(self.config.instrument_id) <= 0 else OrderSide.SELL
        quantity = self.instrument.make_qty(self.config.quantity)
        name = ClientOrderId(f"take.{uuid4().hex[:16]}")
        self.submit_order(self.order_factory.market(self.config.instrument_id, side, quantity, client_order_id=name))

    def _drop(self, tick: QuoteTick) -> None:
        del tick
        order = self._live("ask")
        if order is not None and order.is_open and not order.is_pending_cancel:
            self.cancel_order(order)


def keeper(instrument: str) -> dict[str, Any]:
    """Return the entry of strategies.yaml for a keeper of one instrument."""
    return {
        "strategy_path": f"{__name__}:Keeper",
        "config_path": f"{__name__}:KeeperConfig",
        "config": {"instrument_id": instrument, "order_id_tag": "777", "external_order_claims": [instrument]},
    }
