"""What a fault may say, and what is refused with every problem at once."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pydantic import ValidationError

from simvenue.faults import FAULT, KINDS, Faults, parse
from simvenue.faults.active import Active, State
from simvenue.faults.engine import MAX_FAULTS, FaultError
from simvenue.faults.scope import Call, CallScope

LEAST: dict[str, dict[str, Any]] = {
    "http_status": {"status": 503},
    "venue_error": {"code": -1007},
    "delay": {"ms": 5},
    "poison_body": {"set": {"a": 1}},
    "poison_event": {"text": "x"},
    "delay_event": {"ms": 5},
    "clock_offset": {"ms": 5},
    "clock_drift": {"ms_per_second": 5},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_survives_a_round_trip(kind: str) -> None:
    """A fault written as a document and read again is the same; the kinds that act need not say where."""
    fault = parse({"kind": kind, **LEAST.get(kind, {})})
    assert parse(FAULT.dump_python(fault, mode="json")) == fault
    assert parse(FAULT.dump_python(fault, mode="json", exclude_defaults=True)) == fault


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        ({"kind": "nonsense"}, 1),
        ({}, 1),
        ({"kind": "http_status"}, 1),
        ({"kind": "http_status", "status": 200, "count": 0, "pth": "/x"}, 3),
        ({"kind": "delay", "ms": -1, "probability": 0}, 2),
        ({"kind": "poison_body"}, 1),
        ({"kind": "poison_event"}, 1),
        ({"kind": "http_status", "status": 500, "headers": {"A\r\nB": "x"}}, 1),
        ({"kind": "http_status", "status": 500, "headers": {"A": "x\r\nSet-Cookie: y"}}, 1),
        ({"kind": "stale_book", "frames": "USER"}, 1),
        ({"kind": "close_socket", "code": 5}, 1),
        ({"kind": "drop_event", "side": "Buy"}, 1),
        ({"kind": "clock_offset", "ms": float("inf")}, 1),
        ({"kind": "delay", "ms": 1, "duration_seconds": float("nan")}, 1),
    ],
)
def test_bad_faults_are_refused_with_every_problem(document: dict[str, Any], problems: int) -> None:
    """Unknown kinds and keys, values out of range and header injection are refused, all at once."""
    with pytest.raises(ValidationError) as refused:
        parse(document)
    assert refused.value.error_count() == problems


def _hits(seed: int, number: int) -> list[bool]:
    active = Active(number, parse({"kind": "drop_event", "probability": 0.3}), seed)
    return [active.take() for _ in range(200)]


def test_chances_are_the_seeds() -> None:
    """The same seed and fault draw the same chances; another seed or another fault others; global chance none."""
    random.seed(1)
    first = _hits(7, 1)
    random.seed(2)
    assert _hits(7, 1) == first
    assert _hits(8, 1) != first
    assert _hits(7, 2) != first
    assert 30 <= sum(first) <= 90


def test_after_count_and_state() -> None:
    """Matches pass, hits come, then the fault is spent and sees nothing more."""
    active = Active(1, parse({"kind": "drop_event", "after": 2, "count": 2}), 7)
    assert [active.take() for _ in range(6)] == [False, False, True, True, False, False]
    assert (active.seen, active.hits, active.state) == (4, 2, State.SPENT)


def _request_fault(**document: object) -> CallScope:
    fault = parse(document)
    assert isinstance(fault, CallScope)
    return fault


def test_a_call_meets_by_every_field() -> None:
    """Globs match paths; an unsigned request has no signature to refuse; a frame has no status."""
    call = Call(method="WS", path="order.create", account="node", symbol="BTCUSDT-LINEAR", side="BUY")
    assert _request_fault(kind="hang", path="order.*", method="WS").meets(call)
    assert not _request_fault(kind="hang", path="/v5/*").meets(call)
    assert not _request_fault(kind="http_status", status=500).meets(call)
    assert not _request_fault(kind="reject_signature").meets(call)
    assert not _request_fault(kind="missing_history").meets(call)
    history = Call(method="GET", path="/fapi/v1/allOrders")
    assert _request_fault(kind="missing_history").meets(history)
    assert not _request_fault(kind="missing_history", path="*/openOrders").meets(history)


def test_faults_cannot_be_without_number() -> None:
    """A script that runs wild is stopped with a message that says what to do; clearing makes room."""
    faults = Faults()
    for _ in range(MAX_FAULTS):
        faults.add(parse({"kind": "hang"}))
    with pytest.raises(FaultError, match="clear some first"):
        faults.add(parse({"kind": "hang"}))
    assert len(faults.clear()) == MAX_FAULTS
    assert faults.list() == ()
    faults.add(parse({"kind": "hang"}))


def test_unknown_venues_and_faults_are_named() -> None:
    """The message says what was wrong and what to choose from."""
    faults = Faults()
    with pytest.raises(FaultError, match="venue kraken is not served; choose from"):
        faults.add(parse({"kind": "hang", "venue": "kraken"}))
    with pytest.raises(FaultError, match="no fault 5"):
        faults.clear(5)
    with pytest.raises(FaultError, match="no fault 5"):
        faults.release(5)
