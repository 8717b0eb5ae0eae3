"""Settings in, TradingNodeConfig out: assembled by the builders, decoded once by upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from nautilus_trader.common import Environment
from nautilus_trader.live.config import TradingNodeConfig
from nautilus_trader.model.identifiers import TraderId

from nodecfg.builders.binance import CLIENT, build_binance_data_client_config, build_binance_exec_client_config
from nodecfg.builders.cache import build_cache_config
from nodecfg.builders.data import build_data_engine_config
from nodecfg.builders.execution import build_exec_engine_config
from nodecfg.builders.logging import build_logging_config
from nodecfg.builders.risk import build_risk_engine_config
from nodecfg.errors import ConfigurationError, Problem
from nodecfg.overrides import apply_overrides
from nodecfg.settings import TradingNodeSettings
from nodecfg.settings.node import CANCEL_TASKS_SECONDS
from nodecfg.strategies import load_checked
from nodecfg.strategy_rules import strategy_problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class TradingNodeConfigFactory:
    """Makes the one object a TradingNode is built from. Credentials are not in it: see `adapter_environment`."""

    @classmethod
    def from_settings(cls, settings: TradingNodeSettings) -> TradingNodeConfig:
        """Build the config, strategies included.

        Raises:
            ConfigurationError: With every problem of strategies.yaml, alone and together with the settings.
        """
        strategies = load_checked(settings.strategies_file) if settings.strategies_file else ()
        problems = tuple(strategy_problems(settings, strategies))
        if problems:
            raise ConfigurationError(problems)
        binance = settings.binance
        timeouts = settings.timeouts
        config = TradingNodeConfig(
            environment=Environment[settings.environment.environment.value],
            trader_id=TraderId(settings.environment.trader_id),
            cache=build_cache_config(settings.redis),
            data_engine=build_data_engine_config(),
            risk_engine=build_risk_engine_config(settings.risk),
            exec_engine=build_exec_engine_config(settings.reconciliation, netting_derivatives=binance is not None),
            data_clients={CLIENT: build_binance_data_client_config(binance)} if binance else {},
            exec_clients={CLIENT: build_binance_exec_client_config(binance)} if binance else {},
            strategies=[strategy.importable for strategy in strategies],
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
        if settings.overrides_file:
            config = apply_overrides(config, settings.overrides_file)
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


def round_trip(config: TradingNodeConfig) -> TradingNodeConfig:
    """Return the config as upstream's own decoder reads it back: its structs check nothing when they are constructed.

    Raises:
        ConfigurationError: The decoder refuses a value, or reads something else than was written.
    """
    try:
        decoded: TradingNodeConfig = TradingNodeConfig.parse(config.json())
        for client in (*decoded.data_clients.values(), *decoded.exec_clients.values()):
            client.create()
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        problem = f"is refused by upstream's decoder: {error}"
    else:
        if decoded == config:
            return decoded
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
