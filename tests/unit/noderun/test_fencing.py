"""Who holds a lease, and whether that process has ended: told by processes of this host."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from noderun.fencing import Holder
from tests.integration.node.world import eventually


def test_a_process_that_runs_is_alive() -> None:
    """This one."""
    assert not Holder.this_process().dead


def test_another_process_with_that_number_is_not_the_holder() -> None:
    """Numbers are used again: one that was born at another time is another process, and the holder has ended."""
    holder = Holder.this_process()
    assert replace(holder, born=holder.born - 1).dead


def test_a_process_that_has_ended_is_dead_before_it_is_waited_for() -> None:
    """Whoever started the holder may take its time."""
    child = subprocess.Popen(["sleep", "60"])
    try:
        birth = int(Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19])
        holder = replace(Holder.this_process(), pid=child.pid, born=birth)
        assert not holder.dead
        child.kill()
        eventually(lambda: holder.dead, what="the child has ended")
    finally:
        child.kill()
        child.wait()


def test_a_process_that_cannot_be_seen_from_here_may_be_alive() -> None:
    """Of another host, or behind another namespace of process ids, nothing is known."""
    child = subprocess.Popen(["true"])
    child.wait()
    assert not replace(Holder.this_process(), pid=child.pid, space="another boot").dead
