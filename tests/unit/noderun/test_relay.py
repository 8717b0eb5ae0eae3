"""What a process writes comes out of the relay whole, in one shape and without secrets, however the process ends."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

import pytest

from noderun.relay.process import Relay
from noderun.relay.shape import records
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import os, sys, time
from pathlib import Path
from noderun import logs
logs.configure(instance="main", version="1.2.3", directory=Path(os.environ["LOGS"]) if "LOGS" in os.environ else None)
logs.identify(trader_id="MM-001")
{body}
"""
FIELDS = {"service", "instance", "trader_id", "version", "state", "level", "event", "component", "timestamp", "source"}
UPSTREAM = """
from nautilus_trader.core import nautilus_pyo3 as pyo3
from nautilus_trader.common.component import Logger, set_logging_pyo3
set_logging_pyo3(True)
guard = pyo3.init_logging(pyo3.TraderId("MM-001"), pyo3.UUID4(), pyo3.LogLevel.INFO, pyo3.LogLevel.OFF, is_colored=True)
log = Logger("Maker")
"""


def run(body: str, **extra: str) -> tuple[int, list[dict[str, Any]]]:
    """Runs a process that logs, and returns its code and its lines; every line must be JSON with every field."""
    command = [sys.executable, "-c", PROGRAM.format(body=body)]
    environment = {**os.environ, **extra}
    done = subprocess.run(command, stderr=subprocess.PIPE, env=environment, timeout=60, check=False)
    lines = [json.loads(line) for line in done.stderr.decode().splitlines()]
    assert all(set(line) >= FIELDS for line in lines), lines
    return done.returncode, lines


def events(lines: list[dict[str, Any]]) -> list[str]:
    """Returns what the lines say."""
    return [line["event"] for line in lines]


def test_upstreams_lines_and_ours_have_one_shape() -> None:
    """Level, component, time and text of upstream's line become fields; colours go."""
    _, lines = run(UPSTREAM + "log.warning('a: b [c]: d'); logs.get().warning('ours', reason='e')")
    theirs = next(line for line in lines if line["event"] == "a: b [c]: d")
    ours = next(line for line in lines if line["event"] == "ours")
    assert (theirs["level"], theirs["component"], theirs["source"]) == ("warning", "Maker", "upstream")
    assert (ours["level"], ours["component"], ours["source"]) == ("warning", "noderun", "noderun")
    assert {theirs[name] == ours[name] for name in ("service", "instance", "trader_id", "version", "state")} == {True}


def test_what_is_nobodys_line_is_kept_too() -> None:
    """Prints, raw bytes, a line without an end and an uncaught exception arrive; stderr counts as error."""
    code, lines = run(
        "print('printed'); os.write(1, b'\\xff\\n'); os.write(1, b'no end'); raise ValueError('the last')"
    )
    text = "\n".join(events(lines))
    assert code == 1
    assert all(word in text for word in ("printed", "\\xff", "no end", "Traceback", "ValueError: the last"))
    assert next(line for line in lines if "ValueError" in line["event"])["level"] == "error"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("os._exit(71)", 71),
        ("sys.exit(75)", 75),
        ("os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("os.abort()", -signal.SIGABRT),
        ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
    ],
)
def test_last_words_survive_every_end(end: str, code: int) -> None:
    """What was written before an exit, a kill, an abort or a crash is there, ours and what was printed."""
    ended, lines = run(f"logs.get().error('last of ours'); print('last printed'); {end}")
    assert ended == code
    assert {"last of ours", "last printed"} <= set(events(lines))


def test_deadline_leaves_its_reason_while_the_log_is_busy() -> None:
    """A process ended by force has said why, behind all that upstream had said before."""
    body = (
        UPSTREAM
        + """
from noderun.deadline import Deadline
for number in range(5000): log.info(f"line {number}")
Deadline(
    lambda code, reason: logs.get().error("ended", code=code, reason=reason),
    lambda at, code, reason: logs.foretell(at, code=code, reason=reason),
).arm(0, 77, "too late")
time.sleep(30)
"""
    )
    code, lines = run(body)
    assert code == 77
    assert next(line for line in lines if line["event"] == "ended")["reason"] == "too late"
    assert "line 4999" in events(lines)


def test_last_line_is_there_though_nobody_in_the_process_could_speak() -> None:
    """A process that is ended while native code holds its interpreter leaves the same last line, said by the relay."""
    body = """
import ctypes
from noderun.deadline import Deadline
deadline = Deadline(
    lambda code, reason: logs.get().error("ended", code=code, reason=reason),
    lambda at, code, reason: logs.foretell(at, code=code, reason=reason),
)
deadline.arm(0.2, 70, "taken back"); deadline.disarm(); time.sleep(1.2)
deadline.arm(0.5, 75, "Redis went away"); logs.get().info("waiting")
ctypes.PyDLL(None).sleep(20)
"""
    code, lines = run(body)
    assert code == 75
    assert events(lines) == ["waiting", "ended"]
    assert {name: lines[-1][name] for name in ("code", "reason", "level")} == {
        "code": 75,
        "reason": "Redis went away",
        "level": "error",
    }


