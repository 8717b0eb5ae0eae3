"""What is open, as the venue or as the node's cache tells it, and how the two differ."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order that rests at the venue.

    Attributes:
        ours: False when it belongs to no strategy of this node.
        terms: Quantity, filled quantity and price. Not compared: they may change while it stays the same order.
    """

    venue_order_id: str
    client_order_id: str | None
    instrument_id: str
    ours: bool = True
    terms: tuple[Decimal | None, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """Return what people call it."""
        return f"order {self.client_order_id or self.venue_order_id} {self.instrument_id}"


class Holding(NamedTuple):
    """Where a position is held.

    Attributes:
        leg: `LONG` or `SHORT` of an account in hedge mode, else empty.
    """

    instrument_id: str
    leg: str = ""

    def __str__(self) -> str:
        """Return what people call it."""
        return f"position {self.instrument_id} {self.leg}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is open; flat positions are left out.

    Attributes:
        orders: By the venue's order id.
        positions: Signed quantities by instrument and leg: `LONG` or `SHORT` where long and short are held apart (hedge
            mode), else empty, for the net position.
    """

    orders: Mapping[str, OpenOrder]
    positions: Mapping[Holding, Decimal]


class Kind(StrEnum):
    """How venue and cache can differ."""

    ORDER_NOT_LOADED = "order of an instrument that is not loaded"
    ORDER_UNKNOWN = "order unknown to the cache"
    ORDER_GONE = "order gone from the venue"
    POSITION = "position"
    POSITION_NOT_LOADED = "position in an instrument that is not loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference; its text is one line for people."""

    kind: Kind
    text: str


def differences(*, venue: Snapshot, cache: Snapshot, loaded: Collection[str]) -> list[str]:
    """Tell every difference between venue and cache in words; empty when they are equal. Arguments as of `compare`."""
    return [difference.text for difference in compare(venue=venue, cache=cache, loaded=loaded)]


def compare(*, venue: Snapshot, cache: Snapshot, loaded: Collection[str]) -> list[Difference]:
    """Return every difference between venue and cache.

    Upstream calls its reconciliation a success while it ignores what is not loaded
    (nautilus_trader/live/execution_engine.py `_reconcile_position_report_netting`); here that is a difference too.

    Args:
        venue: What the venue says.
        cache: What the node believes.
        loaded: Instrument ids the node has loaded.
    """
    found: list[Difference] = []
    for order_id, order in venue.orders.items():
        if order.instrument_id not in loaded:
            text = f"{order} is open at the venue, but its instrument is not loaded: {_hint(order.instrument_id)}"
            found.append(Difference(kind=Kind.ORDER_NOT_LOADED, text=text))
        elif order_id not in cache.orders:
            found.append(Difference(kind=Kind.ORDER_UNKNOWN, text=f"{order} is open at the venue, not in the cache"))
    found += [
        Difference(kind=Kind.ORDER_GONE, text=f"{order} is open in the cache, not at the venue")
        for order_id, order in cache.orders.items()
        if order_id not in venue.orders
    ]
    for instrument, holdings in sorted(_by_instrument(venue, cache).items()):
        known = instrument in loaded
        why = "" if known else f", and it is not loaded: {_hint(instrument)}"
        for holding, theirs, ours in _compared(venue.positions, cache.positions, holdings):
            if theirs != ours:
                text = f"{holding} is {theirs} at the venue, {ours} in the cache{why}"
                found.append(Difference(kind=Kind.POSITION if known else Kind.POSITION_NOT_LOADED, text=text))
    return found


def changed(*, venue: Snapshot, cache: Snapshot) -> set[str]:
    """Return the instruments whose open orders, with their terms, or whose position differ between venue and cache."""
    orders = {
        order.instrument_id
        for one, other in ((venue.orders, cache.orders), (cache.orders, venue.orders))
        for order_id, order in one.items()
        if (twin := other.get(order_id)) is None or twin.terms != order.terms
    }
    return orders | {
        instrument
        for instrument, holdings in _by_instrument(venue, cache).items()
        if any(theirs != ours for _, theirs, ours in _compared(venue.positions, cache.positions, holdings))
    }


def _by_instrument(venue: Snapshot, cache: Snapshot) -> dict[str, list[Holding]]:
    found: defaultdict[str, list[Holding]] = defaultdict(list)
    for holding in sorted(venue.positions.keys() | cache.positions.keys()):
        found[holding.instrument_id].append(holding)
    return dict(found)


def _compared(
    theirs: Mapping[Holding, Decimal], ours: Mapping[Holding, Decimal], holdings: list[Holding]
) -> Iterator[tuple[Holding, Decimal, Decimal]]:
    if all(holding.leg for holding in holdings):
        for holding in holdings:
            yield holding, theirs.get(holding, Decimal(0)), ours.get(holding, Decimal(0))
    else:
        # Somebody knows only the net, so nothing else can be compared.
        net = (sum((side.get(holding, Decimal(0)) for holding in holdings), Decimal(0)) for side in (theirs, ours))
        yield Holding(holdings[0].instrument_id), next(net), next(net)


def _hint(instrument_id: str) -> str:
    venue = instrument_id.rpartition(".")[2]
    return f"load it in {venue}_INSTRUMENT_IDS or close it at the venue"
