"""When the service may call itself ready, and how it stops."""

from enum import StrEnum
from typing import Annotated

from pydantic_settings import SettingsConfigDict

from nodecfg.settings.instruments import InstrumentIds
from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import seconds


class ReadySettings(Section):
    """Deadlines of the start."""

    model_config = SettingsConfigDict(env_prefix="READY_")
    title = "Readiness"

    timeout: Annotated[float, seconds(1, 3600)] = setting(
        120.0,
        purpose="Seconds for the whole start; stay below the unit's TimeoutStartSec.",
        expected="seconds from 1 to 3600",
    )
    data_timeout: Annotated[float, seconds(1, 3600)] = setting(
        30.0, purpose="Seconds for data of every subscription to arrive.", expected="seconds from 1 to 3600"
    )
    data_except: InstrumentIds = setting(
        (),
        purpose="Instruments that may be quiet, separated by commas.",
        expected="ids of loaded instruments",
        example="ETHUSDT-PERP.BINANCE",
    )


class ShutdownPolicy(StrEnum):
    """What happens to orders and positions at a stop."""

    KEEP = "keep"
    CANCEL = "cancel"
    FLATTEN = "flatten"


class ShutdownSettings(Section):
    """Policy and deadline of the stop."""

    model_config = SettingsConfigDict(env_prefix="SHUTDOWN_")
    title = "Shutdown"

    policy: ShutdownPolicy = setting(
        ShutdownPolicy.CANCEL,
        purpose="keep: leave orders | cancel: cancel open orders | flatten: cancel and close positions.",
        expected="keep, cancel or flatten",
    )
    timeout: Annotated[float, seconds(5, 80)] = setting(
        45.0,
        purpose="Seconds after which the process ends itself; below the unit's TimeoutStopSec=90.",
        expected="seconds from 5 to 80 (the unit's TimeoutStopSec is 90, and the end itself needs time)",
    )