def test_lines_of_several_pipes_are_in_the_order_of_their_times() -> None:
    """What upstream and the service write in turn while the relay is busy comes out in turn."""
    body = (
        UPSTREAM
        + """
import signal
logs.flush(2); os.kill(logs._pipes._process.pid, signal.SIGSTOP)
for number in range(50):
    log.info(f"theirs {number}"); time.sleep(0.001); logs.get().info(f"ours {number}"); time.sleep(0.001)
time.sleep(0.5)
os.kill(logs._pipes._process.pid, signal.SIGCONT); logs.flush(5)
"""
    )
    _, lines = run(body)
    said = [event for event in events(lines) if event.startswith(("theirs", "ours"))]
    assert said == [f"{who} {number}" for number in range(50) for who in ("theirs", "ours")]


def test_relay_that_is_held_up_keeps_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written to both pipes after the relay has found one of them ready comes out in turn too."""
    (out, upstream), (own, ours), (answers, answer), (told, outer) = (os.pipe() for _ in range(4))
    stamp = "2026-01-01T00:00:{:02}.000000000Z".format
    really = select.select

    def late(*arguments: Any) -> tuple[list[int], list[int], list[int]]:  # noqa: ANN401 as select takes
        found = really(*arguments)
        if upstream not in closed:
            for number in range(1, 6):
                os.write(
                    ours, json.dumps({"event": f"ours {number}", "timestamp": stamp(number * 2 - 1)}).encode() + b"\n"
                )
                os.write(upstream, f"{stamp(number * 2)} [INFO] MM-001.Maker: theirs {number}\n".encode())
            for descriptor in (upstream, ours):
                os.close(descriptor)
            closed.append(upstream)
        return found

    closed: list[int] = []
    os.write(upstream, f"{stamp(0)} [INFO] MM-001.Maker: theirs 0\n".encode())
    monkeypatch.setattr("noderun.relay.process.select.select", late)
    Relay({out: "stdout"}, own, answer, outer, text=False).run()
    monkeypatch.undo()
    said = [json.loads(line)["event"] for line in os.read(told, 65_536).decode().splitlines()]
    for descriptor in (out, own, answers, answer, told, outer):
        os.close(descriptor)
    assert said == ["theirs 0", *(f"{who} {number}" for number in range(1, 6) for who in ("ours", "theirs"))]


def test_burst_is_complete_in_order_and_holds_up_nobody() -> None:
    """50,000 lines of upstream at once: all arrive, the loop that writes them is not late, an exit waits for them."""
    body = (
        UPSTREAM
        + """
import asyncio
from noderun.pulse import Pulse
async def main():
    pulse = Pulse()
    beating = asyncio.create_task(pulse.beat())
    await asyncio.sleep(0.2)
    for batch in range(100):
        for number in range(500): log.info(f"burst {batch * 500 + number}")
        await asyncio.sleep(0)
    await asyncio.sleep(0.5)
    logs.get().info("lag", worst=pulse.worst_lag)
asyncio.run(main())
"""
    )
    _, lines = run(body)
    assert [event for event in events(lines) if event.startswith("burst")] == [f"burst {n}" for n in range(50_000)]
    worst = next(line for line in lines if line["event"] == "lag")["worst"]
    print(f"worst lag of the loop: {worst * 1000:.1f} ms")
    assert worst < 0.5 * PATIENCE


def test_reader_that_stalls_does_not_stop_the_process(tmp_path: Path) -> None:
    """While nobody reads the stream the process goes on logging; what it logged is there when somebody reads."""
    done = tmp_path / "done"
    # Only a relay that is waited for now and then has a chance on a busy machine: it costs lines to be 0.5 s late.
    body = """
import fcntl, termios
for number in range(20000):
    logs.get().info('x' * 100, number=number)
    while number % 1000 == 0 and any(fcntl.ioctl(logs._pipes._own, termios.FIONREAD, bytes(4))): time.sleep(0.001)
Path(os.environ['DONE']).touch()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        stderr=subprocess.PIPE,
        env={**os.environ, "DONE": str(done)},
    )
    until = time.monotonic() + 20 * PATIENCE
    while not done.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    _, read = process.communicate(timeout=30)
    numbers = [json.loads(line).get("number") for line in read.splitlines()]
    assert [number for number in numbers if number is not None] == list(range(20000))


