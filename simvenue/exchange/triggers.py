"""What a conditional order may wait for, and when that has come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simvenue.exchange.filters import checked_level
from simvenue.exchange.types import Rejection, RejectReason, Trigger, TriggerKind, TriggerSource

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.state import SymbolState


def level(trigger: Trigger) -> Decimal | None:
    """Give the price at which a trigger fires now; None for a TRAILING one that is not active yet."""
    if trigger.kind is not TriggerKind.TRAILING:
        return trigger.price
    if trigger.extreme is None:
        return None
    distance = trigger.callback_offset or trigger.extreme * (trigger.callback_rate or 0)
    return trigger.extreme + distance if trigger.rises else trigger.extreme - distance


def fires(trigger: Trigger, price: Decimal) -> bool:
    """Tell whether a trigger fires at a price."""
    at = level(trigger)
    return at is not None and (price >= at if trigger.rises else price <= at)


def follow(trigger: Trigger, price: Decimal) -> Trigger:
    """Let a TRAILING trigger see a price: it becomes active, or its best price moves; others stay as they are."""
    if trigger.kind is not TriggerKind.TRAILING:
        return trigger
    best, start = trigger.extreme, trigger.activation_price
    if best is None and start is not None and (price > start if trigger.rises else price < start):
        return trigger
    if best is not None and (price >= best if trigger.rises else price <= best):
        return trigger
    return replace(trigger, extreme=price)


def watched(market: SymbolState, source: TriggerSource) -> Decimal:
    """Give the present price of a source; the simulated market has one reference price for mark and index."""
    return market.last if source is TriggerSource.LAST else market.reference


def checked_trigger(market: SymbolState, trigger: Trigger) -> Trigger:
    """Give a trigger in the instrument's decimals, having seen the present price.

    Raises:
        Rejection: TRIGGER (prices or distances that make no sense), PRICE_RANGE, PRICE_TICK, WOULD_TRIGGER.
    """
    if trigger.kind is TriggerKind.TRAILING:
        trigger = _checked_trailing(market, trigger)
    elif trigger.price is None or _trails(trigger):
        raise Rejection(RejectReason.TRIGGER, f"a {trigger.kind} order has a trigger price and nothing that trails")
    else:
        trigger = replace(trigger, price=checked_level(market.instrument, trigger.price), extreme=None)
    return check_waits(market, trigger)


def check_waits(market: SymbolState, trigger: Trigger) -> Trigger:
    """Give a trigger that has seen the present price and still waits.

    Raises:
        Rejection: WOULD_TRIGGER.
    """
    present = watched(market, trigger.source)
    trigger = follow(trigger, present)
    if fires(trigger, present):
        detail = f"the {trigger.source} price {present} is already beyond the trigger at {level(trigger)}"
        raise Rejection(RejectReason.WOULD_TRIGGER, detail)
    return trigger


def _trails(trigger: Trigger) -> bool:
    return not trigger.activation_price is trigger.callback_rate is trigger.callback_offset is None


def _checked_trailing(market: SymbolState, trigger: Trigger) -> Trigger:
    rate, offset, start = trigger.callback_rate, trigger.callback_offset, trigger.activation_price
    if (rate is None) == (offset is None):
        raise Rejection(RejectReason.TRIGGER, "a TRAILING order has either a callback rate or a callback offset")
    if rate is not None and not (rate.is_finite() and 0 < rate < 1):
        raise Rejection(RejectReason.TRIGGER, f"callback rate {rate} must be between 0 and 1")
    if offset is not None and not (offset.is_finite() and 0 < offset <= market.instrument.max_price):
        raise Rejection(RejectReason.TRIGGER, f"callback offset {offset} must be above 0")
    if trigger.price is not None:
        raise Rejection(RejectReason.TRIGGER, "a TRAILING order has no trigger price; it follows from the best price")
    if start is not None:
        start = checked_level(market.instrument, start)
    return replace(trigger, activation_price=start, extreme=None)
