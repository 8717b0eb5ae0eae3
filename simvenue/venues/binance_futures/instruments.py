"""The contracts of the venue: Binance USDⓈ-M perpetuals with the filters and decimals of the real exchangeInfo."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from simvenue.exchange.types import Instrument

if TYPE_CHECKING:
    from collections.abc import Mapping


def _perpetual(
    base: str,
    *,
    tick: str,
    step: str,
    prices: tuple[str, str],
    quantities: tuple[str, str, str],
    notional: str,
    near: str,
    max_leverage: int,
) -> Instrument:
    """Describe a USDT perpetual; fees are the venue's lowest tier (0.02 % maker, 0.05 % taker).

    ``prices`` is lowest and highest, ``quantities`` is least, most in a limit order and most in a market order,
    ``near`` the price around which the synthetic market moves.
    """
    tick_size, step_size = Decimal(tick), Decimal(step)
    return Instrument(
        symbol=f"{base}USDT",
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
        maker_fee=Decimal("0.0002"),
        taker_fee=Decimal("0.0005"),
        reference_price=Decimal(near).quantize(tick_size),
        price_places=-int(tick_size.as_tuple().exponent),
        quantity_places=-int(step_size.as_tuple().exponent),
        max_leverage=max_leverage,
    )


INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {
        instrument.symbol: instrument
        for instrument in (
            _perpetual(
                "BTC",
                tick="0.10",
                step="0.001",
                prices=("556.80", "4529764"),
                quantities=("0.001", "1000", "120"),
                notional="100",
                near="60000",
                max_leverage=125,
            ),
            _perpetual(
                "ETH",
                tick="0.01",
                step="0.001",
                prices=("39.86", "306177"),
                quantities=("0.001", "10000", "2000"),
                notional="20",
                near="3000",
                max_leverage=125,
            ),
            _perpetual(
                "BNB",
                tick="0.010",
                step="0.01",
                prices=("6.600", "100000"),
                quantities=("0.01", "100000", "2000"),
                notional="5",
                near="600",
                max_leverage=75,
            ),
            _perpetual(
                "XRP",
                tick="0.0001",
                step="0.1",
                prices=("0.0143", "100000"),
                quantities=("0.1", "10000000", "2000000"),
                notional="5",
                near="0.5",
                max_leverage=75,
            ),
            _perpetual(
                "DOGE",
                tick="0.000010",
                step="1",
                prices=("0.002440", "30"),
                quantities=("1", "50000000", "30000000"),
                notional="5",
                near="0.1",
                max_leverage=75,
            ),
        )
    }
)
"""Symbol to contract: big prices, small prices, and lots that have no decimals at all."""


def invented(count: int) -> dict[str, Instrument]:
    """Give ``count`` perpetuals that no real venue lists, T0001USDT and so on, for tests of size; cheap and alike."""
    made = (
        _perpetual(
            f"T{number:04}",
            tick="0.010",
            step="0.01",
            prices=("0.100", "100000"),
            quantities=("0.01", "100000", "2000"),
            notional="5",
            near="100",
            max_leverage=75,
        )
        for number in range(1, count + 1)
    )
    return {instrument.symbol: instrument for instrument in made}
