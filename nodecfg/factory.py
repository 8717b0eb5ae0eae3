"""Settings in, TradingNodeConfig out: assembled by the builders, decoded once by upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace
from nautilus_trader.common import Environment
from nautilus_trader.live.config import TradingNodeConfig
from nautilus_trader.model.identifiers import TraderId

from nodecfg.builders.cache import build_cache_config
from nodecfg.builders.clients import build_client_configs
from nodecfg.builders.data import build_data_engine_config
from nodecfg.builders.execution import build_exec_engine_config
from nodecfg.builders.logging import build_logging_config
from nodecfg.builders.message_bus import build_message_bus_config
from nodecfg.builders.portfolio import build_portfolio_config
from nodecfg.builders.risk import build_risk_engine_config
from nodecfg.builders.streaming import build_streaming_config
from nodecfg.errors import ConfigurationError, Problem
from nodecfg.overrides import apply_overrides
from nodecfg.settings import TradingNodeSettings
from nodecfg.settings.node import CANCEL_TASKS_SECONDS
from nodecfg.sources import readable_by_others
from nodecfg.strategies import LoadedFile, load_file
from nodecfg.strategy_rules import instrument_problems, strategy_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class TradingNodeConfigFactory:
    """Makes the one object a TradingNode is built from. Credentials are not in it: see `adapter_environment`."""

    @classmethod
    def from_settings(cls, settings: TradingNodeSettings) -> TradingNodeConfig:
        """Build the config, strategies included.

        Raises:
            ConfigurationError: With every problem of strategies.yaml, alone and together with the settings.
        """
        listed = load_file(settings.strategies_file) if settings.strategies_file else LoadedFile()
        strategies = [strategy.claimed(settings.instrument_ids) for strategy in listed.strategies]
        problems = (
            *strategy_problems(settings, strategies),
            *instrument_problems(settings, (*strategies, *listed.actors, *listed.exec_algorithms)),
            *_exposed_catalog(settings),
        )
        if problems:
            raise ConfigurationError(problems)
        timeouts = settings.timeouts
        debug = settings.environment.debug
        clients = build_client_configs(settings)
        config = TradingNodeConfig(
            environment=Environment[settings.environment.environment.value],
            trader_id=TraderId(settings.environment.trader_id),
            cache=build_cache_config(settings.redis, settings.cache, debug=debug),
            message_bus=build_message_bus_config(settings.message_bus, settings.redis),
            data_engine=build_data_engine_config(settings.data_engine, debug=debug),
            risk_engine=build_risk_engine_config(settings.risk, debug=debug),
            exec_engine=build_exec_engine_config(
                settings.reconciliation,
                settings.exec_engine,
                netting_derivatives=settings.nets_derivatives,
                debug=debug,
            ),
            portfolio=build_portfolio_config(settings.portfolio, debug=debug),
            streaming=build_streaming_config(settings.streaming),
            data_clients=clients.data,
            exec_clients=clients.execution,
            strategies=[strategy.importable for strategy in strategies],
            actors=[actor.importable for actor in listed.actors],
            exec_algorithms=[algorithm.importable for algorithm in listed.exec_algorithms],
            logging=build_logging_config(settings.logging),
            # Strategy state is lost otherwise: upstream neither loads nor saves it by default.
            load_state=True,
            save_state=True,
            timeout_connection=timeouts.connection,
            timeout_reconciliation=timeouts.reconciliation,
            timeout_portfolio=timeouts.portfolio,
            timeout_disconnection=timeouts.disconnection,
            timeout_post_stop=timeouts.post_stop,
            timeout_shutdown=CANCEL_TASKS_SECONDS,
        )
        config = _overridden(config, settings)
        return round_trip(config)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, env_file: Path | None = None) -> TradingNodeConfig:
        """Read the settings, then build the config; see `TradingNodeSettings.from_env`.

        Raises:
            ConfigurationError: With every problem.
        """
        return cls.from_settings(TradingNodeSettings.from_env(env, env_file))

    @classmethod
    def create_testnet(cls, settings: TradingNodeSettings) -> TradingNodeConfig:
        """Build a config that cannot reach the real exchange, whatever the settings said.

        The keys go with it: take `adapter_environment` of `settings.for_testnet()` too.

        Raises:
            ConfigurationError: The addresses are the real exchange's.
        """
        return cls.from_settings(settings.for_testnet())

    @classmethod
    def create_production(cls, settings: TradingNodeSettings) -> TradingNodeConfig:
        """Build a config that trades real money on the real exchange, at upstream's own addresses.

        The keys go with it: take `adapter_environment` of `settings.for_production()` too.

        Raises:
            ConfigurationError: What the settings hold cannot go together with that.
        """
        return cls.from_settings(settings.for_production())

    @classmethod
    def create_debug(cls, settings: TradingNodeSettings) -> TradingNodeConfig:
        """Build a config whose records in Redis are JSON with readable times and whose engines log every message.

        Raises:
            ConfigurationError: A client trades real money: other nodes cannot read these records.
        """
        return cls.from_settings(settings.for_debugging())


def _exposed_catalog(settings: TradingNodeSettings) -> Iterator[Problem]:
    # A directory that does not exist yet is made by upstream, with the unit's UMask=0077.
    path = settings.streaming.path
    sections = (settings.redis, settings.message_bus)
    secrets = [section.variable("password") for section in sections if section.password is not None]
    if path is not None and secrets and path.exists() and readable_by_others(path):
        yield settings.streaming.problem(
            "path",
            path,
            f"can be entered by other users, and upstream writes the node's whole config there, {secrets[0]} included "
            "(nautilus_trader/system/kernel.py _setup_streaming)",
            f"chmod 700 {path}",
        )


def _overridden(config: TradingNodeConfig, settings: TradingNodeSettings) -> TradingNodeConfig:
    file = settings.overrides_file
    if file is None:
        return config
    readable, types = _without_types(config)
    merged = _with_types(apply_overrides(readable, file), types)
    interval = merged.exec_engine.position_check_interval_secs
    if interval is not None and not settings.nets_derivatives:
        raise ConfigurationError(
            [
                Problem(
                    variable=f"{file.name} exec_engine.position_check_interval_secs",
                    value_masked=f"{interval:g}",
                    problem="is set beside a client that trades spot or hedges: the check would make up fills for "
                    "positions that no adapter reports, or compare the net with one leg",
                    fix="remove the override",
                )
            ]
        )
    return merged


def _without_types(config: TradingNodeConfig) -> tuple[TradingNodeConfig, list[type[Any]] | None]:
    """Take off the one value that upstream writes and cannot read.

    Types are written as their names, and nobody decodes them (nautilus_trader/common/config.py msgspec_decoding_hook:
    "Decoding objects of type <class 'type'> is unsupported").
    """
    if config.streaming is None:
        return config, None
    types: list[type[Any]] | None = config.streaming.include_types
    return replace(config, streaming=replace(config.streaming, include_types=None)), types


def _with_types(config: TradingNodeConfig, types: list[type[Any]] | None) -> TradingNodeConfig:
    if config.streaming is None:
        return config
    return replace(config, streaming=replace(config.streaming, include_types=types))


def round_trip(config: TradingNodeConfig) -> TradingNodeConfig:
    """Return the config as upstream's own decoder reads it back: its structs check nothing when they are constructed.

    Raises:
        ConfigurationError: The decoder refuses a value, or reads something else than was written.
    """
    readable, types = _without_types(config)
    try:
        decoded: TradingNodeConfig = TradingNodeConfig.parse(readable.json())
        for client in (*decoded.data_clients.values(), *decoded.exec_clients.values()):
            client.create()
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        problem = f"is refused by upstream's decoder: {error}"
    else:
        if decoded == readable:
            return _with_types(decoded, types)
        problem = "is not what upstream's decoder reads back"
    raise ConfigurationError(
        [
            Problem(
                variable="TradingNodeConfig",
                value_masked="(built from the settings)",
                problem=problem,
                fix="this is a defect of nodecfg or another version of nautilus_trader: report it with `nodecfg show`",
            )
        ]
    )
