"""All settings of a node together, the rules between them, and how they are read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import BaseModel, ConfigDict

from nodecfg.errors import NOT_SET, ConfigurationError, Problem, scrubbed
from nodecfg.settings.binance import BinanceCredentials
from nodecfg.settings.environment import ConfigEnvironment, OverridesSettings, StrategiesSettings, TradingEnvironment
from nodecfg.settings.logging import LoggingSettings
from nodecfg.settings.reconciliation import ReconciliationSettings
from nodecfg.settings.redis import RedisConfig
from nodecfg.settings.risk import RiskSettings
from nodecfg.settings.section import Section
from nodecfg.settings.service import ReadySettings, ShutdownSettings
from nodecfg.settings.timeouts import TimeoutSettings
from nodecfg.sources import Source, read_source, unknown_variables

SECTIONS: Final[dict[str, type[Section]]] = {
    "environment": ConfigEnvironment,
    "strategies": StrategiesSettings,
    "overrides": OverridesSettings,
    "logging": LoggingSettings,
    "timeouts": TimeoutSettings,
    "redis": RedisConfig,
    "binance": BinanceCredentials,
    "reconciliation": ReconciliationSettings,
    "risk": RiskSettings,
    "ready": ReadySettings,
    "shutdown": ShutdownSettings,
}
VENUES: Final = ("binance",)

CANCEL_TASKS_SECONDS: Final = 5.0
"""Upstream's timeout_shutdown (nautilus_trader/system/config.py): it waits so long for cancelled tasks at a stop."""


class TradingNodeSettings(BaseModel):
    """Every setting of one node; frozen, secrets masked in every representation."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    environment: ConfigEnvironment
    strategies: StrategiesSettings
    overrides: OverridesSettings
    logging: LoggingSettings
    timeouts: TimeoutSettings
    redis: RedisConfig
    binance: BinanceCredentials | None
    reconciliation: ReconciliationSettings
    risk: RiskSettings
    ready: ReadySettings
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

    def for_testnet(self) -> Self:
        """Return these settings with the real exchange out of reach; addresses of a simulated venue are kept.

        Raises:
            ConfigurationError: The addresses are the real exchange's.
        """
        return self._with(binance={"testnet": True})

    def for_production(self) -> Self:
        """Return these settings for real money: LIVE, no testnet, no addresses but the exchange's own.

        Raises:
            ConfigurationError: What the settings hold cannot go together with that.
        """
        addresses = dict.fromkeys(("base_url_http", "base_url_ws", "base_url_ws_stream"))
        return self._with(binance={"testnet": False, **addresses}, environment={"environment": TradingEnvironment.LIVE})

    def _with(self, **changes: dict[str, Any]) -> Self:
        sections: dict[str, Any] = {name: getattr(self, name) for name in SECTIONS}
        for name, values in changes.items():
            if (section := sections[name]) is not None:
                kept = {field: getattr(section, field) for field in type(section).model_fields}
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


def cross_problems(sections: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between sections; a section that is wrong by itself is absent."""
    if all(venue in sections and sections[venue] is None for venue in VENUES):
        yield Problem(
            variable="BINANCE_API_KEY",
            value_masked=NOT_SET,
            problem="no venue is configured, the node would have nothing to trade on",
            fix="set BINANCE_API_KEY, BINANCE_API_SECRET, BINANCE_TESTNET and BINANCE_INSTRUMENT_IDS",
        )
    binance: BinanceCredentials | None = sections.get("binance")
    environment: ConfigEnvironment | None = sections.get("environment")
    if binance and environment and environment.environment is TradingEnvironment.SANDBOX and not binance.testnet:
        yield ConfigEnvironment.problem(
            "environment",
            "SANDBOX",
            "would send orders to the real exchange: BINANCE_TESTNET=false",
            "set BINANCE_TESTNET=true, or NAUTILUS_ENVIRONMENT=LIVE to trade real money",
        )
    if binance:
        yield from _instruments_not_loaded(sections, binance)
    timeouts: TimeoutSettings | None = sections.get("timeouts")
    shutdown: ShutdownSettings | None = sections.get("shutdown")
    if timeouts and shutdown:
        needed = timeouts.post_stop + timeouts.disconnection + CANCEL_TASKS_SECONDS
        if shutdown.timeout < needed:
            yield ShutdownSettings.problem(
                "timeout",
                f"{shutdown.timeout:g}",
                f"is shorter than the stop of upstream may take ({needed:g} s = NAUTILUS_TIMEOUT_POST_STOP "
                f"{timeouts.post_stop:g} + NAUTILUS_TIMEOUT_DISCONNECTION {timeouts.disconnection:g} + "
                f"{CANCEL_TASKS_SECONDS:g} to cancel tasks), so clean stops would be cut off",
                f"set it to at least {needed:g}, or shorten those timeouts",
            )


def _instruments_not_loaded(sections: Mapping[str, Any], binance: BinanceCredentials) -> Iterator[Problem]:
    loaded = set(binance.instrument_ids)
    mentioned: list[tuple[type[Section], str, tuple[str, ...]]] = []
    if ready := sections.get("ready"):
        mentioned.append((ReadySettings, "data_except", ready.data_except))
    if risk := sections.get("risk"):
        mentioned.append((RiskSettings, "max_notional_per_order", tuple(risk.max_notional_per_order)))
    for section, field, ids in mentioned:
        for instrument in ids:
            if instrument not in loaded:
                yield section.problem(
                    field,
                    instrument,
                    f"{instrument} is not among the loaded instruments",
                    "add it to BINANCE_INSTRUMENT_IDS, or remove it here",
                )
