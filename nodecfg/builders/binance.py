"""Binance USD-margined futures: one data and one execution client, without keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.adapters.binance.common.enums import BinanceAccountType, BinanceEnvironment
from nautilus_trader.adapters.binance.config import BinanceDataClientConfig, BinanceExecClientConfig
from nautilus_trader.common.config import ImportableConfig
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.model.identifiers import InstrumentId

if TYPE_CHECKING:
    from nodecfg.settings import BinanceCredentials

CLIENT: Final = "BINANCE"
"""Client id and venue."""

# The path of Binance's WebSocket API; only Ed25519 keys make the adapter open it.
_WS_API_PATH: Final = "/ws-fapi/v1"


def build_binance_data_client_config(binance: BinanceCredentials) -> ImportableConfig:
    """Build the data client, as an importable config so that the whole node config survives JSON.

    It stays without keys: market data is public (nautilus_trader/adapters/binance/factories.py takes None as such).
    """
    return _importable(
        BinanceDataClientConfig(
            account_type=BinanceAccountType[binance.account_type.value],
            environment=_environment(binance),
            base_url_http=binance.base_url_http,
            base_url_ws=binance.base_url_ws,
            us=binance.us,
            instrument_provider=_instrument_provider(binance),
        )
    )


def build_binance_exec_client_config(binance: BinanceCredentials) -> ImportableConfig:
    """Build the execution client, as an importable config.

    `max_retries` stays None, no retry: upstream retries -1007 ("unknown, may have executed") with the same client order
    id, the venue answers -4116 "duplicate", and the adapter calls an order that is live rejected. Without retries the
    first answer stands with its own code, for the service to look the order up. Codes that are safe to repeat
    (-1003, -1008, -1021) come with the price of one refused order, which a strategy sees.
    `use_position_ids` keeps the legs of a hedge account apart.
    """
    return _importable(
        BinanceExecClientConfig(
            account_type=BinanceAccountType[binance.account_type.value],
            environment=_environment(binance),
            base_url_http=binance.base_url_http,
            base_url_ws=f"{binance.base_url_ws}{_WS_API_PATH}" if binance.base_url_ws else None,
            base_url_ws_stream=binance.base_url_ws_stream,
            us=binance.us,
            instrument_provider=_instrument_provider(binance),
            use_position_ids=True,
            use_reduce_only=True,
            max_retries=None,
        )
    )


def _environment(binance: BinanceCredentials) -> BinanceEnvironment:
    return BinanceEnvironment.TESTNET if binance.testnet else BinanceEnvironment.LIVE


def _instrument_provider(binance: BinanceCredentials) -> InstrumentProviderConfig:
    # Explicit ids: neither load_all (one strange symbol at the venue stops every start) nor upstream's default of none.
    return InstrumentProviderConfig(
        load_all=False, load_ids=frozenset(InstrumentId.from_str(text) for text in binance.instrument_ids)
    )


def _importable(config: BinanceDataClientConfig | BinanceExecClientConfig) -> ImportableConfig:
    primitives: Any = config.json_primitives()
    # A frozenset has no order of its own; equal settings shall give equal configs.
    primitives["instrument_provider"]["load_ids"].sort()
    return ImportableConfig(path=type(config).fully_qualified_name(), config=primitives)
