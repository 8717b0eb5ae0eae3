"""Who this node is and in which environment it trades."""

from enum import StrEnum

from pydantic_settings import SettingsConfigDict

from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import FilePath, TraderIdText


class TradingEnvironment(StrEnum):
    """Upstream's environment context (nautilus_trader/common/__init__.py `Environment`)."""

    LIVE = "LIVE"
    SANDBOX = "SANDBOX"


class ConfigEnvironment(Section):
    """Identity and environment of the node."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_")
    title = "Node"

    trader_id: TraderIdText = setting(
        purpose="Trader id, NAME-TAG. Redis keys and client order ids carry it: never change it while orders are open.",
        expected="NAME-TAG, such as MM-001",
        example="MM-001",
    )
    environment: TradingEnvironment = setting(
        TradingEnvironment.LIVE,
        purpose="LIVE | SANDBOX. Testnets and simulated venues trade as LIVE too; SANDBOX refuses a venue that is not.",
        expected="LIVE or SANDBOX",
    )
    debug: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: records in Redis as JSON with readable times, engines that log every message. No real money.",
        expected="true or false",
    )


class StrategiesSettings(Section):
    """Where the strategies are listed."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_STRATEGIES_")
    title = "Strategies"

    file: FilePath | None = setting(
        None,
        purpose="strategies.yaml: what to run, as upstream's importable configs. Unset: a node without strategies.",
        expected="the path of strategies.yaml",
        example="/etc/tradingnode/main.strategies.yaml",
    )


class OverridesSettings(Section):
    """Where upstream's fields without a variable of their own are set."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_OVERRIDES_")
    title = "Overrides"

    file: FilePath | None = setting(
        None,
        purpose="overrides.yaml: any other field of upstream's TradingNodeConfig by its dotted path, merged last.",
        expected="the path of overrides.yaml",
        example="/etc/tradingnode/main.overrides.yaml",
    )
