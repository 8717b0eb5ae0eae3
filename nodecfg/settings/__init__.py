"""The settings of a live node, one family per file, each read from its environment variables."""

from nodecfg.settings.binance import (
    AccountType,
    BinanceClient,
    BinanceCoinFuturesCredentials,
    BinanceCredentials,
    BinanceMarginCredentials,
    BinanceSpotCredentials,
    KeyType,
)
from nodecfg.settings.bybit import BybitCredentials, MarginMode, ProductType
from nodecfg.settings.engines import (
    CacheSettings,
    DataEngineSettings,
    Encoding,
    ExecEngineSettings,
    PortfolioSettings,
)
from nodecfg.settings.environment import ConfigEnvironment, StrategiesSettings, TradingEnvironment
from nodecfg.settings.exchange import ExchangeCredentials
from nodecfg.settings.logging import LogFileFormat, LoggingSettings, LogLevel
from nodecfg.settings.message_bus import MessageBusSettings
from nodecfg.settings.node import SECTIONS, VENUES, TradingNodeSettings
from nodecfg.settings.reconciliation import ReconciliationConfig, ReconciliationSettings
from nodecfg.settings.redis import RedisConfig
from nodecfg.settings.risk import RiskSettings
from nodecfg.settings.service import ReadySettings, ShutdownPolicy, ShutdownSettings
from nodecfg.settings.streaming import Rotation, StreamingSettings
from nodecfg.settings.timeouts import TimeoutSettings

__all__ = [
    "SECTIONS",
    "VENUES",
    "AccountType",
    "BinanceClient",
    "BinanceCoinFuturesCredentials",
    "BinanceCredentials",
    "BinanceMarginCredentials",
    "BinanceSpotCredentials",
    "BybitCredentials",
    "CacheSettings",
    "ConfigEnvironment",
    "DataEngineSettings",
    "Encoding",
    "ExchangeCredentials",
    "ExecEngineSettings",
    "KeyType",
    "LogFileFormat",
    "LogLevel",
    "LoggingSettings",
    "MarginMode",
    "MessageBusSettings",
    "PortfolioSettings",
    "ProductType",
    "ReadySettings",
    "ReconciliationConfig",
    "ReconciliationSettings",
    "RedisConfig",
    "RiskSettings",
    "Rotation",
    "ShutdownPolicy",
    "ShutdownSettings",
    "StrategiesSettings",
    "StreamingSettings",
    "TimeoutSettings",
    "TradingEnvironment",
    "TradingNodeSettings",
]
