"""A strategy that goes round: buys, rests, amends, cancels, sells; it cancels only what nobody can have taken."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.enums import OrderSide, TimeInForce
from nautilus_trader.model.identifiers import InstrumentId  # noqa: TC002 msgspec reads the annotation at run time
from nautilus_trader.trading.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nautilus_trader.common.component import TimeEvent
    from nautilus_trader.model.orders import Order

_STEP_MS = 500
_FAR = Decimal("0.02")


class RoundTripsConfig(StrategyConfig, frozen=True, kw_only=True):
    """What to trade.

    Attributes:
        instrument_id: Instrument to trade.
        order_qty: Quantity of each order, in base units.
        amends: Whether the adapter can amend orders of this market.
    """

    instrument_id: InstrumentId
    order_qty: Decimal
    amends: bool


class RoundTrips(Strategy):  # type: ignore[misc]
    """One command at a time: the next is given when the venue has told what became of the one before.

    An order near the market is left until it is filled; upstream logs the cancellation of one that was filled meanwhile
    as an error, as it would on the real venue.
    """

    def __init__(self, config: RoundTripsConfig) -> None:
        """Start at the first step."""
        super().__init__(config)
        self._steps = self._go_round()

    def on_start(self) -> None:
        """Listen to quotes, act twice a second."""
        self.instrument = self.cache.instrument(self.config.instrument_id)
        self.subscribe_quote_ticks(self.config.instrument_id)
        self.clock.set_timer_ns(
            name=f"step-{self.config.instrument_id}",
            interval_ns=_STEP_MS * 1_000_000,
            start_time_ns=self.clock.timestamp_ns(),
            stop_time_ns=0,
            callback=self._on_time,
        )

    def on_stop(self) -> None:
        """Leave what rests."""
        self.unsubscribe_quote_ticks(self.config.instrument_id)

    def _on_time(self, _event: TimeEvent) -> None:
        if self.cache.quote_tick(self.config.instrument_id) is not None:
            next(self._steps)

    def _go_round(self) -> Iterator[None]:
        while True:
            for side in (OrderSide.BUY, OrderSide.SELL):
                yield from self._until_closed(self._market(side))
                yield from self._rest_far(side)
            for side in (OrderSide.SELL, OrderSide.BUY):
                yield from self._until_closed(self._near(side))

    def _until_closed(self, order: Order) -> Iterator[None]:
        while not order.is_closed:
            yield

    def _rest_far(self, side: OrderSide) -> Iterator[None]:
        order = self._limit(side, self._mid() * (1 - _FAR if side is OrderSide.BUY else 1 + _FAR))
        while not order.is_open:
            yield
        if self.config.amends:
            price = order.price
            nearer = self.instrument.make_price(price.as_decimal() + self.instrument.price_increment.as_decimal() * 10)
            self.modify_order(order, price=nearer)
            while order.price == price:
                yield
        self.cancel_order(order)
        yield from self._until_closed(order)

    def _mid(self) -> Decimal:
        tick = self.cache.quote_tick(self.config.instrument_id)
        return Decimal(tick.bid_price.as_decimal() + tick.ask_price.as_decimal()) / 2

    def _market(self, side: OrderSide) -> Order:
        order = self.order_factory.market(self.config.instrument_id, side, self._quantity())
        self.submit_order(order)
        return order

    def _near(self, side: OrderSide) -> Order:
        # Post-only at the own best price: filled when the market comes.
        tick = self.cache.quote_tick(self.config.instrument_id)
        price = tick.bid_price if side is OrderSide.BUY else tick.ask_price
        return self._limit(side, price.as_decimal())

    def _limit(self, side: OrderSide, price: Decimal) -> Order:
        order = self.order_factory.limit(
            self.config.instrument_id,
            side,
            self._quantity(),
            self.instrument.make_price(price),
            time_in_force=TimeInForce.GTC,
            post_only=True,
        )
        self.submit_order(order)
        return order

    def _quantity(self) -> object:
        return self.instrument.make_qty(self.config.order_qty)
