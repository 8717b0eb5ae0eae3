"""Closed positions are not counted up for ever.

Upstream: the portfolio tells its analyzer of every position that closes, also in a live node, and the analyzer appends
it to two series, each time by a copy of everything before (`PortfolioAnalyzer._append_pnl_record` in
nautilus_trader/analysis/analyzer.py): memory, and the time of each close, grow with their number.

Here: the latest five hundred to a thousand of each currency are kept; a strategy that asks for statistics gets those.

Shown by: tests/unit/noderun/test_forgetting.py. Can go when upstream bounds what it records.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nautilus_trader.analysis import PortfolioAnalyzer

KEPT: Final = 500


def install(analyzer: PortfolioAnalyzer) -> None:
    """Make the analyzer forget the oldest trades."""
    append = analyzer._append_pnl_record  # noqa: SLF001 the method that is at fault

    @wraps(append)
    def append_bounded(pnls: dict[Any, Any], timestamps: dict[Any, Any], **record: Any) -> None:  # noqa: ANN401 upstream's signature
        append(pnls, timestamps, **record)
        for series in (pnls, timestamps):
            for currency, recorded in series.items():
                if len(recorded) > 2 * KEPT:
                    series[currency] = recorded.iloc[-KEPT:].copy()

    setattr(analyzer, append.__name__, append_bounded)
