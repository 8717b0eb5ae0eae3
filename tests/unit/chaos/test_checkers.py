"""Each checker: true of a sound history, false of one that breaks its invariant, unknown of one that shows nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos import checkers, fills
from tests.chaos.checkers import CHECKERS, judge
from tests.chaos.history import History, Poll, Session, Window
from tests.chaos.verdicts import COUNTS, Finding, Verdict, found, unknown, worst

SECRET = "swordfish-swordfish"


def order(name: str, status: str, number: int, **more: object) -> dict[str, Any]:
    """Returns an order as the ledger has it."""
    common = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.010", "filled": "0.000"}
    times = {"created_ms": 1000 * number, "updated_ms": 1000 * number + 500}
    return {"client_order_id": name, "order_id": number, "status": status, **common, **times, **more}


def cached(name: str, status: str, **more: object) -> dict[str, Any]:
    """Returns an order as the node has it."""
    common = {"instrument_id": "BTCUSDT-PERP.BINANCE", "strategy_id": "S-1", "quantity": "0.010", "filled_qty": "0.000"}
    return {"client_order_id": name, "status": status, **common, **more}


def fill(trade: object, name: str = "a.1", **more: object) -> dict[str, Any]:
    """Returns a fill as the ledger has it."""
    common = {"side": "BUY", "price": "100", "quantity": "0.010", "commission": "0.1", "symbol": "BTCUSDT"}
    return {"trade_id": trade, "client_order_id": name, **common, **more}


def applied(trade: object, name: str = "a.1", **more: object) -> dict[str, Any]:
    """Returns a fill as the node has it."""
    return {**fill(str(trade), name), "instrument_id": "BTCUSDT-PERP.BINANCE", **more}


SOUND = History(
    ledger={
        "orders": [order("a.1", "FILLED", 1, filled="0.010"), order("a.2", "CANCELED", 2), order("a.3", "NEW", 3)],
        "fills": [fill(7)],
        "positions": [{"symbol": "BTCUSDT", "quantity": "0.010", "entry_price": "100"}],
    },
    dump={
        "orders": [cached("a.1", "FILLED", filled_qty="0.010"), cached("a.2", "CANCELED"), cached("a.3", "ACCEPTED")],
        "fills": [applied(7)],
        "positions": [{"instrument_id": "BTCUSDT-PERP.BINANCE", "quantity": "0.010", "avg_px": "100.000001"}],
    },
    before={"orders": [cached("a.1", "FILLED", filled_qty="0.010")], "fills": [], "positions": []},
    requests=({"time_ms": 9_000, "method": "POST", "path": "/fapi/v1/order", "parameters": {}},),
    contradictions=(),
    polls=(Poll(at=13.0, state="DEGRADED"), Poll(at=17.0), Poll(at=21.0, state="RUNNING")),
    sessions=(
        Session(who="node 1", started=1.0, ready=4.0, ended=18.0, code=-9),
        Session(who="node 2", started=19.0, ready=20.0),
    ),
    halted=(Window(since=10.0, until=12.0, what="halted"),),
    broken=(Window(since=12.0, until=16.0, what="Redis away", within=3.0),),
    paused=(Window(since=15.0, until=18.0, what="SIGSTOP"),),
    healed=18.0,
    ready_again=20.0,
    traded_again=True,
    log="nothing to see",
    secrets=(SECRET,),
    strategies=frozenset({"S-1"}),
)


def dumped(**parts: object) -> History:
    """Returns the sound history with another cache."""
    return replace(SOUND, dump={**(SOUND.dump or {}), **parts})


def sent(at_ms: int, method: str = "POST", path: str = "/fapi/v1/order", **said: object) -> History:
    """Returns the sound history with another request."""
    return replace(SOUND, requests=({"time_ms": at_ms, "method": method, "path": path, "parameters": said},))


WRONG: list[tuple[str, History]] = [
    ("I1", dumped(fills=[])),
    ("I1", dumped(fills=[applied("made-up", quantity="0.004")])),
    ("I2", dumped(fills=[applied(7), applied(7)])),
    ("I2", dumped(positions=[{"instrument_id": "BTCUSDT-PERP.BINANCE", "quantity": "0.020", "avg_px": "100"}])),
    ("I3", dumped(fills=[applied(7), applied("made-up", "b.1")])),
    ("I4", dumped(positions=[])),
    ("I4", dumped(positions=[{"instrument_id": "BTCUSDT-PERP.BINANCE", "quantity": "0.010", "avg_px": "100.5"}])),
    ("I5", dumped(orders=[cached("a.1", "FILLED", filled_qty="0.010")])),
    ("I5", dumped(orders=[cached("a.3", "SUBMITTED")])),
    ("I5", dumped(orders=[cached("a.3", "ACCEPTED", strategy_id="EXTERNAL")])),
    ("I5", dumped(orders=[cached("a.3", "ACCEPTED"), cached("a.2", "ACCEPTED")])),
    ("I6", dumped(orders=[cached("a.3", "REJECTED")])),
    ("I6", dumped(orders=[cached("a.1", "FILLED", filled_qty="0.004")])),
    ("I6", replace(SOUND, before={"orders": [cached("a.3", "CANCELED")]})),
    ("I6", replace(SOUND, log="x InvalidStateTrigger: REJECTED -> ACCEPTED")),
    ("I7", replace(SOUND, ledger={**SOUND.ledger, "orders": [order("a.1", "NEW", 1), order("a.2", "NEW", 2)]})),
    ("I7", replace(SOUND, ledger={**SOUND.ledger, "orders": [order("a.1", "FILLED", 1), order("a.1", "FILLED", 3)]})),
    ("I8", sent(11_000)),
    ("I8", sent(2_000)),
    ("I8", sent(11_000, "WS", "order.create")),
    ("I10", replace(SOUND, ready_again=None)),
    ("I10", replace(SOUND, ready_again=99.0)),
    ("I10", replace(SOUND, traded_again=False)),
    ("I11", replace(SOUND, polls=(Poll(at=13.0, state="RUNNING"), Poll(at=15.5, state="RUNNING")))),
    ("I11", replace(SOUND, broken=(), polls=(Poll(at=17.0, state="RUNNING"),))),
    ("I12", replace(SOUND, sessions=(*SOUND.sessions, Session(who="second", started=21.0, ready=22.0)))),
    ("I14", replace(SOUND, contradictions=("balance USDT is 1, the fills say 2",))),
    ("I14", dumped(fills=[applied(7, commission="0.3")])),
    ("I15", replace(SOUND, log=f"key={SECRET}")),
    ("I15", replace(SOUND, polls=(Poll(at=1.0, state="RUNNING", reasons=(SECRET,)),))),
]
EMPTY = History(ledger={"orders": [], "fills": [], "positions": []})


@pytest.mark.parametrize("invariant", CHECKERS)
def test_sound_history_is_true(invariant: str) -> None:
    """Nothing is wrong with a history in which everything went well."""
    finding = CHECKERS[invariant](SOUND)
    assert (finding.verdict, finding.why) == (Verdict.TRUE, ())


@pytest.mark.parametrize(("invariant", "history"), WRONG)
def test_broken_invariant_is_false(invariant: str, history: History) -> None:
    """A history that breaks an invariant is false in its checker, in words."""
    finding = CHECKERS[invariant](history)
    assert finding.verdict is Verdict.FALSE
    assert finding.why


def test_every_checker_is_broken_above() -> None:
    """No checker is without a history that it must refuse."""
    assert {invariant for invariant, _ in WRONG} == set(CHECKERS)


@pytest.mark.parametrize("invariant", CHECKERS)
def test_history_that_shows_nothing_is_unknown(invariant: str) -> None:
    """A checker that has nothing to look at does not pass."""
    assert CHECKERS[invariant](EMPTY).verdict is Verdict.UNKNOWN


def test_no_node_is_no_pass() -> None:
    """When no node answers, nothing is true of its cache."""
    verdicts = {finding.invariant: finding.verdict for finding in judge(replace(SOUND, dump=None))}
    assert {verdicts[invariant] for invariant in ("I1", "I2", "I3", "I4", "I5", "I6")} == {Verdict.UNKNOWN}


def test_made_up_fill_is_counted_and_not_lost() -> None:
    """A fill that stands for one of the venue with the same quantity is inferred; neither of them is wrong."""
    history = dumped(fills=[applied("made-up")])
    assert fills.lost(history).verdict is Verdict.TRUE
    finding = fills.phantom(history)
    assert (finding.verdict, finding.counts["inferred"], finding.counts["phantom"]) == (Verdict.TRUE, 1, 0)


def test_forgotten_fill_is_not_lost() -> None:
    """What happened before the node's memory was destroyed is not asked for."""
    assert fills.lost(replace(dumped(fills=[]), forgotten=frozenset({"7"}))).verdict is Verdict.TRUE


