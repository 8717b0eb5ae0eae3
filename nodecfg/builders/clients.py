"""Which of upstream's factories builds which client of a node, and from which config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nodecfg.settings.binance import BinanceClient
from nodecfg.settings.bybit import BybitCredentials

if TYPE_CHECKING:
    from nautilus_trader.common.config import ImportableConfig

    from nodecfg.settings import TradingNodeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFactories:
    """Factories by client name, for `TradingNode.add_data_client_factory` and `add_exec_client_factory`."""

    data: dict[str, type[Any]]
    execution: dict[str, type[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfigs:
    """Configs by client name, for `TradingNodeConfig.data_clients` and `exec_clients`."""

    data: dict[str, ImportableConfig]
    execution: dict[str, ImportableConfig]


def client_factories(settings: TradingNodeSettings) -> ClientFactories:
    """Return the factories of every configured client; imports an adapter only when its venue is configured.

    They are registered by hand because a factory named inside an importable config is broken upstream for execution:
    nautilus_trader/live/node_builder.py asks the instance it made of it for `__name__`.
    """
    factories = ClientFactories(data={}, execution={})
    for account in settings.accounts:
        if isinstance(account, BinanceClient):
            from nautilus_trader.adapters.binance import (  # noqa: PLC0415 the adapter takes long to import
                BinanceLiveDataClientFactory,
                BinanceLiveExecClientFactory,
            )

            factories.data[account.client] = BinanceLiveDataClientFactory
            factories.execution[account.client] = BinanceLiveExecClientFactory
        elif isinstance(account, BybitCredentials):
            from nautilus_trader.adapters.bybit import (  # noqa: PLC0415 the adapter takes long to import
                BybitLiveDataClientFactory,
                BybitLiveExecClientFactory,
            )

            from nodecfg.builders.bybit import public_socket_urls  # noqa: PLC0415 imports the adapter too

            factories.data[account.client] = BybitLiveDataClientFactory
            if urls := public_socket_urls(account):
                from nodecfg.builders.bybit_public_sockets import simulated_factory  # noqa: PLC0415 as above

                factories.data[account.client] = simulated_factory(urls)
            factories.execution[account.client] = BybitLiveExecClientFactory
    return factories


def build_client_configs(settings: TradingNodeSettings) -> ClientConfigs:
    """Return the configs of every configured client."""
    configs = ClientConfigs(data={}, execution={})
    for account in settings.accounts:
        if isinstance(account, BinanceClient):
            from nodecfg.builders import binance  # noqa: PLC0415 imports the adapter, which takes long

            configs.data[account.client] = binance.build_binance_data_client_config(account)
            configs.execution[account.client] = binance.build_binance_exec_client_config(account)
        elif isinstance(account, BybitCredentials):
            from nodecfg.builders import bybit  # noqa: PLC0415 imports the adapter, which takes long

            configs.data[account.client] = bybit.build_bybit_data_client_config(account)
            configs.execution[account.client] = bybit.build_bybit_exec_client_config(account)
    return configs
