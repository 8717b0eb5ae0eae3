"""Each judgement of the doctor by itself: what a host, a clock, a key or an account would have to be like."""

from __future__ import annotations

import resource
import socket
from typing import TYPE_CHECKING

import pytest

from nodecfg.doctor import MOST_RETRIES, Area, Diagnosis, Finding, Patience, Verdict
from nodecfg.doctor.host import examine_host, free_disk, open_files, time_sync
from nodecfg.doctor.retrying import NoAnswerError, plain

if TYPE_CHECKING:
    from pathlib import Path

GB = 1_000_000_000
OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED


def _line(area: Area, verdict: Verdict) -> Finding:
    return Finding(area=area, check="x", verdict=verdict, detail="y")


@pytest.mark.parametrize(
    ("lines", "verdict", "code"),
    [
        ([], OK, 0),
        ([(Area.REDIS, OK), (Area.HOST, SKIPPED)], OK, 0),
        ([(Area.REDIS, OK), (Area.HOST, WARNING)], WARNING, 0),
        ([(Area.REDIS, OK), (Area.HOST, FAILED)], FAILED, 70),
        ([(Area.VENUE, FAILED), (Area.HOST, FAILED)], FAILED, 73),
        ([(Area.REDIS, FAILED), (Area.VENUE, FAILED)], FAILED, 75),
    ],
)
def test_the_worst_line_is_the_verdict(lines: list[tuple[Area, Verdict]], verdict: Verdict, code: int) -> None:
    """The verdict is the worst of all lines; only a failure changes the exit code, the first one decides which."""
    diagnosis = Diagnosis(findings=tuple(_line(*line) for line in lines))
    assert (diagnosis.verdict, diagnosis.exit_code) == (verdict, code)
    assert diagnosis.as_dict()["verdict"] == verdict.value


def test_asks_five_times_more_at_most() -> None:
    """What never answers is asked six times in all, after 1, 2, 4, 8 and 16 seconds, and each pause is told."""
    pauses: list[float] = []
    told: list[str] = []

    def ask() -> None:
        raise NoAnswerError("connection refused")

    patience = Patience(retries=99, wait=pauses.append, tell=told.append)
    with pytest.raises(NoAnswerError):
        patience.until_answer("Redis", ask)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert len(told) == MOST_RETRIES
    assert told[0].startswith("Redis: connection refused; asking again in 1 s (1 of 5)")


def test_stops_asking_with_the_first_answer() -> None:
    """An answer after a failure is taken; nothing more is asked."""
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        if len(asked) == 1:
            raise NoAnswerError("not yet")
        return "here"

    assert Patience(retries=5, wait=lambda _: None, tell=lambda _: None).until_answer("x", ask) == "here"
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the name does not resolve"),
        (TimeoutError(), "no answer in time"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (ValueError("odd"), "odd"),
        (ValueError(), "ValueError"),
    ],
)
def test_errors_are_plain_words(error: Exception, said: str) -> None:
    """An operator reads what happened, not an exception."""
    assert plain(error) == said


@pytest.mark.parametrize(
    ("free", "total", "verdict"),
    [(50 * GB, 100 * GB, OK), (8 * GB, 100 * GB, WARNING), (4 * GB, 10 * GB, WARNING), (GB // 2, 10 * GB, FAILED)],
)
def test_free_disk(tmp_path: Path, free: int, total: int, verdict: Verdict) -> None:
    """Below a tenth or 5 GB is a warning, below 1 GB a failure."""
    assert free_disk(tmp_path, free, total).verdict is verdict


@pytest.mark.parametrize(
    ("limit", "verdict"), [(resource.RLIM_INFINITY, OK), (65536, OK), (2048, WARNING), (256, FAILED)]
)
def test_open_files(limit: int, verdict: Verdict) -> None:
    """Fewer than 4096 open files is a warning, fewer than 1024 a failure."""
    assert open_files(limit).verdict is verdict


@pytest.mark.parametrize(("state", "verdict"), [(0, OK), (5, WARNING), (None, WARNING)])
def test_time_sync(state: int | None, verdict: Verdict) -> None:
    """A clock that nobody keeps right is a warning; the venue's clock then tells how wrong it is."""
    assert time_sync(state).verdict is verdict


def test_directories_are_tried(tmp_path: Path) -> None:
    """A directory is written to; one that is missing, a file, or on a filesystem that takes no files fails."""
    file = tmp_path / "file"
    file.touch()
    from pathlib import Path as RealPath  # noqa: PLC0415 the annotation's import is for type checkers only

    proc = RealPath("/proc/self")
    found = {f.check: f for f in examine_host([tmp_path, tmp_path / "missing", file, proc])}
    assert found[f"directory {tmp_path}"].verdict is OK
    assert found[f"directory {tmp_path / 'missing'}"].detail == "does not exist"
    assert found[f"directory {file}"].detail == "is not a directory"
    assert found[f"directory {proc}"].detail.startswith("cannot be written to")
    assert {"disk", "open files", "time sync"} <= set(found)
