"""Hands the keys to upstream's adapters under the names they read, because a config object would write them to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr

    from nodecfg.settings import ExchangeCredentials, TradingNodeSettings


def adapter_environment(settings: TradingNodeSettings) -> dict[str, SecretStr]:
    """Return the variables that upstream's adapters read, for the process to set before it builds a node."""
    variables: dict[str, SecretStr] = {}
    for account in settings.accounts:
        prefix = adapter_prefix(account)
        variables[f"{prefix}_API_KEY"] = account.api_key
        variables[f"{prefix}_API_SECRET"] = account.api_secret
    return variables


def adapter_prefix(account: ExchangeCredentials) -> str:
    """Return what the names of the variables begin with that upstream reads for a client.

    Two clients can have the same prefix, real spot and real futures of Binance for example: upstream then needs one key
    that may do both.

    Sources: nautilus_trader/adapters/binance/common/credentials.py `get_api_key`; crates/adapters/bybit (BYBIT_API_KEY,
    BYBIT_TESTNET_API_KEY, BYBIT_DEMO_API_KEY).
    """
    exchange = account.client.partition("_")[0]
    if account.demo:
        return f"{exchange}_DEMO"
    if not account.testnet:
        return exchange
    kind = getattr(account, "kind", None)
    return f"{exchange}_FUTURES_TESTNET" if kind is not None and kind.is_futures else f"{exchange}_TESTNET"
