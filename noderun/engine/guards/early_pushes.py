"""An acceptance that arrives before the note of its submission is heard all the same.

Upstream: `BybitExecutionClient._handle_order_status_report_pyo3` (nautilus_trader/adapters/bybit/execution.py) takes
the acceptance of a push only while the order is SUBMITTED. That note takes two turns of the event loop; when a turn is
long, as when a strategy computes, the push is there first and is dropped. The order then rests at the venue and is
SUBMITTED here: `cancel_all_orders` does not cancel it, until a check asks the venue.

Here: the acceptance waits, a turn at a time, until the order is no longer INITIALIZED.

Shown by: tests/integration/venue_bybit/test_noderun.py. Can go when upstream hears it in either order.
"""

from __future__ import annotations

from typing import Any

from nautilus_trader.adapters.bybit.execution import BybitExecutionClient
from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.model.enums import OrderStatus
from nautilus_trader.model.identifiers import ClientOrderId

_TURNS = 100
"""An order that is still unsent after so many turns of the loop was not submitted at all."""


def install(client: Any) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Make the client hear early acceptances; other venues' clients are left alone."""
    if not isinstance(client, BybitExecutionClient):
        return
    hear = client._handle_msg  # noqa: SLF001 the callback of the private socket

    def unsent(message: Any) -> bool:  # noqa: ANN401 whatever upstream's socket tells
        if not isinstance(message, nautilus_pyo3.OrderStatusReport) or message.client_order_id is None:
            return False
        order = client._cache.order(ClientOrderId(message.client_order_id.value))  # noqa: SLF001 upstream's own look
        return order is not None and order.status == OrderStatus.INITIALIZED

    def heard(message: Any, turns: int = _TURNS) -> None:  # noqa: ANN401 as above
        if turns and unsent(message):
            client._loop.call_soon(heard, message, turns - 1)  # noqa: SLF001 the loop that the note comes through
        else:
            hear(message)

    setattr(client, hear.__name__, heard)
