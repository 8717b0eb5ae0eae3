"""How long each step of upstream's start and stop may take."""

from typing import Annotated

from pydantic_settings import SettingsConfigDict

from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import seconds


class TimeoutSettings(Section):
    """Timeouts of upstream's kernel, in seconds (nautilus_trader/system/config.py)."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_TIMEOUT_")
    title = "Timeouts, in seconds"

    connection: Annotated[float, seconds(1, 600)] = setting(
        60.0, purpose="For every venue to connect.", expected="seconds from 1 to 600"
    )
    reconciliation: Annotated[float, seconds(1, 1800)] = setting(
        120.0,
        purpose="For the state to be reconciled (upstream never enforces it, the service does).",
        expected="seconds from 1 to 1800",
    )
    portfolio: Annotated[float, seconds(1, 600)] = setting(
        10.0, purpose="For margins and unrealized PnL to be initialized.", expected="seconds from 1 to 600"
    )
    disconnection: Annotated[float, seconds(1, 60)] = setting(
        10.0, purpose="For every venue to disconnect.", expected="seconds from 1 to 60"
    )
    post_stop: Annotated[float, seconds(0.1, 60)] = setting(
        5.0,
        purpose="Always waited after the strategies stopped, for the last events.",
        expected="seconds from 0.1 to 60",
    )
