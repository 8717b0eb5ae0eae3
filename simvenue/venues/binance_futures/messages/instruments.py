"""Instruments: the ``exchangeInfo`` document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance_futures import conditional
from simvenue.venues.binance_futures.open_order_limits import MAX_ALGO_ORDERS, MAX_ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from simvenue.exchange.types import Instrument
    from simvenue.venues.binance.limits import RateLimit

# The venue's own constants for a perpetual: listed 2019-09-25, delivered on the last day of 2100.
_ONBOARD_MS = 1_569_398_400_000
_DELIVERY_MS = 4_133_404_800_000


def exchange_info(instruments: Iterable[Instrument], limits: Iterable[RateLimit], now_ms: int) -> dict[str, Any]:
    """The whole document of ``/fapi/v1/exchangeInfo``."""
    listed = list(instruments)
    quotes = dict.fromkeys(instrument.quote for instrument in listed)
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [limit.document() for limit in limits],
        "exchangeFilters": [],
        "assets": [{"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"} for asset in quotes],
        "symbols": [_symbol(instrument) for instrument in listed],
    }


def _plain(value: Decimal) -> str:
    # Trailing zeros are kept: clients read an instrument's precision from them.
    return f"{value:f}"


def _symbol(instrument: Instrument) -> dict[str, Any]:
    step = _plain(instrument.step_size)
    smallest = _plain(instrument.min_quantity)
    return {
        "symbol": instrument.symbol,
        "pair": instrument.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _DELIVERY_MS,
        "onboardDate": _ONBOARD_MS,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": instrument.base,
        "quoteAsset": instrument.quote,
        "marginAsset": instrument.quote,
        "pricePrecision": instrument.price_places,
        "quantityPrecision": instrument.quantity_places,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": _plain(instrument.price_band),
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": _plain(instrument.min_price),
                "maxPrice": _plain(instrument.max_price),
                "tickSize": _plain(instrument.tick_size),
            },
            {
                "filterType": "LOT_SIZE",
                "stepSize": step,
                "maxQty": _plain(instrument.max_quantity),
                "minQty": smallest,
            },
            {
                "filterType": "MARKET_LOT_SIZE",
                "stepSize": step,
                "maxQty": _plain(instrument.max_market_quantity),
                "minQty": smallest,
            },
            {"filterType": "MAX_NUM_ORDERS", "limit": MAX_ORDERS},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": MAX_ALGO_ORDERS},
            {"filterType": "MIN_NOTIONAL", "notional": _plain(instrument.min_notional)},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": _plain(1 + instrument.price_band),
                "multiplierDown": _plain(1 - instrument.price_band),
                "multiplierDecimal": "4",
            },
        ],
        "orderTypes": ["LIMIT", "MARKET", *conditional.TYPES],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }
