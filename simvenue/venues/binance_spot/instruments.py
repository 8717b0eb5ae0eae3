"""The pairs of the venue, with the filters of the real exchangeInfo; everything is printed with 8 decimals."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from simvenue.exchange.types import Instrument, InstrumentKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE = Decimal("0.00000001")


def _pair(
    base: str, *, tick: str, step: str, highest: str, quantities: tuple[str, str], notional: str, near: str
) -> Instrument:
    """Describe a pair quoted in USDT; fees are the venue's regular 0.1 %, of what is received.

    ``quantities`` is the most in a limit order and in a market order, ``near`` the price around which the synthetic
    market moves.
    """
    tick_size, step_size = Decimal(tick).quantize(_PLACE), Decimal(step).quantize(_PLACE)
    return Instrument(
        symbol=f"{base}USDT",
        base=base,
        quote="USDT",
        tick_size=tick_size,
        step_size=step_size,
        min_price=tick_size,
        max_price=Decimal(highest).quantize(_PLACE),
        min_quantity=step_size,
        max_quantity=Decimal(quantities[0]).quantize(_PLACE),
        max_market_quantity=Decimal(quantities[1]).quantize(_PLACE),
        min_notional=Decimal(notional).quantize(_PLACE),
        maker_fee=Decimal("0.001"),
        taker_fee=Decimal("0.001"),
        reference_price=Decimal(near).quantize(_PLACE),
        price_places=8,
        quantity_places=8,
        price_band=Decimal("0.8"),
        kind=InstrumentKind.SPOT,
        max_leverage=1,
    )


INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {
        instrument.symbol: instrument
        for instrument in (
            _pair(
                "BTC",
                tick="0.01",
                step="0.00001",
                highest="1000000",
                quantities=("9000", "120"),
                notional="5",
                near="60000",
            ),
            _pair(
                "ETH",
                tick="0.01",
                step="0.0001",
                highest="1000000",
                quantities=("9000", "2500"),
                notional="5",
                near="3000",
            ),
            _pair(
                "XRP",
                tick="0.0001",
                step="0.1",
                highest="10000",
                quantities=("9222449", "1500000"),
                notional="5",
                near="2.5",
            ),
            _pair(
                "DOGE",
                tick="0.00001",
                step="1",
                highest="1000",
                quantities=("90000000", "10000000"),
                notional="1",
                near="0.2",
            ),
        )
    }
)
"""Symbol to pair."""
