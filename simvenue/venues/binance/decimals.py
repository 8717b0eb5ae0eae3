"""How the venue prints numbers: always text, always with the instrument's decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Instrument

ASSET_PLACES = 8


def price(instrument: Instrument, value: Decimal | None) -> str:
    """A price in the instrument's tick decimals; none (a market order) is zero."""
    return f"{value or 0:.{instrument.price_places}f}"


def quantity(instrument: Instrument, value: Decimal) -> str:
    """A quantity in the instrument's lot decimals."""
    return f"{value:.{instrument.quantity_places}f}"


def amount(value: Decimal | None) -> str:
    """Money, an average or a rate, in the 8 decimals of the venue's ledgers."""
    return f"{value or 0:.{ASSET_PLACES}f}"


def rate(value: Decimal) -> str:
    """A fee rate as it was configured, without an exponent."""
    return f"{value:f}"
