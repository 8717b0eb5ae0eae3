"""A halt is remembered, whatever happens to the process, and to the disk."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from noderun.latch import Halt, Latch
from noderun.states import Failure

if TYPE_CHECKING:
    from pathlib import Path

HALT = Halt(who="root", since="2026-11-21T03:00:00+00:00", why='the "book" is crossed — odd')


def test_halt_is_there_for_the_next_process(tmp_path: Path) -> None:
    """What one latch kept, the next one reads, until it is ended; nobody else can read the file."""
    path = tmp_path / "halt.json"
    Latch(path).set(HALT)
    assert Latch(path).halt == HALT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    Latch(path).set(None)
    assert Latch(path).halt is None


def test_halt_needs_no_new_space(tmp_path: Path) -> None:
    """The file has its size before it is needed: a halt on a full disk is written in place."""
    path = tmp_path / "halt.json"
    latch = Latch(path)
    before = path.stat()
    latch.set(HALT)
    after = path.stat()
    assert (before.st_ino, before.st_size, before.st_blocks) == (after.st_ino, after.st_size, after.st_blocks)


def test_reason_of_any_length_fits(tmp_path: Path) -> None:
    """A very long reason is cut, the halt is kept."""
    path = tmp_path / "halt.json"
    Latch(path).set(Halt(who="root", since="now", why="é" * 5000))
    halt = Latch(path).halt
    assert halt is not None
    assert halt.why.startswith("é" * 300)


@pytest.mark.parametrize("text", ["not json", "[1]", '{"who": "root"}', '"halted"', '{"what": 1}'])
def test_file_of_somebody_else_stops_the_start(tmp_path: Path, text: str) -> None:
    """A file that cannot be understood might be a halt: the node does not start, and names the file."""
    path = tmp_path / "halt.json"
    path.write_text(text)
    with pytest.raises(Failure, match=r"halt\.json") as refused:
        Latch(path)
    assert refused.value.code == 78
    assert path.read_text() == text


def test_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A node that could not remember a halt does not start."""
    with pytest.raises(Failure, match="No such file"):
        Latch(tmp_path / "missing" / "halt.json")


def test_halt_that_could_not_be_ended_is_still_there(tmp_path: Path) -> None:
    """When the file cannot be written, the halt before it stays in force."""
    path = tmp_path / "halt.json"
    latch = Latch(path)
    latch.set(HALT)
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match=os.strerror(21)):
        latch.set(None)
    assert latch.halt == HALT


def test_without_a_directory_nothing_is_kept() -> None:
    """Outside of a unit a halt lives as long as the process."""
    latch = Latch(None)
    latch.set(HALT)
    assert latch.halt == HALT