def test_counts_are_counted() -> None:
    """Lost, duplicated and phantom fills are numbers in the findings."""
    history = dumped(fills=[applied("x", "b.1"), applied("x", "b.1")])
    counts = {name: sum(finding.counts[name] for finding in judge(history)) for name in COUNTS}
    assert counts == {"lost": 1, "duplicated": 1, "phantom": 2, "inferred": 0}


def test_moved_clock_forgives_what_it_explains() -> None:
    """An order that seems to overlap by less than the venue's clock was moved is not a second one."""
    lives = [order("a.1", "CANCELED", 1, updated_ms=2300), order("a.2", "NEW", 2)]
    history = replace(SOUND, ledger={**SOUND.ledger, "orders": lives})
    assert CHECKERS["I7"](history).verdict is Verdict.FALSE
    assert CHECKERS["I7"](replace(history, clock_slack_ms=500)).verdict is Verdict.TRUE


def test_what_closes_a_position_may_leave_a_halted_node() -> None:
    """A reduce-only order of a stop or a flatten is not an order through a closed gate."""
    assert CHECKERS["I8"](sent(11_000, reduceOnly="true")).verdict is Verdict.TRUE


def test_condition_that_was_mended_early_is_not_judged() -> None:
    """Nobody has to notice what was over before its time."""
    early = replace(SOUND, broken=(Window(since=12.0, until=13.0, what="Redis away", within=3.0),), paused=())
    assert CHECKERS["I11"](early).verdict is Verdict.UNKNOWN


