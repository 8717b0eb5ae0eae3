"""Checkers of what is open and owned: positions (I4), open orders (I5), final states (I6), money (I14)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.chaos.verdicts import Finding, found, unknown
from tests.support.ledger import OPEN, STATUS, symbol_of, venue_trade_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.history import History

_CLOSED = frozenset({"FILLED", "CANCELED", "EXPIRED", "REJECTED", "DENIED"})
_TOLERANCE = Decimal("0.0001")
"""Of average prices, relative: upstream keeps them as floats."""


def positions(history: History) -> Finding:
    """I4: net position and average price of each instrument are the venue's."""
    if history.dump is None:
        return unknown("I4", "no node answered")
    ours: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for position in history.dump["positions"]:
        ours[symbol_of(position["instrument_id"])].append(position)
    theirs = {position["symbol"]: position for position in history.ledger["positions"]}
    wrong = []
    for symbol in sorted(ours.keys() | theirs.keys()):
        held = sum((Decimal(position["quantity"]) for position in ours[symbol]), Decimal(0))
        at_venue = Decimal(theirs[symbol]["quantity"]) if symbol in theirs else Decimal(0)
        if held != at_venue:
            wrong.append(f"position {symbol} is {held} at the node, {at_venue} at the venue")
        elif held and len(ours[symbol]) == 1:
            mine, price = Decimal(ours[symbol][0]["avg_px"]), Decimal(theirs[symbol]["entry_price"])
            if abs(mine / price - 1) > _TOLERANCE:
                wrong.append(f"position {symbol} has average {mine} at the node, {price} at the venue")
    return found("I4", wrong, looked_at=history.ledger["fills"])


def open_orders(history: History) -> Finding:
    """I5: what is open at the venue is open in the cache with the right strategy, and the other way round.

    An order that was written down and never sent (killed in between) stays INITIALIZED: nobody sends it any more.
    """
    if history.dump is None:
        return unknown("I5", "no node answered")
    ours = {order["client_order_id"]: order for order in history.dump["orders"]}
    theirs = {order["client_order_id"]: order for order in history.ledger["orders"] if order["status"] in OPEN}
    wrong = []
    for name, order in sorted(theirs.items()):
        if name not in ours:
            wrong.append(f"order {name} is open at the venue, unknown to the node")
        elif ours[name]["status"] not in STATUS[order["status"]]:
            wrong.append(f"order {name} is {order['status']} at the venue, {ours[name]['status']} at the node")
        elif history.strategies and ours[name]["strategy_id"] not in history.strategies:
            wrong.append(f"order {name} is open and belongs to {ours[name]['strategy_id']}")
    wrong += [
        f"order {name} is {order['status']} at the node, not open at the venue"
        for name, order in sorted(ours.items())
        if order["status"] not in {*_CLOSED, "INITIALIZED"} and name not in theirs
    ]
    return found("I5", wrong, looked_at=theirs or ours)


def final_states(history: History) -> Finding:
    """I6: what the cache calls over is over at the venue in the same way, with the same quantity; before it too."""
    if history.dump is None:
        return unknown("I6", "no node answered")
    theirs = {order["client_order_id"]: order for order in history.ledger["orders"]}
    wrong, looked_at = [], 0
    for when, dump in (("", history.dump), ("before the fault ", history.before or {"orders": []})):
        for order in dump["orders"]:
            name = order["client_order_id"]
            if order["status"] not in _CLOSED or name not in theirs:
                continue
            looked_at += 1
            if order["status"] not in STATUS[theirs[name]["status"]]:
                wrong.append(f"order {name} {when}is {order['status']}, {theirs[name]['status']} at the venue")
            elif Decimal(order["filled_qty"]) != Decimal(theirs[name]["filled"]):
                wrong.append(f"order {name} {when}is filled {order['filled_qty']}, {theirs[name]['filled']} there")
    wrong += [line for line in history.log.splitlines() if "InvalidStateTrigger: REJECTED -> " in line][:3]
    return found("I6", wrong, looked_at=looked_at)


def money(history: History) -> Finding:
    """I14: the venue's cash is what its fills make of it, and the node knows the fee of every fill."""
    wrong = list(history.contradictions or ())
    theirs = {str(fill["trade_id"]): fill for fill in history.ledger["fills"]}
    shared = 0
    for fill in (history.dump or {"fills": []})["fills"]:
        trade = venue_trade_id(fill["trade_id"])
        if trade in theirs:
            shared += 1
            if abs(Decimal(fill["commission"]) - Decimal(theirs[trade]["commission"])) > _TOLERANCE:
                wrong.append(f"fill {trade} cost {fill['commission']} at the node, {theirs[trade]['commission']} there")
    if not wrong and history.contradictions is None:
        return unknown("I14", "the venue's books were not added up")
    return found("I14", wrong, looked_at=shared)
