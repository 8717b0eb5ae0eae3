"""How often the node compares its state with the venue's while it runs."""

from typing import Annotated

from pydantic_settings import SettingsConfigDict

from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import seconds


class ReconciliationSettings(Section):
    """Intervals of upstream's continuous reconciliation, in seconds (nautilus_trader/live/config.py)."""

    model_config = SettingsConfigDict(env_prefix="RECONCILIATION_")
    title = "Reconciliation, in seconds"

    startup_delay_secs: Annotated[float, seconds(10, 600)] = setting(
        10.0,
        purpose="From the end of start-up reconciliation to the first continuous check.",
        expected="seconds from 10 to 600; checks that start earlier meet fills that are still arriving",
    )
    open_check_interval_secs: Annotated[float, seconds(1, 3600)] = setting(
        10.0,
        purpose="Between checks of open orders (upstream: off; it finds fills lost in a stream gap).",
        expected="seconds from 1 to 3600",
    )
    position_check_interval_secs: Annotated[float, seconds(5, 3600)] = setting(
        60.0,
        purpose="Between checks of positions (upstream: off). Used for derivatives only: it would flatten spot.",
        expected="seconds from 5 to 3600",
    )
