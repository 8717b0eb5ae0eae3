"""Bybit: one data and one execution client, without keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nautilus_trader.adapters.bybit.config import BybitDataClientConfig, BybitExecClientConfig
from nautilus_trader.core.nautilus_pyo3 import (
    BybitEnvironment,
    BybitMarginMode,
    BybitPositionMode,
    BybitProductType,
)

from nodecfg.builders.importable import importable
from nodecfg.builders.instruments import build_instrument_provider_config

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nautilus_trader.common.config import ImportableConfig

    from nodecfg.settings import BybitCredentials, ProductType

CLIENT: Final = "BYBIT"
"""Client id and venue."""


def build_bybit_data_client_config(bybit: BybitCredentials) -> ImportableConfig:
    """Build the data client, as an importable config so that the whole node config survives JSON.

    There is no field for the public sockets of a simulated venue; nodecfg/builders/bybit_public_sockets.py gives them
    their address.
    """
    return importable(
        BybitDataClientConfig(
            environment=_environment(bybit),
            product_types=_product_types(bybit.all_product_types),
            base_url_http=bybit.base_url_http,
            instrument_provider=build_instrument_provider_config(bybit.instrument_ids),
            recv_window_ms=bybit.recv_window_ms,
        )
    )


def build_bybit_exec_client_config(bybit: BybitCredentials) -> ImportableConfig:
    """Build the execution client, as an importable config.

    Its provider loads the traded product types only: SPOT market data may stand beside derivatives, SPOT orders not.
    `use_spot_position_reports` stays False: whole wallet balances would become positions. `max_retries` stays None
    like Binance's: a retried order command may have been executed the first time.
    """
    suffixes = tuple(f"-{product.value}.{CLIENT}" for product in bybit.product_types)
    return importable(
        BybitExecClientConfig(
            environment=_environment(bybit),
            product_types=_product_types(bybit.product_types),
            base_url_http=bybit.base_url_http,
            base_url_ws_private=f"{bybit.base_url_ws_private}/v5/private" if bybit.base_url_ws_private else None,
            base_url_ws_trade=f"{bybit.base_url_ws_trade}/v5/trade" if bybit.base_url_ws_trade else None,
            instrument_provider=build_instrument_provider_config(
                text for text in bybit.instrument_ids if text.endswith(suffixes)
            ),
            recv_window_ms=bybit.recv_window_ms,
            max_retries=None,
            use_spot_position_reports=False,
            futures_leverages={_symbol(key): value for key, value in bybit.leverages.items()} or None,
            position_mode={
                _symbol(key): getattr(BybitPositionMode, value) for key, value in bybit.position_mode.items()
            }
            or None,
            margin_mode=getattr(BybitMarginMode, bybit.margin_mode.value) if bybit.margin_mode else None,
        )
    )


def public_socket_urls(bybit: BybitCredentials) -> dict[str, str]:
    """Return the public socket's address per product type of a simulated venue; empty for the exchange itself."""
    if bybit.base_url_ws_public is None:
        return {}
    return {
        product.value: f"{bybit.base_url_ws_public}/v5/public/{product.value.lower()}"
        for product in bybit.all_product_types
    }


def _environment(bybit: BybitCredentials) -> BybitEnvironment:
    if bybit.demo:
        return BybitEnvironment.DEMO
    return BybitEnvironment.TESTNET if bybit.testnet else BybitEnvironment.MAINNET


def _product_types(product_types: Iterable[ProductType]) -> tuple[BybitProductType, ...]:
    return tuple(getattr(BybitProductType, product.value) for product in product_types)


def _symbol(instrument_id: str) -> str:
    return instrument_id.rpartition(".")[0]
