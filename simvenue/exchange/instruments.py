"""The contracts simvenue knows: Binance USDⓈ-M perpetuals with the filters and decimals of the real exchangeInfo."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType

from simvenue.exchange.types import Instrument


def _perpetual(
    base: str,
    *,
    tick: str,
    step: str,
    prices: tuple[str, str],
    quantities: tuple[str, str, str],
    notional: str,
    near: str,
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
    )


BINANCE_FUTURES = MappingProxyType(
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
            ),
            _perpetual(
                "ETH",
                tick="0.01",
                step="0.001",
                prices=("39.86", "306177"),
                quantities=("0.001", "10000", "2000"),
                notional="20",
                near="3000",
            ),
        )
    }
)
"""Symbol to contract."""
