"""Limits that upstream's risk engine checks before an order leaves."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from nodecfg.settings.instruments import Notionals
from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import Rate


class RiskSettings(Section):
    """Order rates and sizes (nautilus_trader/risk/config.py)."""

    model_config = SettingsConfigDict(env_prefix="RISK_")
    title = "Risk"

    max_order_submit_rate: Rate = setting(
        "100/00:00:01",
        purpose="Most orders submitted, COUNT/HH:MM:SS.",
        expected="COUNT/HH:MM:SS, such as 100/00:00:01",
    )
    max_order_modify_rate: Rate = setting(
        "100/00:00:01", purpose="Most orders amended, COUNT/HH:MM:SS.", expected="COUNT/HH:MM:SS, such as 100/00:00:01"
    )
    max_notional_per_order: Notionals = Field(
        default_factory=dict,
        description="Largest order per instrument, whole quote units, as JSON. No protection: upstream ignores it on "
        "margin accounts, which futures accounts are.",
        json_schema_extra={
            "expected": 'a JSON object such as {"BTCUSDT-PERP.BINANCE": 50000}',
            "example": '{"BTCUSDT-PERP.BINANCE": 50000}',
        },
    )
    qsize: Annotated[int, Field(ge=1000, le=10_000_000)] = setting(
        100_000, purpose="Length of the queue; a full one blocks the strategies' orders.", expected="1000 to 10000000"
    )
