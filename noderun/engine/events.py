"""What is counted of the node's events as they pass on upstream's message bus."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.model.events import (
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderInitialized,
    OrderRejected,
    OrderSubmitted,
)

from noderun import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from nautilus_trader.system.kernel import NautilusKernel

_WATCHED_ORDERS: Final = 10_000
"""Orders whose way to the venue is timed at once; of more, the oldest are forgotten."""
_UNFILLED_ENDS: Final = frozenset({OrderRejected, OrderDenied, OrderCanceled, OrderExpired})
_NS: Final = 1e9


class Events:
    """Counts on the message bus, for every order event a few dictionary accesses.

    Attributes:
        fills: Fills in the cache when the node was built, plus those since.
        orders: Count of order events by kind (Submitted, Accepted, …), strategy and venue.
        on_accept: Called with venue and seconds from submit to accept.
        on_fill: Called with venue and seconds from submit to the first fill.
    """

    def __init__(self, kernel: NautilusKernel) -> None:
        """Count what the cache holds, then listen."""
        self.fills = sum(isinstance(event, OrderFilled) for order in kernel.cache.orders() for event in order.events)
        self.orders: Counter[tuple[str, str, str]] = Counter()
        self.on_accept: Callable[[str, float], None] | None = None
        self.on_fill: Callable[[str, float], None] | None = None
        self._submitted: OrderedDict[Any, int] = OrderedDict()
        kernel.msgbus.subscribe("events.order.*", self._on_order)

    def _on_order(self, event: Any) -> None:  # noqa: ANN401 any of upstream's order events
        # An exception here would break the order's own path.
        try:
            self._count(event)
        except Exception:
            logs.get().exception("counting an order event")

    def _count(self, event: Any) -> None:  # noqa: ANN401 see above
        kind = type(event)
        if kind is OrderInitialized:
            return
        venue = event.instrument_id.venue.value
        self.orders[kind.__name__.removeprefix("Order"), event.strategy_id.value, venue] += 1
        key = event.client_order_id
        if kind is OrderSubmitted:
            self._submitted[key] = event.ts_init
            if len(self._submitted) > _WATCHED_ORDERS:
                self._submitted.popitem(last=False)
        elif kind is OrderAccepted:
            if (since := self._submitted.get(key)) is not None and self.on_accept is not None:
                self.on_accept(venue, (event.ts_init - since) / _NS)
        elif kind is OrderFilled:
            self.fills += 1
            if (since := self._submitted.pop(key, None)) is not None and self.on_fill is not None:
                self.on_fill(venue, (event.ts_init - since) / _NS)
        elif kind in _UNFILLED_ENDS:
            self._submitted.pop(key, None)
