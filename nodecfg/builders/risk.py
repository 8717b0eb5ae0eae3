"""Risk engine: order rates and sizes, never bypassed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.live.config import LiveRiskEngineConfig

if TYPE_CHECKING:
    from nodecfg.settings import RiskSettings


def build_risk_engine_config(risk: RiskSettings, *, debug: bool = False) -> LiveRiskEngineConfig:
    """Build the risk engine. `bypass` also bypasses a halt, so it is never set."""
    return LiveRiskEngineConfig(
        bypass=False,
        max_order_submit_rate=risk.max_order_submit_rate,
        max_order_modify_rate=risk.max_order_modify_rate,
        max_notional_per_order=dict(risk.max_notional_per_order),
        debug=debug,
        qsize=risk.qsize,
        graceful_shutdown_on_exception=True,
    )
