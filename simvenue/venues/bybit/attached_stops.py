"""Take-profit and stop-loss that come with an order: they protect its position from the first fill on.

They stand in the ledger as the order's note, from its acceptance until its position is protected or it ends unfilled.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.types import OrderEvent, Rejection, Side, TriggerKind, TriggerSource
from simvenue.venues.bybit import accounts, decimals, errors, trading_stop
from simvenue.venues.bybit.instruments import Category, category_of
from simvenue.venues.bybit.messages.orders import TRIGGER_SOURCES
from simvenue.venues.bybit.order_request import trigger_source

if TYPE_CHECKING:
    from simvenue.exchange.types import Event, Instrument, Order, OrderRequest, Position
    from simvenue.venues.bybit.parameters import Parameters
    from simvenue.venues.bybit.venue import Venue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stops:
    """Trigger prices and what they watch, by kind: TAKE_PROFIT and STOP."""

    levels: dict[TriggerKind, tuple[Decimal, TriggerSource]]

    def words(self, instrument: Instrument) -> dict[str, str]:
        """Give the fields of the order document."""
        told: dict[str, str] = {}
        for kind, price, trigger_by in _FIELDS:
            if kind in self.levels:
                level, source = self.levels[kind]
                told |= {price: decimals.price(instrument, level), trigger_by: TRIGGER_SOURCES[source]}
        return told | {"tpslMode": "Full"}

    def note(self) -> str:
        """Write them for the ledger."""
        return json.dumps({kind: [str(level), source] for kind, (level, source) in self.levels.items()})


def from_note(note: str) -> Stops:
    """Read what `Stops.note` wrote."""
    written = json.loads(note)
    return Stops({TriggerKind(k): (Decimal(level), TriggerSource(source)) for k, (level, source) in written.items()})


_FIELDS = ((TriggerKind.TAKE_PROFIT, "takeProfit", "tpTriggerBy"), (TriggerKind.STOP, "stopLoss", "slTriggerBy"))


class AttachedStops:
    """What waits for the first fill of an order, by order id."""

    def __init__(self) -> None:
        """Start with nothing attached."""
        self._waiting: dict[int, Stops] = {}

    def words(self, instrument: Instrument, order: Order) -> dict[str, str]:
        """Give the fields that tell what is attached to an order; nothing for most."""
        stops = self._waiting.get(order.order_id)
        return stops.words(instrument) if stops else {}

    def attach(self, venue: Venue, order: Order, stops: Stops | None) -> None:
        """Let stops wait for an order's first fill, or act at once when that has come."""
        if stops is None:
            return
        if order.status.is_open and not order.filled:
            self._waiting[order.order_id] = stops
            return
        if order.filled:
            _protect(venue, order, stops)
        venue.exchange.drop_note(order.order_id)

    def restore(self, venue: Venue) -> None:
        """Take up what an earlier process left waiting; orders may have been filled since."""
        for order, note in venue.exchange.notes():
            self.attach(venue, order, from_note(note))

    def publish(self, venue: Venue, event: Event) -> None:
        """Act at an order's first fill, and forget what is final; other events pass."""
        if not isinstance(event, OrderEvent) or event.order.order_id not in self._waiting:
            return
        if event.fill or not event.order.status.is_open:
            stops = self._waiting.pop(event.order.order_id)
            if event.fill:
                _protect(venue, event.order, stops)
            # Only now: a process killed on the way protects at its next start, and again does no harm.
            venue.exchange.drop_note(event.order.order_id)


def read(instrument: Instrument, request: OrderRequest, parameters: Parameters, last: Decimal) -> Stops | None:
    """Read what is attached to an order; None when nothing is.

    Raises:
        VenueError: 10001 in spot, where this simulation attaches nothing, and for a price on the wrong side of the
            order's own (of the last price for a market order).
    """
    levels: dict[TriggerKind, tuple[Decimal, TriggerSource]] = {}
    for kind, price, trigger_by in _FIELDS:
        level = parameters.optional_decimal(price)
        if level:
            levels[kind] = level, trigger_source(parameters, trigger_by)
    if not levels:
        return None
    if category_of(instrument) is Category.SPOT:
        raise errors.parameter("takeProfit and stopLoss of spot orders are not offered here")
    base = request.price or (request.trigger and request.trigger.price) or last
    for kind, (level, _) in levels.items():
        above = (kind is TriggerKind.TAKE_PROFIT) is (request.side is Side.BUY)
        if (level <= base) if above else (level >= base):
            name = "TakeProfit" if kind is TriggerKind.TAKE_PROFIT else "StopLoss"
            word = "higher" if above else "lower"
            raise errors.parameter(f"{name}:{level} set for {request.side} position should be {word} than {base}")
    return Stops(levels)


def _protect(venue: Venue, order: Order, stops: Stops) -> None:
    held = _opened(venue, order)
    if held is None:
        return
    instrument = venue.exchange.instruments[order.symbol]
    present = accounts.protective_orders(venue, order.account, instrument, order.position_side)
    for kind, (level, source) in stops.levels.items():
        try:
            trading_stop.protect(venue, instrument, held, kind, level, source=source)
        except Rejection as refused:
            log.info("an attached %s at %s was refused: %s", kind, level, refused.reason)
            continue
        if kind in present:
            venue.exchange.cancel(order.account, order.symbol, order_id=present[kind].order_id)


def _opened(venue: Venue, order: Order) -> Position | None:
    # The position the order is for, if it holds what the order bought or sold: one that it closed needs nothing.
    matching = (
        value
        for value in venue.exchange.positions(order.account)
        if value.symbol == order.symbol
        and value.position_side is order.position_side
        and value.quantity * order.side.sign > 0
    )
    return next(matching, None)
