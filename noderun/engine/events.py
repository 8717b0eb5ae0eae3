"""What is counted of the node's events, for people and, one day, for metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nautilus_trader.model.events import OrderFilled

if TYPE_CHECKING:
    from nautilus_trader.system.kernel import NautilusKernel


class Events:
    """Counts on the message bus.

    Attributes:
        fills: Fills in the cache when the node was built, plus those since.
    """

    def __init__(self, kernel: NautilusKernel) -> None:
        """Count what the cache holds, then listen."""
        self.fills = sum(isinstance(event, OrderFilled) for order in kernel.cache.orders() for event in order.events)
        kernel.msgbus.subscribe("events.fills.*", self._on_fill)

    def _on_fill(self, event: Any) -> None:  # noqa: ANN401 upstream's OrderFilled
        del event
        self.fills += 1
