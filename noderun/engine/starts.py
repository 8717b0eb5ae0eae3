"""Tells why a start came to nothing, and which exit code that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noderun.lines import one_line
from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from noderun.engine.node import Engine


def raised(engine: Engine, error: BaseException) -> Failure:
    """Return the failure of a start that raised: a strategy's, when one was just starting."""
    starting = [name for name, state in engine.strategy_states().items() if state == "STARTING"]
    if starting:
        return Failure(Exit.STRATEGY_START, f"strategy {starting[0]} raised in on_start: {one_line(error)}")
    return Failure(Exit.UNEXPECTED, f"the start raised: {one_line(error)}")


def stuck(engine: Engine) -> Failure:
    """Return the failure of a start that did not come to its strategies, by the step it did not get through."""
    if not engine.connected:
        names = ", ".join(name for name, connected in engine.venues() if not connected)
        return Failure(
            Exit.NOT_CONNECTED, f"{names} not connected in time (NAUTILUS_TIMEOUT_CONNECTION); see the log's errors"
        )
    if not engine.reconciliation.done:
        return Failure(Exit.NOT_RECONCILED, f"not reconciled: {engine.reconciliation.problem}")
    if unserved := _unserved(engine):
        return Failure(
            Exit.STRATEGY_START,
            f"{'; '.join(unserved)}: configure its venue again, and close there what is open",
        )
    return Failure(Exit.STRATEGY_START, "margins and unrealized PnL not known in time (NAUTILUS_TIMEOUT_PORTFOLIO)")


def _unserved(engine: Engine) -> list[str]:
    # Accounts are not kept in Redis: one is known when its client has connected.
    cache = engine.kernel.cache
    return [
        f"position {position.instrument_id} {position.signed_decimal_qty()} is on account {position.account_id}, "
        "which no client serves"
        for position in cache.positions_open()
        if cache.account(position.account_id) is None
    ]
