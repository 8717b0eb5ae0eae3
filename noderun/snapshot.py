"""What is open, as the venue or as the node's cache tells it, and how the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order that rests at the venue.

    Attributes:
        ours: False when it belongs to no strategy of this node.
    """

    venue_order_id: str
    client_order_id: str | None
    instrument_id: str
    ours: bool = True

    def __str__(self) -> str:
        """Return what people call it."""
        return f"order {self.client_order_id or self.venue_order_id} {self.instrument_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Open orders by the venue's order id, and signed net positions by instrument; flat instruments are left out."""

    orders: Mapping[str, OpenOrder]
    positions: Mapping[str, Decimal]


def differences(*, venue: Snapshot, cache: Snapshot, loaded: Collection[str]) -> list[str]:
    """Tell every difference between venue and cache; empty when they are equal.

    Upstream calls its reconciliation a success while it ignores what is not loaded
    (nautilus_trader/live/execution_engine.py `_reconcile_position_report_netting`); here that is a difference too.

    Args:
        venue: What the venue says.
        cache: What the node believes.
        loaded: Instrument ids the node has loaded.
    """
    found: list[str] = []
    for order_id, order in venue.orders.items():
        if order.instrument_id not in loaded:
            found.append(
                f"{order} is open at the venue, but its instrument is not loaded: {_hint(order.instrument_id)}"
            )
        elif order_id not in cache.orders:
            found.append(f"{order} is open at the venue, not in the cache")
    found += [
        f"{order} is open in the cache, not at the venue"
        for order_id, order in cache.orders.items()
        if order_id not in venue.orders
    ]
    for instrument in sorted(venue.positions.keys() | cache.positions.keys()):
        theirs, ours = venue.positions.get(instrument, Decimal(0)), cache.positions.get(instrument, Decimal(0))
        if theirs != ours:
            why = "" if instrument in loaded else f", and it is not loaded: {_hint(instrument)}"
            found.append(f"position {instrument} is {theirs} at the venue, {ours} in the cache{why}")
    return found


def _hint(instrument_id: str) -> str:
    venue = instrument_id.rpartition(".")[2]
    return f"load it in {venue}_INSTRUMENT_IDS or close it at the venue"
