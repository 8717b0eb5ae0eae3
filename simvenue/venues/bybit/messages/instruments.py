"""Instruments as ``/v5/market/instruments-info`` lists them, and what follows from them: fees and risk limits."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simvenue.venues.bybit.decimals import listed, plain
from simvenue.venues.bybit.instruments import Category, category_of

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument

FUNDING_MINUTES = 480
_LAUNCHED_MS = "1584230400000"
RISK_LIMIT = "2000000"


def instrument(value: Instrument, *, trading: bool = True) -> dict[str, Any]:
    """Describe an instrument."""
    return _spot(value, trading=trading) if category_of(value) is Category.SPOT else _linear(value, trading=trading)


def _linear(value: Instrument, *, trading: bool) -> dict[str, Any]:
    return {
        "symbol": value.wire_name,
        "contractType": "LinearPerpetual",
        "status": "Trading" if trading else "Closed",
        "baseCoin": value.base,
        "quoteCoin": value.quote,
        "launchTime": _LAUNCHED_MS,
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(value.price_places),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": f"{value.max_leverage}.00", "leverageStep": "0.01"},
        "priceFilter": {
            "minPrice": listed(value.min_price),
            "maxPrice": listed(value.max_price),
            "tickSize": listed(value.tick_size),
        },
        "lotSizeFilter": {
            "maxOrderQty": listed(value.max_quantity),
            "minOrderQty": listed(value.min_quantity),
            "qtyStep": listed(value.step_size),
            "postOnlyMaxOrderQty": listed(value.max_quantity),
            "maxMktOrderQty": listed(value.max_market_quantity),
            "minNotionalValue": listed(value.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": FUNDING_MINUTES,
        "settleCoin": value.quote,
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {
            "priceLimitRatioX": plain(value.price_band),
            "priceLimitRatioY": plain(value.price_band),
        },
        "displayName": "",
    }


def _spot(value: Instrument, *, trading: bool) -> dict[str, Any]:
    return {
        "symbol": value.wire_name,
        "baseCoin": value.base,
        "quoteCoin": value.quote,
        "innovation": "0",
        "status": "Trading" if trading else "Closed",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": listed(value.step_size),
            "quotePrecision": "0.00000001",
            "minOrderQty": listed(value.min_quantity),
            "maxOrderQty": listed(value.max_quantity),
            "minOrderAmt": listed(value.min_notional),
            "maxOrderAmt": "8000000",
            "maxLimitOrderQty": listed(value.max_quantity),
            "maxMarketOrderQty": listed(value.max_market_quantity),
        },
        "priceFilter": {"tickSize": listed(value.tick_size)},
        "riskParameters": {
            "priceLimitRatioX": plain(value.price_band),
            "priceLimitRatioY": plain(value.price_band),
        },
    }


def fee_rate(value: Instrument) -> dict[str, str]:
    """Describe what trading an instrument costs."""
    return {"symbol": value.wire_name, "takerFeeRate": plain(value.taker_fee), "makerFeeRate": plain(value.maker_fee)}


def risk_limit(value: Instrument) -> dict[str, Any]:
    """Describe the one risk level that every position here has."""
    return {
        "id": 1,
        "symbol": value.wire_name,
        "riskLimitValue": RISK_LIMIT,
        "maintenanceMargin": "0.005",
        "initialMargin": plain((1 / Decimal(value.max_leverage)).quantize(Decimal("0.0001"))),
        "isLowestRisk": 1,
        "maxLeverage": f"{value.max_leverage}.00",
        "mmDeduction": "",
    }
