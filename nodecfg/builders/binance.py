"""Binance: one data and one execution client per account, without keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nautilus_trader.adapters.binance.common.enums import BinanceAccountType, BinanceEnvironment
from nautilus_trader.adapters.binance.common.symbol import BinanceSymbol
from nautilus_trader.adapters.binance.config import BinanceDataClientConfig, BinanceExecClientConfig
from nautilus_trader.adapters.binance.futures.enums import BinanceFuturesMarginType
from nautilus_trader.model.identifiers import Venue

from nodecfg.adapter_factories import learn_binance_symbols
from nodecfg.builders.importable import importable
from nodecfg.builders.instruments import build_instrument_provider_config
from nodecfg.settings.binance import AccountType

if TYPE_CHECKING:
    from nautilus_trader.common.config import ImportableConfig

    from nodecfg.settings import BinanceClient

learn_binance_symbols()

CLIENT: Final = "BINANCE"
"""Client id and venue of the main client."""

# Paths of the WebSocket API: base_url_ws of the exec client is its exact URL. Futures open it with Ed25519 only.
_WS_API_PATH: Final = {
    AccountType.SPOT: "/ws-api/v3",
    AccountType.MARGIN: "/ws-api/v3",
    AccountType.USDT_FUTURES: "/ws-fapi/v1",
    AccountType.COIN_FUTURES: "/ws-dapi/v1",
}

# Coin-margined futures have no WebSocket API on testnet and demo, and upstream's constructor raises ValueError for want
# of its address, also with the HMAC keys that never open it. Ed25519 keys, which would, are refused by the settings.
_NO_WS_API: Final = "wss://testnet.binancefuture.com/ws-dapi/v1"


def build_binance_data_client_config(binance: BinanceClient) -> ImportableConfig:
    """Build the data client, as an importable config so that the whole node config survives JSON.

    It stays without keys: market data is public (nautilus_trader/adapters/binance/factories.py takes None as such).
    """
    return importable(
        BinanceDataClientConfig(
            venue=Venue(binance.client),
            account_type=BinanceAccountType[binance.kind.value],
            environment=_environment(binance),
            base_url_http=binance.base_url_http,
            base_url_ws=binance.base_url_ws,
            us=binance.us,
            use_agg_trade_ticks=binance.use_agg_trade_ticks,
            instrument_provider=build_instrument_provider_config(binance.instrument_ids),
        )
    )


def build_binance_exec_client_config(binance: BinanceClient) -> ImportableConfig:
    """Build the execution client, as an importable config.

    `max_retries` stays None, no retry: upstream retries -1007 ("unknown, may have executed") with the same client order
    id, the venue answers -4116 "duplicate", and the adapter calls an order that is live rejected. Without retries the
    first answer stands with its own code, for the service to look the order up. Codes that are safe to repeat
    (-1003, -1008, -1021) come with the price of one refused order, which a strategy sees.
    `use_position_ids` keeps the legs of a hedge account apart, where upstream does not connect with `use_reduce_only`.
    `key_type` stays HMAC, which means detected from the secret.
    """
    return importable(
        BinanceExecClientConfig(
            venue=Venue(binance.client),
            account_type=BinanceAccountType[binance.kind.value],
            environment=_environment(binance),
            base_url_http=binance.base_url_http,
            base_url_ws=_ws_api_url(binance),
            base_url_ws_stream=binance.base_url_ws_stream if binance.kind.is_futures else None,
            us=binance.us,
            instrument_provider=build_instrument_provider_config(binance.instrument_ids),
            use_position_ids=True,
            use_reduce_only=not binance.hedge_mode,
            recv_window_ms=binance.recv_window_ms,
            max_retries=None,
            futures_leverages={_symbol(key): value for key, value in binance.leverages.items()} or None,
            futures_margin_types={
                _symbol(key): BinanceFuturesMarginType(value) for key, value in binance.margin_types.items()
            }
            or None,
        )
    )


def _environment(binance: BinanceClient) -> BinanceEnvironment:
    if binance.demo:
        return BinanceEnvironment.DEMO
    return BinanceEnvironment.TESTNET if binance.testnet else BinanceEnvironment.LIVE


def _ws_api_url(binance: BinanceClient) -> str | None:
    if binance.base_url_ws:
        return f"{binance.base_url_ws}{_WS_API_PATH[binance.kind]}"
    if binance.kind is AccountType.COIN_FUTURES and not binance.is_real_money:
        return _NO_WS_API
    return None


def _symbol(instrument_id: str) -> BinanceSymbol:
    return BinanceSymbol(instrument_id.rpartition(".")[0])
