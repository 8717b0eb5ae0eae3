"""Hands the keys to upstream's adapters under the names they read, because a config object would write them to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr

    from nodecfg.settings import TradingNodeSettings


def adapter_environment(settings: TradingNodeSettings) -> dict[str, SecretStr]:
    """Return the variables that upstream's adapters read, for the process to set before it builds a node.

    Source of the names: nautilus_trader/adapters/binance/common/credentials.py `get_api_key`, `get_api_secret`.
    """
    binance = settings.binance
    if binance is None:
        return {}
    prefix = "BINANCE_FUTURES_TESTNET" if binance.testnet else "BINANCE"
    return {f"{prefix}_API_KEY": binance.api_key, f"{prefix}_API_SECRET": binance.api_secret}
