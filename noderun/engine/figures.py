"""Reads the numbers of a running node from upstream's cache and portfolio."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from nautilus_trader.model.identifiers import StrategyId

from noderun.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from nautilus_trader.model.identifiers import InstrumentId
    from nautilus_trader.system.kernel import NautilusKernel

_EXTERNAL = StrategyId("EXTERNAL")


def read(kernel: NautilusKernel) -> Figures:
    """Read the numbers; call it on the loop. A number that upstream cannot tell (no price yet) is left out."""
    cache, portfolio = kernel.cache, kernel.portfolio
    quantities: defaultdict[tuple[str, str], float] = defaultdict(float)
    for position in cache.positions_open():
        quantities[str(position.instrument_id), str(position.strategy_id)] += float(position.signed_decimal_qty())
    exposures, unrealized, realized = {}, {}, {}
    for instrument_id in {position.instrument_id for position in cache.positions()}:
        name = str(instrument_id)
        if (exposure := _told(portfolio.net_exposure, instrument_id)) is not None:
            exposures[name] = exposure.as_double()
        if (open_pnl := _told(portfolio.unrealized_pnl, instrument_id)) is not None:
            unrealized[name, str(open_pnl.currency)] = open_pnl.as_double()
        if (pnl := _told(portfolio.realized_pnl, instrument_id)) is not None:
            realized[name, str(pnl.currency)] = pnl.as_double()
    balances = {
        (str(account.id), str(currency), kind): amount.as_double()
        for account in cache.accounts()
        for currency, balance in account.balances().items()
        for kind, amount in (("total", balance.total), ("free", balance.free), ("locked", balance.locked))
    }
    return Figures(
        orders={
            "open": cache.orders_open_count(),
            "inflight": cache.orders_inflight_count(),
            "emulated": cache.orders_emulated_count(),
            "external": cache.orders_open_count(strategy_id=_EXTERNAL),
        },
        quantities=dict(quantities),
        exposures=exposures,
        unrealized=unrealized,
        realized=realized,
        balances=balances,
        queues=_queues(kernel),
    )


def _told(tell: Callable[[InstrumentId], Any], instrument_id: InstrumentId) -> Any:  # noqa: ANN401 upstream's Money or None
    try:
        return tell(instrument_id)
    except TypeError:
        # Upstream reckons with a price that it does not have, where nobody subscribed to the instrument.
        return None


def _queues(kernel: NautilusKernel) -> dict[str, int]:
    data, risk, execution = kernel.data_engine, kernel.risk_engine, kernel.exec_engine
    return {
        "data": data.data_qsize(),
        "data_commands": data.cmd_qsize(),
        "data_requests": data.req_qsize(),
        "data_responses": data.res_qsize(),
        "risk_commands": risk.cmd_qsize(),
        "risk_events": risk.evt_qsize(),
        "execution_commands": execution.cmd_qsize(),
        "execution_events": execution.evt_qsize(),
    }