def test_relay_that_hangs_costs_lines_and_not_the_process() -> None:
    """While the relay is stopped the process goes on; the lines that had no room are counted in the first that has."""
    body = """
import signal
logs.flush(2); os.kill(logs._pipes._process.pid, signal.SIGSTOP)
began = time.monotonic()
for number in range(10000): logs.get().info("x" * 200, number=number)
took = time.monotonic() - began
os.kill(logs._pipes._process.pid, signal.SIGCONT); logs.flush(5)
logs.get().info("after", took=took)
"""
    _, lines = run(body)
    kept = [line["number"] for line in lines if "number" in line]
    assert kept == list(range(len(kept)))
    assert f"{10000 - len(kept)} lines of the service are missing here" in " ".join(events(lines))
    assert next(line for line in lines if line["event"] == "after")["took"] < 3 * PATIENCE


def test_relay_that_was_killed_is_replaced() -> None:
    """A relay that dies is started again, says so, and later lines arrive with all their fields."""
    body = """
import signal, subprocess
logs.get().info("before"); logs.flush(2)
os.kill(logs._pipes._process.pid, signal.SIGKILL); time.sleep(0.2)
logs.get().info("between"); print("printed between"); time.sleep(1)
logs.get().info("after")
"""
    _, lines = run(body)
    said = events(lines)
    assert [event for event in said if event in ("before", "between", "after")] == ["before", "between", "after"]
    assert "printed between" in said
    assert any("the relay of the log ended with -9" in event for event in said)
    assert {line["trader_id"] for line in lines if line["event"] in ("between", "after")} == {"MM-001"}


def test_line_that_is_too_long_for_the_journal_comes_in_parts() -> None:
    """A line of 100,000 characters comes as numbered parts that join to it; each fits a line of the journal."""
    _, lines = run("print('ab' * 50000); logs.get().info('long', value='é' * 50000)")
    parts = [line for line in lines if line["component"] == "stdout"]
    assert "".join(part["event"] for part in parts) == "ab" * 50000
    assert [part["part"] for part in parts] == list(range(1, len(parts) + 1))
    ours = json.loads("".join(line["event"] for line in lines if line["component"] == "noderun" and "part" in line))
    assert ours["value"] == "é" * 50000
    assert max(len(json.dumps(line, ensure_ascii=False).encode()) for line in lines) < 48 * 1024


def test_journal_gets_priorities() -> None:
    """When the journal is at the other end each line begins with its priority, which journald takes off."""
    read, write = os.pipe()
    facts = os.fstat(write)
    command = [sys.executable, "-c", PROGRAM.format(body="logs.get().error('bad'); print('fine')")]
    environment = {**os.environ, "JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino}"}
    subprocess.run(command, stderr=write, env=environment, timeout=30, check=False)
    os.close(write)
    with os.fdopen(read) as stream:
        priorities = {json.loads(line[3:])["event"]: line[:3] for line in stream}
    assert priorities == {"bad": "<3>", "fine": "<6>"}


def test_file_has_the_same_lines_and_is_rotated(tmp_path: Path) -> None:
    """noderun.jsonl and its older files hold every line once, none much larger than the limit, nobody else may read."""
    body = """
logs._pipes.tell(limits={"size": 100000, "count": 60})
for number in range(5000): logs.get().info("x" * 100, number=number)
"""
    _, lines = run(body, LOGS=str(tmp_path))
    files = sorted(
        tmp_path.glob("noderun.jsonl*"), key=lambda path: -int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0
    )
    assert len(files) > 5
    assert [json.loads(line) for path in files for line in path.read_text().splitlines()] == lines
    assert max(path.stat().st_size for path in files) < 250_000
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_full_disk_costs_the_file_and_nothing_else() -> None:
    """On a full disk the stream has every line and says that the file cannot be written; the process goes on."""
    body = """
os.symlink("/dev/full", os.environ["LOGS"] + "/noderun.jsonl")
for number in range(300): logs.get().info("line", number=number)
"""
    with tempfile.TemporaryDirectory() as directory:
        code, lines = run(body, LOGS=directory)
    assert code == 0
    assert [line["number"] for line in lines if line["event"] == "line"] == list(range(300))
    assert sum("cannot be written: No space left on device" in event for event in events(lines)) == 1


def test_level_hides_lines_whoever_wrote_them() -> None:
    """Below the level nothing is passed on; going back brings everything back."""
    body = (
        UPSTREAM
        + """
for level in ("error", "debug"):
    logs.set_level(level)
    logs.get().info(f"ours {level}"); log.info(f"theirs {level}"); log.error(f"bad {level}"); logs.flush(2)
"""
    )
    _, lines = run(body)
    said = [event for event in events(lines) if event.endswith((" error", " debug"))]
    assert sorted(said) == ["bad debug", "bad error", "ours debug", "theirs debug"]


def test_message_of_many_lines_is_one_record() -> None:
    """Lines that go on with upstream's message belong to it; a traceback or a panic behind it is its own record."""
    first = "2026-11-21T09:35:45.819488627Z [ERROR] MM-001.Maker: one"
    found = list(records([first, "two", "Traceback (most recent call last):", "  File"], "stderr"))
    assert [record["event"] for record in found] == ["one\ntwo", "Traceback (most recent call last):\n  File"]
