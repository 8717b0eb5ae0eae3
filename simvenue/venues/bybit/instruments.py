"""What Bybit lists: USDT perpetuals (``…-LINEAR``) and spot pairs (``…-SPOT``), with its filters and decimals."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from simvenue.exchange.types import Instrument, InstrumentKind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Category(StrEnum):
    """The venue's product groups; inverse and options exist but nothing is listed in them here."""

    LINEAR = "linear"
    SPOT = "spot"
    INVERSE = "inverse"
    OPTION = "option"


def symbol_of(category: Category, name: str) -> str:
    """Give the exchange's symbol of what the venue's messages call ``name`` in a category."""
    return f"{name}-{category.upper()}"


def category_of(instrument: Instrument) -> Category:
    """Give the category an instrument is listed in."""
    return Category.SPOT if instrument.kind is InstrumentKind.SPOT else Category.LINEAR


def _instrument(
    base: str,
    category: Category,
    *,
    tick: str,
    step: str,
    prices: tuple[str, str],
    quantities: tuple[str, str, str],
    notional: str,
    near: str,
    leverage: int = 1,
) -> Instrument:
    """Describe what trades against USDT; fees are the venue's lowest tier (0.02 %/0.055 % linear, 0.1 % spot).

    ``prices`` is lowest and highest, ``quantities`` is least, most in a limit order and most in a market order,
    ``near`` the price around which the synthetic market moves.
    """
    tick_size, step_size, spot = Decimal(tick), Decimal(step), category is Category.SPOT
    return Instrument(
        symbol=symbol_of(category, f"{base}USDT"),
        name=f"{base}USDT",
        base=base,
        quote="USDT",
        tick_size=tick_size,
        step_size=step_size,
        min_price=Decimal(prices[0]),
        max_price=Decimal(prices[1]),
        min_quantity=Decimal(quantities[0]),
        max_quantity=Decimal(quantities[1]),
        max_market_quantity=Decimal(quantities[2]),
        min_notional=Decimal(notional),
        maker_fee=Decimal("0.001") if spot else Decimal("0.0002"),
        taker_fee=Decimal("0.001") if spot else Decimal("0.00055"),
        reference_price=Decimal(near).quantize(tick_size),
        price_places=-int(tick_size.as_tuple().exponent),
        quantity_places=-int(step_size.as_tuple().exponent),
        kind=InstrumentKind.SPOT if spot else InstrumentKind.PERPETUAL,
        max_leverage=leverage,
    )


_LISTED = (
    _instrument(
        "BTC",
        Category.LINEAR,
        tick="0.10",
        step="0.001",
        prices=("0.10", "1999999.80"),
        quantities=("0.001", "1190.000", "119.000"),
        notional="5",
        near="60000",
        leverage=100,
    ),
    _instrument(
        "ETH",
        Category.LINEAR,
        tick="0.01",
        step="0.01",
        prices=("0.01", "199999.98"),
        quantities=("0.01", "7240.00", "724.00"),
        notional="5",
        near="3000",
        leverage=100,
    ),
    _instrument(
        "XRP",
        Category.LINEAR,
        tick="0.0001",
        step="0.1",
        prices=("0.0001", "1999.9998"),
        quantities=("0.1", "2870000.0", "287000.0"),
        notional="5",
        near="2.5",
        leverage=75,
    ),
    _instrument(
        "BTC",
        Category.SPOT,
        tick="0.01",
        step="0.000001",
        prices=("0.01", "10000000.00"),
        quantities=("0.000011", "83", "41.5"),
        notional="5",
        near="60000",
    ),
    _instrument(
        "ETH",
        Category.SPOT,
        tick="0.01",
        step="0.00001",
        prices=("0.01", "1000000.00"),
        quantities=("0.00022", "1400", "700"),
        notional="5",
        near="3000",
    ),
    _instrument(
        "XRP",
        Category.SPOT,
        tick="0.0001",
        step="0.01",
        prices=("0.0001", "10000.0000"),
        quantities=("0.23", "1500000", "750000"),
        notional="5",
        near="2.5",
    ),
)
INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType({instrument.symbol: instrument for instrument in _LISTED})
"""Symbol to instrument."""
