"""Checkers of fills: none lost (I1), none twice (I2), none that the venue does not know (I3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.chaos.verdicts import Finding, found, unknown
from tests.support.ledger import symbol_of, venue_trade_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.chaos.history import History

_SIGN = {"BUY": 1, "SELL": -1}
type Fill = Mapping[str, Any]


def lost(history: History) -> Finding:
    """I1: every fill of the venue is in the cache, unless a made-up one of the same order stands for its quantity."""
    if history.dump is None:
        return unknown("I1", "no node answered")
    theirs = {str(fill["trade_id"]): fill for fill in history.ledger["fills"]}
    ours = _ids(history.dump["fills"])
    missing = [trade for trade in theirs if trade not in ours and trade not in history.forgotten]
    stood_for = _inferred_orders(history)
    wrong = [trade for trade in missing if str(theirs[trade]["client_order_id"]) not in stood_for]
    sentences = [f"fill {trade} of {theirs[trade]['client_order_id']} is lost" for trade in wrong]
    return found("I1", sentences, looked_at=theirs, counts=Counter(lost=len(wrong)))


def duplicated(history: History) -> Finding:
    """I2: every fill is applied once, to its order and to its position."""
    if history.dump is None:
        return unknown("I2", "no node answered")
    fills = history.dump["fills"]
    times = Counter(venue_trade_id(fill["trade_id"]) for fill in fills)
    wrong = [f"fill {trade} is applied {count} times" for trade, count in times.items() if count > 1]
    count = sum(times.values()) - len(times)
    if not wrong:
        crooked = _positions_beside_their_fills(history)
        wrong, count = crooked, len(crooked)
    return found("I2", wrong, looked_at=fills, counts=Counter(duplicated=count))


def phantom(history: History) -> Finding:
    """I3: every fill in the cache is the venue's, or a made-up one whose order nets to the venue's quantity."""
    if history.dump is None:
        return unknown("I3", "no node answered")
    strange = _strange(history)
    netting = _inferred_orders(history)
    inferred = sum(str(fill["client_order_id"]) in netting for fill in strange)
    wrong = [
        f"fill {fill['trade_id']} of {fill['client_order_id']} ({fill['side']} {fill['quantity']}) is nobody's"
        for fill in strange
        if str(fill["client_order_id"]) not in netting
    ]
    return found("I3", wrong, looked_at=history.dump["fills"], counts=Counter(phantom=len(wrong), inferred=inferred))


def _strange(history: History) -> list[Fill]:
    known = {str(fill["trade_id"]) for fill in history.ledger["fills"]}
    return [fill for fill in (history.dump or {})["fills"] if venue_trade_id(fill["trade_id"]) not in known]


def _ids(fills: Iterable[Fill]) -> set[str]:
    return {venue_trade_id(fill["trade_id"]) for fill in fills}


def _inferred_orders(history: History) -> set[str]:
    # Orders with a fill of nobody that are filled in the cache as far as at the venue.
    suspects = {str(fill["client_order_id"]) for fill in _strange(history)}
    ours, theirs = _quantities((history.dump or {})["fills"]), _quantities(history.ledger["fills"])
    return {order for order in suspects if order in theirs and ours[order] == theirs[order]}


def _quantities(fills: Iterable[Fill]) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for fill in fills:
        sums[str(fill["client_order_id"])] += Decimal(fill["quantity"])
    return sums


def _positions_beside_their_fills(history: History) -> list[str]:
    if history.forgotten:
        return []  # The fills before the loss are not in the cache, the position they made is.
    dump = history.dump or {}
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for fill in dump["fills"]:
        sums[symbol_of(fill["instrument_id"])] += _SIGN[fill["side"]] * Decimal(fill["quantity"])
    held: defaultdict[str, Decimal] = defaultdict(Decimal)
    for position in dump["positions"]:
        held[symbol_of(position["instrument_id"])] += Decimal(position["quantity"])
    return [
        f"position {symbol} is {held[symbol]}, its fills in the cache add up to {sums[symbol]}"
        for symbol in sorted(sums.keys() | held.keys())
        if sums[symbol] != held[symbol]
    ]
