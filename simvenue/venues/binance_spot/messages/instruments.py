"""Pairs: the ``exchangeInfo`` document."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simvenue.venues.binance_spot.order_types import SpotOrderType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simvenue.exchange.types import Instrument
    from simvenue.venues.binance.limits import RateLimit

MAX_ORDERS = 200
MAX_ALGO_ORDERS = 5
MAX_TRAILING_DELTA = 2000
MIN_TRAILING_DELTA = 10
MAX_NOTIONAL = Decimal("9000000.00000000")


def exchange_info(instruments: Iterable[Instrument], limits: Iterable[RateLimit], now_ms: int) -> dict[str, Any]:
    """The whole document of ``/api/v3/exchangeInfo``."""
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": [limit.document() for limit in limits],
        "exchangeFilters": [],
        "symbols": [_symbol(instrument) for instrument in instruments],
    }


def _text(value: Decimal) -> str:
    # Trailing zeros are kept: clients read an instrument's precision from them.
    return f"{value:.8f}"


def _factor(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _symbol(instrument: Instrument) -> dict[str, Any]:
    return {
        "symbol": instrument.symbol,
        "status": "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": instrument.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [order_type.value for order_type in SpotOrderType],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(instrument),
        "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
    }


def _filters(instrument: Instrument) -> list[dict[str, Any]]:
    step, smallest = _text(instrument.step_size), _text(instrument.min_quantity)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": _text(instrument.min_price),
            "maxPrice": _text(instrument.max_price),
            "tickSize": _text(instrument.tick_size),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": smallest,
            "maxQty": _text(instrument.max_quantity),
            "stepSize": step,
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": smallest,
            "maxQty": _text(instrument.max_market_quantity),
            "stepSize": step,
        },
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": MIN_TRAILING_DELTA,
            "maxTrailingAboveDelta": MAX_TRAILING_DELTA,
            "minTrailingBelowDelta": MIN_TRAILING_DELTA,
            "maxTrailingBelowDelta": MAX_TRAILING_DELTA,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": _factor(1 + instrument.price_band),
            "bidMultiplierDown": "0",
            "askMultiplierUp": "1000000",
            "askMultiplierDown": _factor(1 - instrument.price_band),
            "avgPriceMins": 0,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": _text(instrument.min_notional),
            "applyMinToMarket": True,
            "maxNotional": _text(MAX_NOTIONAL),
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MAX_ORDERS},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": MAX_ALGO_ORDERS},
    ]
