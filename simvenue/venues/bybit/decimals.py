"""How the venue prints numbers: always text; prices and quantities with the instrument's decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Instrument


def price(instrument: Instrument, value: Decimal | None) -> str:
    """Give a price in the instrument's tick decimals; none is zero."""
    return f"{value or 0:.{instrument.price_places}f}"


def price_or_empty(instrument: Instrument, value: Decimal | None) -> str:
    """Give a price in the instrument's tick decimals; none and zero are empty."""
    return price(instrument, value) if value else ""


def quantity(instrument: Instrument, value: Decimal) -> str:
    """Give a quantity in the instrument's lot decimals."""
    return f"{value:.{instrument.quantity_places}f}"


def plain(value: Decimal) -> str:
    """Give money, an average or a rate without padding and without an exponent."""
    return f"{value.normalize():f}" if value else "0"


def listed(value: Decimal) -> str:
    """Give a filter's value with the decimals it is listed with: clients read precisions from them."""
    return f"{value:f}"
