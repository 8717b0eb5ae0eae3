"""Take-profit, stop-loss and trailing stop of a whole position: waiting market orders that close it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.types import OrderEvent, OrderRequest, OrderType, Side, Trigger, TriggerKind, TriggerSource
from simvenue.venues.bybit import accounts, errors
from simvenue.venues.bybit.order_request import position_side, trigger_source

if TYPE_CHECKING:
    from simvenue.exchange.types import Event, Instrument, Position, PositionSide
    from simvenue.venues.bybit.parameters import Parameters
    from simvenue.venues.bybit.venue import Venue


def apply(venue: Venue, account: str, instrument: Instrument, parameters: Parameters) -> None:
    """Set, replace or (with "0") cancel what protects a position.

    Raises:
        VenueError: 10001 for parameters or no position, 34040 when nothing would change.
        Rejection: The exchange refused, e.g. because the trigger price is reached already.
    """
    side = position_side(parameters)
    held = _position(venue, account, instrument, side)
    if held is None:
        raise errors.parameter("can not set tp/sl/ts for zero position")
    wanted = {
        TriggerKind.TAKE_PROFIT: parameters.optional_decimal("takeProfit"),
        TriggerKind.STOP: parameters.optional_decimal("stopLoss"),
        TriggerKind.TRAILING: parameters.optional_decimal("trailingStop"),
    }
    sources = {
        TriggerKind.TAKE_PROFIT: trigger_source(parameters, "tpTriggerBy"),
        TriggerKind.STOP: trigger_source(parameters, "slTriggerBy"),
        TriggerKind.TRAILING: TriggerSource.LAST,
    }
    present = accounts.protective_orders(venue, account, instrument, side)
    changed = False
    for kind, price in wanted.items():
        if price is None or (not price and kind not in present):
            continue
        changed = True
        # The new one first: if it is refused, the old one still protects.
        if price:
            active = parameters.optional_decimal("activePrice")
            protect(venue, instrument, held, kind, price, source=sources[kind], activation_price=active or None)
        if kind in present:
            venue.exchange.cancel(account, instrument.symbol, order_id=present[kind].order_id)
    if not changed:
        raise errors.VenueError(34040, "not modified")


def protect(
    venue: Venue,
    instrument: Instrument,
    held: Position,
    kind: TriggerKind,
    price: Decimal,
    *,
    source: TriggerSource = TriggerSource.LAST,
    activation_price: Decimal | None = None,
) -> None:
    """Place one waiting order that closes a position.

    Args:
        venue: Where.
        instrument: Of the position.
        held: The position, not flat.
        kind: TAKE_PROFIT, STOP or TRAILING.
        price: The trigger price; for TRAILING the distance from the best price.
        source: The price that is watched.
        activation_price: Where a TRAILING one begins to follow; None: at once.
    """
    closing = Side.SELL if held.quantity > 0 else Side.BUY
    trailing = kind is TriggerKind.TRAILING
    profit = kind is TriggerKind.TAKE_PROFIT
    venue.exchange.submit(
        OrderRequest(
            account=held.account,
            symbol=instrument.symbol,
            side=closing,
            type=OrderType.MARKET,
            quantity=Decimal(0),
            reduce_only=True,
            close_position=True,
            position_side=held.position_side,
            trigger=Trigger(
                kind=kind,
                # A long position takes profit above and stops below; a short one the other way round.
                rises=profit is (closing is Side.SELL),
                price=None if trailing else price,
                source=source,
                activation_price=activation_price if trailing else None,
                callback_offset=price if trailing else None,
            ),
        )
    )


def drop_spent(venue: Venue, event: Event) -> None:
    """Cancel what protects a position once that is flat, as the venue does; other events pass."""
    if not isinstance(event, OrderEvent) or event.fill is None or event.position is None or event.position.quantity:
        return
    flat = event.position
    instrument = venue.exchange.instruments[flat.symbol]
    if _position(venue, flat.account, instrument, flat.position_side):
        # What came after this event has opened it again.
        return
    for order in accounts.protective_orders(venue, flat.account, instrument, flat.position_side).values():
        venue.exchange.cancel(flat.account, flat.symbol, order_id=order.order_id)


def _position(venue: Venue, account: str, instrument: Instrument, side: PositionSide) -> Position | None:
    matching = (
        value
        for value in venue.exchange.positions(account)
        if value.symbol == instrument.symbol and value.position_side is side and value.quantity
    )
    return next(matching, None)
