"""All settings of a node together, the rules between them, and how they are read."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import BaseModel, ConfigDict

from nodecfg.errors import ConfigurationError, scrubbed
from nodecfg.settings.binance import (
    BinanceCoinFuturesCredentials,
    BinanceCredentials,
    BinanceMarginCredentials,
    BinanceSpotCredentials,
)
from nodecfg.settings.bybit import BybitCredentials
from nodecfg.settings.engines import CacheSettings, DataEngineSettings, ExecEngineSettings, PortfolioSettings
from nodecfg.settings.environment import ConfigEnvironment, OverridesSettings, StrategiesSettings, TradingEnvironment
from nodecfg.settings.exchange import ExchangeCredentials
from nodecfg.settings.health import HealthSettings
from nodecfg.settings.logging import LoggingSettings
from nodecfg.settings.message_bus import MessageBusSettings
from nodecfg.settings.reconciliation import ReconciliationConfig
from nodecfg.settings.redis import RedisConfig
from nodecfg.settings.risk import RiskSettings
from nodecfg.settings.rules import CANCEL_TASKS_SECONDS, VENUES, cross_problems
from nodecfg.settings.section import Section
from nodecfg.settings.service import ReadySettings, ShutdownSettings
from nodecfg.settings.streaming import StreamingSettings
from nodecfg.settings.timeouts import TimeoutSettings
from nodecfg.sources import Source, read_source, unknown_variables

SECTIONS: Final[dict[str, type[Section]]] = {
    "environment": ConfigEnvironment,
    "strategies": StrategiesSettings,
    "overrides": OverridesSettings,
    "logging": LoggingSettings,
    "timeouts": TimeoutSettings,
    "redis": RedisConfig,
    "cache": CacheSettings,
    "binance": BinanceCredentials,
    "binance_spot": BinanceSpotCredentials,
    "binance_margin": BinanceMarginCredentials,
    "binance_coin_futures": BinanceCoinFuturesCredentials,
    "bybit": BybitCredentials,
    "reconciliation": ReconciliationConfig,
    "risk": RiskSettings,
    "data_engine": DataEngineSettings,
    "exec_engine": ExecEngineSettings,
    "portfolio": PortfolioSettings,
    "message_bus": MessageBusSettings,
    "streaming": StreamingSettings,
    "ready": ReadySettings,
    "health": HealthSettings,
    "shutdown": ShutdownSettings,
}

__all__ = ["CANCEL_TASKS_SECONDS", "SECTIONS", "VENUES", "TradingNodeSettings", "cross_problems", "secret_values"]


class TradingNodeSettings(BaseModel):
    """Every setting of one node; frozen, secrets masked in every representation."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    environment: ConfigEnvironment
    strategies: StrategiesSettings
    overrides: OverridesSettings
    logging: LoggingSettings
    timeouts: TimeoutSettings
    redis: RedisConfig
    cache: CacheSettings
    binance: BinanceCredentials | None
    binance_spot: BinanceSpotCredentials | None
    binance_margin: BinanceMarginCredentials | None
    binance_coin_futures: BinanceCoinFuturesCredentials | None
    bybit: BybitCredentials | None
    reconciliation: ReconciliationConfig
    risk: RiskSettings
    data_engine: DataEngineSettings
    exec_engine: ExecEngineSettings
    portfolio: PortfolioSettings
    message_bus: MessageBusSettings
    streaming: StreamingSettings
    ready: ReadySettings
    health: HealthSettings
    shutdown: ShutdownSettings

    if not TYPE_CHECKING:

        def __init__(self, **sections: Any) -> None:  # noqa: ANN401 pydantic checks them
            """Fill in the sections that have defaults, then check the rules between all of them."""
            for name, section in SECTIONS.items():
                if name not in sections:
                    sections[name] = None if name in VENUES else section()
            super().__init__(**sections)
            problems = list(cross_problems({name: getattr(self, name) for name in SECTIONS}))
            if problems:
                raise ConfigurationError(problems)

    @property
    def strategies_file(self) -> Path | None:
        """Where the strategies are listed, None for a node without strategies."""
        return self.strategies.file

    @property
    def overrides_file(self) -> Path | None:
        """Where fields of upstream are overridden, None for none."""
        return self.overrides.file

    @property
    def accounts(self) -> tuple[ExchangeCredentials, ...]:
        """Every configured client, the main Binance client first."""
        return tuple(account for name in VENUES if (account := getattr(self, name)) is not None)

    @property
    def instrument_ids(self) -> tuple[str, ...]:
        """The instruments of every client."""
        return tuple(instrument for account in self.accounts for instrument in account.instrument_ids)

    @property
    def nets_derivatives(self) -> bool:
        """Whether every client trades derivatives in one-way mode: only then may positions be checked."""
        return all(account.nets_derivatives for account in self.accounts)

    def for_testnet(self) -> Self:
        """Return these settings with the real exchanges out of reach; addresses of simulated venues are kept.

        Raises:
            ConfigurationError: The addresses are the real exchange's.
        """
        return self._with({name: {"testnet": True, "demo": False} for name in VENUES})

    def for_production(self) -> Self:
        """Return these settings for real money: LIVE, no testnet, no addresses but the exchanges' own, no debugging.

        Raises:
            ConfigurationError: What the settings hold cannot go together with that.
        """
        changes: dict[str, dict[str, Any]] = {"environment": {"environment": TradingEnvironment.LIVE, "debug": False}}
        for account, name in ((getattr(self, name), name) for name in VENUES):
            if account is not None:
                changes[name] = {"testnet": False, "demo": False, **dict.fromkeys(account.urls)}
        return self._with(changes)

    def for_debugging(self) -> Self:
        """Return these settings with readable records in Redis and talkative engines.

        Raises:
            ConfigurationError: A client trades real money.
        """
        return self._with({"environment": {"debug": True}})

    def _with(self, changes: Mapping[str, Mapping[str, Any]]) -> Self:
        sections: dict[str, Any] = {name: getattr(self, name) for name in SECTIONS}
        for name, values in changes.items():
            if (section := sections[name]) is not None:
                # What was set, not what followed from it: a preset stays a preset.
                kept = {field: getattr(section, field) for field in section.model_fields_set}
                # Constructed, not copied: model_copy would skip every check.
                sections[name] = type(section)(**{**kept, **values})
        return type(self)(**sections)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, env_file: Path | None = None) -> Self:
        """Read the settings from exactly one source.

        Args:
            env: Variables to read instead of the process environment; then `./.env` is not looked at.
            env_file: Env file to read.

        The first that exists is read, alone, nothing is merged: the credential `tradingnode.env` of the unit
        (`$CREDENTIALS_DIRECTORY`), env_file, `./.env`, the process environment.

        Raises:
            ConfigurationError: With every problem that was found.
        """
        return cls.from_source(read_source(env, env_file))

    @classmethod
    def from_source(cls, source: Source) -> Self:
        """Build the settings from a source that was read already.

        Raises:
            ConfigurationError: With every problem that was found.
        """
        variables = source.variables
        known = {name: section for section in SECTIONS.values() for name in section.variables()}
        problems = [*source.problems, *unknown_variables(source, tuple(known))]
        sections: dict[str, Section | None] = {}
        for name, section in SECTIONS.items():
            if name in VENUES and not any(variables.get(variable) for variable in section.variables()):
                sections[name] = None
                continue
            try:
                sections[name] = section.from_variables(variables)
            except ConfigurationError as error:
                problems.extend(error.problems)
        problems.extend(cross_problems(sections))
        if problems:
            raise ConfigurationError(scrubbed(problems, secret_values(variables)))
        return cls(**sections)


def secret_values(variables: Mapping[str, str]) -> set[str]:
    """Return the values of all variables that hold secrets."""
    names = [name for section in SECTIONS.values() for name in section.secret_variables()]
    return {variables[name] for name in names if variables.get(name)}
