"""Checkers of conduct: one order per intent (I7), closed gates (I8), health (I10, I11), one writer (I12), secrets."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

from tests.chaos.history import Window
from tests.chaos.verdicts import Finding, found, unknown
from tests.support.ledger import OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.history import History, Poll, Session

_GRACE = 0.5
"""Seconds that a request may be on its way when a gate closes, and that the venue's log may be late."""
_FOR_EVER = float("inf")


def one_order_per_intent(history: History) -> Finding:
    """I7: client ids are unique, and no intent (a strategy's slot) has two live orders at a time."""
    orders = history.ledger["orders"]
    slots: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for order in orders:
        slots[_slot(order)].append(order)
    wrong = []
    for slot, lives in slots.items():
        for first, second in pairwise(sorted(lives, key=lambda order: order["order_id"])):
            if _end(first) - history.clock_slack_ms > second["created_ms"]:
                wrong.append(f"{slot}: {second['client_order_id']} was sent while {first['client_order_id']} lived")
    names = [order["client_order_id"] for order in orders]
    wrong += [f"order {name} is {names.count(name)} orders" for name in {n for n in names if names.count(n) > 1}]
    return found("I7", wrong, looked_at=orders)


def _slot(order: Mapping[str, Any]) -> str:
    # tests/chaos/workload.py names its intents; the market maker has one on each side.
    name, dot, _ = order["client_order_id"].partition(".")
    return name if dot else f"{order['symbol']} {order['side']}"


def _end(order: Mapping[str, Any]) -> float:
    return _FOR_EVER if order["status"] in OPEN else float(order["updated_ms"])


def nothing_through_closed_gates(history: History) -> Finding:
    """I8: the venue gets no order and no change of one while the node is halted, not ready yet, or stopping."""
    sent = [request for request in history.requests if is_new_order(request)]
    wrong = [_through(request, gate) for gate in history.halted for request in sent if _inside(request, gate)]
    for session in history.sessions:
        # The log does not say who sent it: what another process may send is not this one's.
        open_gates = [_open_gate(other) for other in history.sessions if other is not session and other.ready]
        own = [request for request in sent if not any(_inside(request, gate) for gate in open_gates)]
        wrong += [_through(request, gate) for gate in _closed(session) for request in own if _inside(request, gate)]
    return found("I8", wrong, looked_at=history.halted or history.sessions)


def _inside(request: Mapping[str, Any], window: Window) -> bool:
    return window.since + _GRACE < float(request["time_ms"]) / 1000 < window.until - _GRACE


def _through(request: Mapping[str, Any], gate: Window) -> str:
    return f"{request['method']} {request['path']} while {gate.what}"


def _open_gate(session: Session) -> Window:
    over = session.stopping or session.ended or _FOR_EVER
    return Window(since=(session.ready or 0.0) - 2 * _GRACE, until=over + 2 * _GRACE, what="ready")


def _closed(session: Session) -> list[Window]:
    over = session.ended if session.ended is not None else _FOR_EVER
    windows = [Window(since=session.started, until=session.ready or over, what="not ready yet")]
    if session.stopping is not None:
        windows.append(Window(since=session.stopping, until=over, what="stopping"))
    return windows


def is_new_order(request: Mapping[str, Any]) -> bool:
    """Return whether a line of the venue's log is an order, or the change of one, that opens anything."""
    method, path, said = request["method"], str(request["path"]), request.get("parameters", {})
    if str(said.get("reduceOnly", "")).lower() == "true":
        return False  # What closes a position at a stop or a flatten.
    if method == "WS":
        return path in {"order.create", "order.amend", "order.place", "order.modify"}
    return method in {"POST", "PUT"} and path.rsplit("/", 1)[1] in {"order", "algoOrder", "batchOrders", "create"}


def ready_again(history: History) -> Finding:
    """I10: after the heal the node is ready in time, and trades."""
    if history.healed is None:
        return unknown("I10", "the fault did not heal")
    wrong = []
    if history.ready_again is None or history.ready_again - history.healed > history.ready_within:
        wrong.append(f"not ready within {history.ready_within:g} s after the heal")
    elif history.traded_again is False:
        wrong.append("ready again, but no order reached the venue")
    return found("I10", wrong, looked_at=True)


def health_is_true(history: History) -> Finding:
    """I11: a broken condition is shown in time, and a process that is stopped never says that it is ready."""
    wrong, looked_at = [], 0
    for window in history.broken:
        if window.until - window.since < window.within:
            continue  # It was mended before anybody had to notice.
        seen = [poll for poll in history.polls if window.since < poll.at < window.until]
        if not seen:
            continue
        looked_at += 1
        late = [poll for poll in seen if poll.at > window.since + window.within and poll.state == "RUNNING"]
        noticed = [poll for poll in seen if poll.state != "RUNNING" and poll.at <= window.since + window.within]
        if late and not noticed:
            wrong.append(f"{window.what}: RUNNING {late[0].at - window.since:.1f} s later")
    for window in history.paused:
        inside = [poll for poll in history.polls if window.since + (window.within or 1) < poll.at < window.until]
        looked_at += len(inside)
        wrong += [f"{window.what}: said {poll.state}" for poll in inside if _ready(poll)]
    return found("I11", wrong, looked_at=looked_at)


def _ready(poll: Poll) -> bool:
    return poll.state == "RUNNING" and not any("event loop" in reason for reason in poll.reasons)


def one_writer(history: History) -> Finding:
    """I12: no two processes of one trader id are ready at a time."""
    ready = [session for session in history.sessions if session.ready is not None]
    wrong = [
        f"{first.who} and {second.who} were both ready"
        for first, second in combinations(ready, 2)
        if max(first.ready or 0, second.ready or 0) < min(_over(first), _over(second))
    ]
    return found("I12", wrong, looked_at=len(history.sessions) > 1)


def _over(session: Session) -> float:
    return session.ended if session.ended is not None else _FOR_EVER


def no_secrets(history: History) -> Finding:
    """I15: no secret stands in the log or in what the status says; its first characters are told only."""
    said = "\n".join(reason for poll in history.polls for reason in poll.reasons)
    wrong = [
        f"the secret that begins with {secret[:4]} is in the {where}"
        for secret in history.secrets
        for where, text in (("log", history.log), ("status", said))
        if secret in text
    ]
    return found("I15", wrong, looked_at=history.log and history.secrets)
