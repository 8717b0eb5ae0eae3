"""A strategy that holds what it has: no order, no subscription, so that a node costs what its state costs."""

from __future__ import annotations

from typing import Any, Final

from nautilus_trader.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy

HOLDER: Final = "Holder-000"


class HolderConfig(StrategyConfig, frozen=True):
    """Nothing to say."""


class Holder(Strategy):  # type: ignore[misc]  # upstream is untyped
    """Does nothing."""


def holder() -> dict[str, Any]:
    """Returns the entry of strategies.yaml."""
    return {
        "strategy_path": "tests.support.holder:Holder",
        "config_path": "tests.support.holder:HolderConfig",
        "config": {"order_id_tag": "000"},
    }
