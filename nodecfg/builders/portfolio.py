"""Portfolio: how positions are valued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.portfolio.config import PortfolioConfig

if TYPE_CHECKING:
    from nodecfg.settings import PortfolioSettings


def build_portfolio_config(portfolio: PortfolioSettings, *, debug: bool = False) -> PortfolioConfig:
    """Build the portfolio. `snapshot_interval_ms` stays unset: it has no effect in this generation of upstream."""
    return PortfolioConfig(
        use_mark_prices=portfolio.use_mark_prices,
        use_mark_xrates=portfolio.use_mark_xrates,
        bar_updates=portfolio.bar_updates,
        convert_to_account_base_currency=portfolio.convert_to_account_base_currency,
        min_account_state_logging_interval_ms=portfolio.min_account_state_logging_interval_ms,
        debug=debug,
    )
