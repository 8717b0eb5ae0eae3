"""Where the venues of the settings are, upstream's own addresses included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.adapters.binance.common.enums import BinanceAccountType, BinanceEnvironment
from nautilus_trader.adapters.binance.common.urls import get_http_base_url

from noderun.preflight import Address

if TYPE_CHECKING:
    from nodecfg import TradingNodeSettings


def addresses(settings: TradingNodeSettings) -> list[Address]:
    """Return the address of every configured venue."""
    binance = settings.binance
    if binance is None:
        return []
    url = binance.base_url_http or get_http_base_url(
        BinanceAccountType[binance.account_type.value],
        BinanceEnvironment.TESTNET if binance.testnet else BinanceEnvironment.LIVE,
        binance.us,
    )
    return [Address(name="BINANCE", url=url, path="/fapi/v1/time", setting="BINANCE_BASE_URL_HTTP")]
