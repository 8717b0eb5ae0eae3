"""A simple market maker: one bid and one ask around the mid, leaning against its own position."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nautilus_trader.config import PositiveFloat, PositiveInt, StrategyConfig
from nautilus_trader.model.enums import OrderSide, TimeInForce
from nautilus_trader.model.identifiers import InstrumentId  # noqa: TC002 msgspec reads the annotation at run time
from nautilus_trader.trading.strategy import Strategy

if TYPE_CHECKING:
    from nautilus_trader.model.data import QuoteTick
    from nautilus_trader.model.events import OrderEvent
    from nautilus_trader.model.objects import Price
    from nautilus_trader.model.orders import LimitOrder

_BPS = Decimal(10_000)
_SIDES = (OrderSide.BUY, OrderSide.SELL)


class MarketMakerConfig(StrategyConfig, frozen=True, kw_only=True):
    """What to quote.

    Set `external_order_claims` to the same instrument: after a restart, orders that the venue knows and the cache lost
    then belong to this strategy, and are cancelled by it, instead of to nobody.

    Attributes:
        instrument_id: Instrument to quote.
        order_qty: Quantity of each quote, in base units.
        max_position: Largest position, long or short, in base units; a side that would exceed it is not quoted.
        half_spread_bps: Distance of each quote from the mid, in basis points.
        skew_bps: How far both quotes move against a full position, in basis points.
        requote_bps: A quote is replaced when its price is off by more than this, in basis points.
        min_requote_ms: Least time between two commands for one side, in milliseconds.
    """

    instrument_id: InstrumentId
    order_qty: Decimal
    max_position: Decimal
    half_spread_bps: PositiveFloat = 2.0
    skew_bps: float = 2.0
    requote_bps: PositiveFloat = 1.0
    min_requote_ms: PositiveInt = 500


class MarketMaker(Strategy):
    """Keeps one post-only order on each side; what happens to them at a stop is the node's shutdown policy."""

    def __init__(self, config: MarketMakerConfig) -> None:
        """Keep the configuration in plain numbers."""
        super().__init__(config)
        self._half_spread = Decimal(str(config.half_spread_bps)) / _BPS
        self._skew = Decimal(str(config.skew_bps)) / _BPS
        self._tolerance = Decimal(str(config.requote_bps)) / _BPS
        self._quotes: dict[OrderSide, LimitOrder | None] = dict.fromkeys(_SIDES)
        self._acted_ns = dict.fromkeys(_SIDES, 0)
        self._quotes_sent = 0

    def on_start(self) -> None:
        """Clear what an earlier run left at the venue, then listen to quotes."""
        self.instrument = self.cache.instrument(self.config.instrument_id)
        if self.instrument is None:
            msg = f"{self.config.instrument_id} is not loaded; add it to BINANCE_INSTRUMENT_IDS"
            raise ValueError(msg)
        # The start has reconciled: the cache holds every order of ours that is still open. Prices have moved on since,
        # so they go, and no side is quoted before they are gone.
        self.cancel_all_orders(self.config.instrument_id)
        self.subscribe_quote_ticks(self.config.instrument_id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Bring both quotes to where they belong now."""
        mid = (tick.bid_price.as_decimal() + tick.ask_price.as_decimal()) / 2
        position = self.portfolio.net_position(self.config.instrument_id)
        lean = self._skew * position / self.config.max_position
        for side in _SIDES:
            sign = 1 if side == OrderSide.BUY else -1
            target = mid * (1 - lean - sign * self._half_spread)
            # Post-only orders that would trade at once are rejected: never bid at the ask, never ask at the bid.
            if side == OrderSide.BUY:
                target = min(target, tick.ask_price.as_decimal() - self.instrument.price_increment.as_decimal())
            else:
                target = max(target, tick.bid_price.as_decimal() + self.instrument.price_increment.as_decimal())
            has_room = position * sign + self.config.order_qty <= self.config.max_position
            self._requote(side, self.instrument.make_price(target) if has_room else None)

    def on_order_event(self, event: OrderEvent) -> None:
        """Forget a quote that is over; the next tick places a new one."""
        order = self.cache.order(event.client_order_id)
        for side in _SIDES:
            if order is not None and order.is_closed and self._quotes[side] is order:
                self._quotes[side] = None

    def on_stop(self) -> None:
        """Leave the orders to the node's shutdown policy."""
        self.unsubscribe_quote_ticks(self.config.instrument_id)

    def on_resume(self) -> None:
        """Start again after a stop, which has cancelled the quotes: what happens then is told to no strategy."""
        self._quotes = dict.fromkeys(_SIDES)
        self.on_start()

    def on_save(self) -> dict[str, bytes]:
        """Keep the count of quotes over restarts."""
        return {"quotes_sent": str(self._quotes_sent).encode()}

    def on_load(self, state: dict[str, bytes]) -> None:
        """Go on counting."""
        self._quotes_sent = int(state.get("quotes_sent", b"0"))

    def _requote(self, side: OrderSide, price: Price | None) -> None:
        quote = self._quotes[side]
        elapsed_ns = self.clock.timestamp_ns() - self._acted_ns[side]
        if elapsed_ns < self.config.min_requote_ms * 1_000_000:
            return
        if quote is None:
            if price is not None and not self._is_busy(side):
                self._place(side, price)
        elif quote.is_open and not quote.is_pending_cancel and self._is_off(quote, price):
            # Cancelled first and placed again when that is confirmed: never two orders on one side.
            self._acted_ns[side] = self.clock.timestamp_ns()
            self.cancel_order(quote)

    def _place(self, side: OrderSide, price: Price) -> None:
        order = self.order_factory.limit(
            instrument_id=self.config.instrument_id,
            order_side=side,
            quantity=self.instrument.make_qty(self.config.order_qty),
            price=price,
            time_in_force=TimeInForce.GTC,
            post_only=True,
        )
        self._quotes[side] = order
        self._acted_ns[side] = self.clock.timestamp_ns()
        self._quotes_sent += 1
        self.submit_order(order)

    def _is_off(self, quote: LimitOrder, price: Price | None) -> bool:
        return price is None or abs(quote.price.as_decimal() / price.as_decimal() - 1) > self._tolerance

    def _is_busy(self, side: OrderSide) -> bool:
        # Orders of an earlier run that are still being cancelled.
        ours: dict[str, Any] = {"instrument_id": self.config.instrument_id, "strategy_id": self.id, "side": side}
        return bool(self.cache.orders_open_count(**ours) or self.cache.orders_inflight_count(**ours))
