"""A deadline ends its process, whatever holds it up."""

from __future__ import annotations

import subprocess
import sys
import time

PROGRAM = """
import ctypes, time
from noderun.deadline import Deadline

deadline = Deadline(lambda code, reason: print(code, reason, flush=True), lambda at, code, reason: None)
deadline.arm(0.5, 75, "too late")
{body}
"""


def _run(body: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM.format(body=body)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_ends_a_process_that_sleeps_and_says_why() -> None:
    """A process over its time ends with the code, after the reason was announced."""
    done = _run("time.sleep(20)")
    assert (done.returncode, done.stdout.strip()) == (75, "75 too late")


def test_ends_a_process_whose_interpreter_is_held_by_native_code() -> None:
    """Native code that keeps the interpreter lock is ended too, though nobody can speak then."""
    begun = time.monotonic()
    assert _run("ctypes.PyDLL(None).sleep(20)").returncode == 75
    assert time.monotonic() - begun < 10


def test_armed_anew_or_disarmed_it_spares_the_process() -> None:
    """A step that ends in time costs nothing, and the next one has its own time."""
    done = _run("deadline.arm(30, 1, 'other'); time.sleep(2); deadline.disarm(); print('alive')")
    assert (done.returncode, done.stdout.strip()) == (0, "alive")
