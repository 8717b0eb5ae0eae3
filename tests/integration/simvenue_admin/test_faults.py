"""The verbs about faults, over HTTP and as commands; what faults do on the wire is shown elsewhere."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from simvenue.cli import fault_kinds
from simvenue.faults.catalogue import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.simvenue_admin.process import Simvenue

PING = "/fapi/v1/ping"


@pytest.fixture
def venue(shared: Simvenue) -> Iterator[Simvenue]:
    """A running simvenue without faults and with all counts at nothing, before and after."""
    for path in ("/admin/v1/faults", "/admin/v1/requests"):
        assert shared.call("DELETE", path)[0] == 200
    yield shared
    assert shared.call("DELETE", "/admin/v1/faults")[0] == 200


def _json(simvenue: Simvenue, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    result = simvenue.run(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_fault_acts_counts_and_ends(venue: Simvenue) -> None:
    """A fault put in by the command acts as often as asked, is listed with its hits, and is gone when cleared."""
    added = _json(venue, "fault", "add", "http_status", "--status", "502", "--path", "/fapi/v*/ping", "--count", "2")
    assert added["fault"] == {"kind": "http_status", "status": 502, "path": "/fapi/v*/ping", "count": 2}
    assert [venue.ask_venue(PING) for _ in range(4)] == [502, 502, 200, 200]
    (listed,) = _json(venue, "fault", "list")["faults"]
    assert (listed["id"], listed["hits"], listed["state"]) == (added["id"], 2, "spent")
    shown = venue.run("fault", "list").stdout
    assert "http_status" in shown
    assert "path=/fapi/v*/ping" in shown
    assert _json(venue, "fault", "clear", str(added["id"]))["id"] == added["id"]
    assert _json(venue, "fault", "list") == {"faults": []}


def test_all_faults_end_at_once(venue: Simvenue) -> None:
    """`fault clear all` ends everything and says what it was."""
    for _ in range(2):
        _json(venue, "fault", "add", "hang", "--path", "/never")
    assert len(_json(venue, "fault", "clear", "all")["faults"]) == 2
    assert _json(venue, "fault", "list") == {"faults": []}


def test_a_barrier_holds_until_released(venue: Simvenue) -> None:
    """A hold fault shows who waits, lets that one go on when released, and holds the next."""
    number = str(_json(venue, "fault", "add", "hold", "--path", PING)["id"])
    answers: list[int] = []

    def wait_for_waiting() -> list[Any]:
        deadline = time.monotonic() + 60
        while not (waiting := _json(venue, "fault", "list")["faults"][0]["waiting"]):
            assert time.monotonic() < deadline
        return list(waiting)

    for expected in ([200], [200, 200]):
        held = threading.Thread(target=lambda: answers.append(venue.ask_venue(PING)))
        held.start()
        (waiting,) = wait_for_waiting()
        assert (waiting["venue"], waiting["method"], waiting["path"]) == ("binance_futures", "GET", PING)
        assert len(answers) < len(expected)
        assert _json(venue, "fault", "release", number) == {"id": int(number), "released": 1}
        held.join(10)
        assert answers == expected


def test_requests_are_counted(venue: Simvenue) -> None:
    """Every request to a venue is counted by endpoint; a reset begins anew and tells what was."""
    for _ in range(3):
        venue.ask_venue(PING)
    (row,) = _json(venue, "requests", "--venue", "binance_futures")["requests"]
    assert (row["venue"], row["method"], row["path"], row["count"]) == ("binance_futures", "GET", PING, 3)
    assert _json(venue, "requests", "--reset")["requests"][0]["count"] == 3
    assert _json(venue, "requests") == {"requests": []}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["add", "http_status"], 2, "--status: Field required"),
        (["add", "http_status", "--status", "200"], 2, "--status: Input should be greater than or equal to 400"),
        (["add", "http_status", "--status", "x", "--count", "0"], 2, "--count: Input should be greater than"),
        (["add", "drop_event", "--where", "{"], 2, "--where { is no JSON"),
        (["add", "poison_body"], 2, "give set or remove"),
        (["add", "hang", "--venue", "kraken"], 1, "venue kraken is not served; choose from binance_futures"),
        (["clear", "99"], 1, "UNKNOWN_FAULT: no fault 99"),
        (["clear", "x"], 2, "x is no fault's id"),
        (["release", "99"], 1, "UNKNOWN_FAULT: no fault 99"),
        (["list", "--venue", "kraken"], 1, "UNKNOWN_VENUE: venue kraken is not one of binance_futures"),
    ],
)
def test_wrong_commands(shared: Simvenue, arguments: list[str], code: int, told: str) -> None:
    """A wrong fault command names the option and the problem, without a traceback, and changes nothing."""
    result = shared.run("fault", *arguments)
    assert (result.returncode, result.stdout) == (code, "")
    assert told in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["body: Unable to extract tag using discriminator 'kind'"]),
        ({"kind": "no"}, ["body: Input tag 'no' found"]),
        ({"kind": "delay", "ms": -1, "symbl": "X"}, ["delay.ms: Input should be", "did you mean symbol?"]),
        ({"kind": "hang", "venue": "kraken"}, ["venue kraken is not served"]),
    ],
)
def test_wrong_faults(shared: Simvenue, body: object, problems: list[str]) -> None:
    """A wrong fault gets 400 with every problem and, for a misspelt key, what may have been meant."""
    status, refused = shared.call("POST", "/admin/v1/faults", body)
    assert status == 400
    for problem in problems:
        assert problem in refused["error"]["detail"]


def test_every_kind_has_a_command_with_its_fields() -> None:
    """Each kind of fault is a command, and each field of its model an option with a word about it."""
    assert fault_kinds.names() == list(KINDS)
    for kind, model in KINDS.items():
        command = fault_kinds.command(kind)
        assert command is not None
        options = {option.opts[0]: getattr(option, "help", None) for option in command.params}
        for name in set(model.model_fields) - {"kind"}:
            assert options.get(f"--{name.replace('_', '-')}"), f"{kind} {name}"
