"""The venue's filters: which prices and quantities an instrument takes, checked before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import OrderType, Rejection, RejectReason, Side

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Instrument


def checked_level(instrument: Instrument, price: Decimal) -> Decimal:
    """Give any price, such as a trigger's, in the instrument's decimals.

    Raises:
        Rejection: PRICE_RANGE, PRICE_TICK.
    """
    if not price.is_finite() or not instrument.min_price <= price <= instrument.max_price:
        detail = f"price {price} of {instrument.symbol} must be {instrument.min_price} to {instrument.max_price}"
        raise Rejection(RejectReason.PRICE_RANGE, detail)
    if price % instrument.tick_size:
        detail = f"price {price} of {instrument.symbol} must be a multiple of {instrument.tick_size}"
        raise Rejection(RejectReason.PRICE_TICK, detail)
    return price.quantize(instrument.tick_size)


def checked_price(instrument: Instrument, price: Decimal, *, side: Side, mark: Decimal) -> Decimal:
    """Give a limit price in the instrument's decimals.

    Raises:
        Rejection: PRICE_RANGE (also further from ``mark`` than the venue's price band), PRICE_TICK.
    """
    price = checked_level(instrument, price)
    bound = mark * (1 + side.sign * instrument.price_band)
    if side.sign * (price - bound) > 0:
        word = "above" if side is Side.BUY else "below"
        detail = f"{side} price {price} of {instrument.symbol} stands {word} the band's end {bound}"
        raise Rejection(RejectReason.PRICE_RANGE, detail)
    return price


def checked_quantity(instrument: Instrument, quantity: Decimal, order_type: OrderType) -> Decimal:
    """Give a quantity in the instrument's decimals.

    Raises:
        Rejection: QUANTITY_RANGE or QUANTITY_STEP.
    """
    highest = instrument.max_market_quantity if order_type is OrderType.MARKET else instrument.max_quantity
    if not quantity.is_finite() or not instrument.min_quantity <= quantity <= highest:
        detail = f"quantity {quantity} of {instrument.symbol} must be {instrument.min_quantity} to {highest}"
        raise Rejection(RejectReason.QUANTITY_RANGE, detail)
    if quantity % instrument.step_size:
        detail = f"quantity {quantity} of {instrument.symbol} must be a multiple of {instrument.step_size}"
        raise Rejection(RejectReason.QUANTITY_STEP, detail)
    return quantity.quantize(instrument.step_size)


def check_notional(instrument: Instrument, quantity: Decimal, price: Decimal) -> None:
    """Refuse an order worth less than the venue takes; reduce-only orders are not asked.

    Raises:
        Rejection: MIN_NOTIONAL.
    """
    if quantity * price < instrument.min_notional:
        detail = f"{quantity} at {price} of {instrument.symbol} is worth less than {instrument.min_notional}"
        raise Rejection(RejectReason.MIN_NOTIONAL, detail)
