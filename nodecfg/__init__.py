"""The one place where a live node is configured: environment and files in, upstream's TradingNodeConfig out.

Importing this package does not import nautilus_trader, which takes seconds: each name below loads its module on first
use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nodecfg.builders.binance import build_binance_data_client_config, build_binance_exec_client_config
    from nodecfg.builders.bybit import build_bybit_data_client_config, build_bybit_exec_client_config
    from nodecfg.builders.cache import build_cache_config, build_database_config
    from nodecfg.builders.clients import ClientFactories, client_factories
    from nodecfg.builders.data import build_data_engine_config
    from nodecfg.builders.execution import build_exec_engine_config
    from nodecfg.builders.instruments import build_instrument_provider_config
    from nodecfg.builders.logging import build_logging_config
    from nodecfg.builders.message_bus import build_message_bus_config
    from nodecfg.builders.portfolio import build_portfolio_config
    from nodecfg.builders.risk import build_risk_engine_config
    from nodecfg.builders.streaming import build_streaming_config
    from nodecfg.claims import ExternalOrderClaimConfig
    from nodecfg.credentials import adapter_environment
    from nodecfg.errors import ConfigurationError, Problem
    from nodecfg.factory import TradingNodeConfigFactory
    from nodecfg.instance import Instance, derive
    from nodecfg.presets import ReconciliationPreset
    from nodecfg.process import ProcessEnvironment
    from nodecfg.settings import (
        BinanceCoinFuturesCredentials,
        BinanceCredentials,
        BinanceMarginCredentials,
        BinanceSpotCredentials,
        BybitCredentials,
        CacheSettings,
        ConfigEnvironment,
        DataEngineSettings,
        ExchangeCredentials,
        ExecEngineSettings,
        LoggingSettings,
        MessageBusSettings,
        PortfolioSettings,
        ReadySettings,
        ReconciliationConfig,
        ReconciliationSettings,
        RedisConfig,
        RiskSettings,
        ShutdownPolicy,
        ShutdownSettings,
        StreamingSettings,
        TimeoutSettings,
        TradingEnvironment,
        TradingNodeSettings,
    )
    from nodecfg.strategies import load_strategies

__all__ = [
    "BinanceCoinFuturesCredentials",
    "BinanceCredentials",
    "BinanceMarginCredentials",
    "BinanceSpotCredentials",
    "BybitCredentials",
    "CacheSettings",
    "ClientFactories",
    "ConfigEnvironment",
    "ConfigurationError",
    "DataEngineSettings",
    "ExchangeCredentials",
    "ExecEngineSettings",
    "ExternalOrderClaimConfig",
    "Instance",
    "LoggingSettings",
    "MessageBusSettings",
    "PortfolioSettings",
    "Problem",
    "ProcessEnvironment",
    "ReadySettings",
    "ReconciliationConfig",
    "ReconciliationPreset",
    "ReconciliationSettings",
    "RedisConfig",
    "RiskSettings",
    "ShutdownPolicy",
    "ShutdownSettings",
    "StreamingSettings",
    "TimeoutSettings",
    "TradingEnvironment",
    "TradingNodeConfigFactory",
    "TradingNodeSettings",
    "adapter_environment",
    "build_binance_data_client_config",
    "build_binance_exec_client_config",
    "build_bybit_data_client_config",
    "build_bybit_exec_client_config",
    "build_cache_config",
    "build_data_engine_config",
    "build_database_config",
    "build_exec_engine_config",
    "build_instrument_provider_config",
    "build_logging_config",
    "build_message_bus_config",
    "build_portfolio_config",
    "build_risk_engine_config",
    "build_streaming_config",
    "client_factories",
    "derive",
    "load_strategies",
]

_MODULES = {
    "ExternalOrderClaimConfig": "nodecfg.claims",
    "build_binance_data_client_config": "nodecfg.builders.binance",
    "build_binance_exec_client_config": "nodecfg.builders.binance",
    "build_bybit_data_client_config": "nodecfg.builders.bybit",
    "build_bybit_exec_client_config": "nodecfg.builders.bybit",
    "build_cache_config": "nodecfg.builders.cache",
    "build_database_config": "nodecfg.builders.cache",
    "build_data_engine_config": "nodecfg.builders.data",
    "build_exec_engine_config": "nodecfg.builders.execution",
    "build_instrument_provider_config": "nodecfg.builders.instruments",
    "build_logging_config": "nodecfg.builders.logging",
    "build_message_bus_config": "nodecfg.builders.message_bus",
    "build_portfolio_config": "nodecfg.builders.portfolio",
    "build_risk_engine_config": "nodecfg.builders.risk",
    "build_streaming_config": "nodecfg.builders.streaming",
    "ReconciliationPreset": "nodecfg.presets",
    "ClientFactories": "nodecfg.builders.clients",
    "ConfigurationError": "nodecfg.errors",
    "Instance": "nodecfg.instance",
    "Problem": "nodecfg.errors",
    "ProcessEnvironment": "nodecfg.process",
    "TradingNodeConfigFactory": "nodecfg.factory",
    "adapter_environment": "nodecfg.credentials",
    "client_factories": "nodecfg.builders.clients",
    "derive": "nodecfg.instance",
    "load_strategies": "nodecfg.strategies",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 a module attribute can be any object
    """Load a public name from its module on first use."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_MODULES.get(name, "nodecfg.settings")), name)
