"""What an account said long ago is forgotten.

Upstream: `Account.apply` (nautilus_trader/accounting/accounts/base.pyx) keeps every state told by the venue, one or
more for each fill, as long as the process lives. Its own purge is of no use beside a purge of the database: for each
event it then logs a warning instead of deleting it (nautilus_trader/cache/database.pyx `delete_account_event`).

Here: states older than the buffer of closed orders are purged from memory, at the pace of closed orders; the last one
always stays. Without a purge of closed orders nothing is purged.

Shown by: tests/unit/noderun/test_forgetting.py, tests/integration/node/test_soak.py. Can go when upstream purges them
beside a database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nautilus_trader.system.kernel import NautilusKernel

_SECONDS_PER_MINUTE = 60
_NS = 1_000_000_000


def install(kernel: NautilusKernel) -> None:
    """Purge as events arrive, on the node's loop: an account that says nothing grows by nothing."""
    engine, cache, clock = kernel.exec_engine, kernel.cache, kernel.clock
    if not engine.purge_closed_orders_interval_mins:
        return
    interval = engine.purge_closed_orders_interval_mins * _SECONDS_PER_MINUTE * _NS
    lookback_secs = (engine.purge_closed_orders_buffer_mins or 0) * _SECONDS_PER_MINUTE
    due = clock.timestamp_ns() + interval

    def purge(_: Any) -> None:  # noqa: ANN401 upstream's AccountState
        nonlocal due
        now = clock.timestamp_ns()
        if now >= due:
            due = now + interval
            cache.purge_account_events(now, lookback_secs)

    kernel.msgbus.subscribe("events.account.*", purge)
