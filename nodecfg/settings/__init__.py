"""The settings of a live node, one family per file, each read from its environment variables."""

from nodecfg.settings.binance import AccountType, BinanceCredentials, ExchangeCredentials
from nodecfg.settings.environment import ConfigEnvironment, OverridesSettings, StrategiesSettings, TradingEnvironment
from nodecfg.settings.logging import LoggingSettings, LogLevel
from nodecfg.settings.node import SECTIONS, TradingNodeSettings
from nodecfg.settings.reconciliation import ReconciliationSettings
from nodecfg.settings.redis import RedisConfig
from nodecfg.settings.risk import RiskSettings
from nodecfg.settings.service import ReadySettings, ShutdownPolicy, ShutdownSettings
from nodecfg.settings.timeouts import TimeoutSettings

__all__ = [
    "SECTIONS",
    "AccountType",
    "BinanceCredentials",
    "ConfigEnvironment",
    "ExchangeCredentials",
    "LogLevel",
    "LoggingSettings",
    "OverridesSettings",
    "ReadySettings",
    "ReconciliationSettings",
    "RedisConfig",
    "RiskSettings",
    "ShutdownPolicy",
    "ShutdownSettings",
    "StrategiesSettings",
    "TimeoutSettings",
    "TradingEnvironment",
    "TradingNodeSettings",
]