def test_checker_that_crashes_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in a checker is a doubt, neither a pass nor the end of the others."""
    monkeypatch.setitem(checkers.CHECKERS, "I1", lambda history: 1 / 0)
    findings = judge(SOUND)
    assert findings[0].verdict is Verdict.UNKNOWN
    assert len(findings) == len(CHECKERS)


def test_false_outweighs_unknown_outweighs_true() -> None:
    """Verdicts compose as in the table of faults; over nothing they are unknown."""
    true, false, doubt = found("a", [], looked_at=1), found("b", ["x"], looked_at=1), unknown("c", "y")
    cases: list[tuple[list[Finding], Verdict]] = [
        ([true, doubt, false], Verdict.FALSE),
        ([true, doubt], Verdict.UNKNOWN),
        ([true], Verdict.TRUE),
        ([], Verdict.UNKNOWN),
    ]
    for findings, verdict in cases:
        assert worst(findings) is verdict


def test_second_node_is_not_blamed_for_what_the_first_sends() -> None:
    """Requests while one node is ready are its own, however long another one waits beside it."""
    waiting = Session(who="second", started=20.0, ended=40.0, code=69)
    history = replace(SOUND, sessions=(*SOUND.sessions, waiting), requests=sent(30_000).requests)
    assert CHECKERS["I8"](history).verdict is Verdict.TRUE
