"""The gate at the very end of the order path: closed, no order and no change of one leaves for a venue.

Upstream: a halt through the risk engine does not hold. `TradingState.HALTED` is not looked at with `bypass=True`, nor
for what is past the risk engine already (nautilus_trader/risk/engine.pyx, measured on 1.231.0).

Nor does it hold before the node is READY: strategies run, and order, while data of other instruments is still missing.

Here: the execution clients themselves ask, also whether an order would be remembered: upstream sends what it cannot
write down. What a strategy orders before the node is READY waits for that, a few seconds at most. Cancels and queries
always pass, and so do orders the service sends itself.

Shown by: tests/integration/node/test_halt.py, test_early_orders.py. Can go when upstream's halt stops every order.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

type Handler = Callable[[Any], Awaitable[None]]
type Why = Callable[[], str | None]

_WAITS_SECONDS: Final = 5.0
"""An order that waited longer was meant for another market."""


class Gate:
    """Open or closed, for all clients.

    Attributes:
        closed: Why no order passes, None while they do.
        ready: Set once the node is READY.
        held: How many orders and changes did not pass.
        own: Client order ids that pass a closed gate, but not one whose lease is lost.
    """

    def __init__(self, clients: Iterable[Any], lost: Why, unrecorded: Why) -> None:
        """Stand before these clients.

        Args:
            clients: Upstream's.
            lost: Why this process must not trade at all, None while it may.
            unrecorded: Why an order of a strategy would not be remembered, None while it would.
        """
        self._lost = lost
        self._unrecorded = unrecorded
        self.closed: str | None = None
        self.ready = asyncio.Event()
        self.held = 0
        self.own: set[Any] = set()
        for client in clients:
            client._submit_order = self._guarded(client._submit_order, client, _deny)  # noqa: SLF001 upstream's last step before the venue
            client._submit_order_list = self._guarded(client._submit_order_list, client, _deny_list)  # noqa: SLF001 see above
            client._modify_order = self._guarded(client._modify_order, client, _refuse)  # noqa: SLF001 see above

    def _guarded(self, pass_on: Handler, client: Any, refuse: Callable[[Any, Any, str], None]) -> Handler:  # noqa: ANN401 any of upstream's clients
        @wraps(pass_on)
        async def guarded(command: Any) -> None:  # noqa: ANN401 one of upstream's commands
            why = self._why(command)
            if why is None and not self.ready.is_set() and not self._is_own(command) and not _is_reducing(command):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.ready.wait(), _WAITS_SECONDS)
                late = None if self.ready.is_set() else f"the node is not READY, for {_WAITS_SECONDS:g} s"
                why = self._why(command) or late
            if why is None:
                await pass_on(command)
                return
            self.held += 1
            refuse(client, command, why)

        return guarded

    def _why(self, command: Any) -> str | None:  # noqa: ANN401 one of upstream's commands
        return self._lost() or (None if self._is_own(command) else self.closed or self._unrecorded())

    def _is_own(self, command: Any) -> bool:  # noqa: ANN401 see above
        order = getattr(command, "order", None)
        return order is not None and order.client_order_id in self.own


def _is_reducing(command: Any) -> bool:  # noqa: ANN401 see above
    # What closes positions when the strategies of a node are stopped that never was READY.
    order = getattr(command, "order", None)
    return order is not None and bool(order.is_reduce_only)


def _deny(client: Any, command: Any, why: str) -> None:  # noqa: ANN401 see above
    _deny_order(client, command.order, why)


def _deny_list(client: Any, command: Any, why: str) -> None:  # noqa: ANN401 see above
    for order in command.order_list.orders:
        _deny_order(client, order, why)


def _deny_order(client: Any, order: Any, why: str) -> None:  # noqa: ANN401 see above
    client.generate_order_denied(
        strategy_id=order.strategy_id,
        instrument_id=order.instrument_id,
        client_order_id=order.client_order_id,
        reason=why,
        ts_event=client._clock.timestamp_ns(),  # noqa: SLF001 the clock of every other event of this client
    )


def _refuse(client: Any, command: Any, why: str) -> None:  # noqa: ANN401 see above
    client.generate_order_modify_rejected(
        strategy_id=command.strategy_id,
        instrument_id=command.instrument_id,
        client_order_id=command.client_order_id,
        venue_order_id=command.venue_order_id,
        reason=why,
        ts_event=client._clock.timestamp_ns(),  # noqa: SLF001 see above
    )
