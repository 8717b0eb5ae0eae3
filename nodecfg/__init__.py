"""The one place where a live node is configured: environment and files in, upstream's TradingNodeConfig out.

Importing this package does not import nautilus_trader, which takes seconds: each name below loads its module on first
use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nodecfg.builders.clients import ClientFactories, client_factories
    from nodecfg.credentials import adapter_environment
    from nodecfg.errors import ConfigurationError, Problem
    from nodecfg.factory import TradingNodeConfigFactory
    from nodecfg.instance import Instance, derive
    from nodecfg.process import ProcessEnvironment
    from nodecfg.settings import (
        BinanceCredentials,
        ConfigEnvironment,
        ExchangeCredentials,
        LoggingSettings,
        ReadySettings,
        ReconciliationSettings,
        RedisConfig,
        RiskSettings,
        ShutdownPolicy,
        ShutdownSettings,
        TimeoutSettings,
        TradingEnvironment,
        TradingNodeSettings,
    )
    from nodecfg.strategies import load_strategies

__all__ = [
    "BinanceCredentials",
    "ClientFactories",
    "ConfigEnvironment",
    "ConfigurationError",
    "ExchangeCredentials",
    "Instance",
    "LoggingSettings",
    "Problem",
    "ProcessEnvironment",
    "ReadySettings",
    "ReconciliationSettings",
    "RedisConfig",
    "RiskSettings",
    "ShutdownPolicy",
    "ShutdownSettings",
    "TimeoutSettings",
    "TradingEnvironment",
    "TradingNodeConfigFactory",
    "TradingNodeSettings",
    "adapter_environment",
    "client_factories",
    "derive",
    "load_strategies",
]

_MODULES = {
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
