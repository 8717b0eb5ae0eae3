"""The host: free disk, open files, directories that can be written to, a clock that is kept right."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nodecfg.doctor.findings import Area, Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LEAST_BYTES: Final = 1_000_000_000
_FEW_BYTES: Final = 5_000_000_000
_FEW_SHARE: Final = 0.1
_LEAST_FILES: Final = 1024
_FEW_FILES: Final = 4096
# adjtimex(2): the clock is not synchronized. struct timex has 208 bytes on 64-bit Linux.
_TIME_ERROR: Final = 5
_TIMEX_BYTES: Final = 512


def examine_host(directories: Iterable[Path]) -> Iterator[Finding]:
    """Yield what is to be said about this host.

    Args:
        directories: Where the node writes.
    """
    listed = tuple(dict.fromkeys(directories))
    yield from _disks(listed)
    yield open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    for directory in listed:
        yield _writable(directory)
    yield time_sync(_clock_state())


def _disks(directories: tuple[Path, ...]) -> Iterator[Finding]:
    seen = set()
    for directory in (*directories, Path("/")):
        there = _existing(directory)
        device = there.stat().st_dev
        if device not in seen:
            seen.add(device)
            usage = shutil.disk_usage(there)
            yield free_disk(there, usage.free, usage.total)


def free_disk(path: Path, free: int, total: int) -> Finding:
    """Judge the free space of the filesystem that holds a path, in bytes."""
    detail = f"{free / 1e9:.1f} GB free of {total / 1e9:.1f} GB at {path}"
    fix = "free some: without space Redis stops writing, and state is lost without an error"
    if free < _LEAST_BYTES:
        return _finding("disk", Verdict.FAILED, detail, fix)
    if free < _FEW_BYTES or free < _FEW_SHARE * total:
        return _finding("disk", Verdict.WARNING, detail, fix)
    return _finding("disk", Verdict.OK, detail)


def open_files(limit: int) -> Finding:
    """Judge how many files a process may hold open."""
    if limit == resource.RLIM_INFINITY:
        return _finding("open files", Verdict.OK, "no limit")
    detail, fix = f"{limit} a process, here", "raise LimitNOFILE= of the unit, or ulimit -n"
    if limit < _LEAST_FILES:
        return _finding("open files", Verdict.FAILED, detail, fix)
    if limit < _FEW_FILES:
        return _finding("open files", Verdict.WARNING, detail, fix)
    return _finding("open files", Verdict.OK, detail)


def time_sync(state: int | None) -> Finding:
    """Judge what adjtimex(2) returned; None when it could not be asked."""
    if state is None:
        return _finding("time sync", Verdict.WARNING, "the kernel does not tell", "look at chronyc tracking")
    if state == _TIME_ERROR:
        fix = "run chrony or systemd-timesyncd; see chronyc tracking"
        return _finding("time sync", Verdict.WARNING, "no program keeps the clock right", fix)
    return _finding("time sync", Verdict.OK, "the clock is kept right")


def _clock_state() -> int | None:
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None


def _writable(directory: Path) -> Finding:
    check = f"directory {directory}"
    if not directory.exists():
        fix = "deploy makes the directories of an instance; by hand: mkdir -p, owned by the user of the node"
        return _finding(check, Verdict.FAILED, "does not exist", fix)
    if not directory.is_dir():
        return _finding(check, Verdict.FAILED, "is not a directory", "remove the file, or name another directory")
    try:
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        fix = "let the user of the node write there"
        return _finding(check, Verdict.FAILED, f"cannot be written to: {reason}", fix)
    return _finding(check, Verdict.OK, f"can be written to by user id {os.geteuid()}")


def _existing(path: Path) -> Path:
    return next((parent for parent in (path, *path.parents) if parent.exists()), Path("/"))


def _finding(check: str, verdict: Verdict, detail: str, fix: str = "") -> Finding:
    return Finding(area=Area.HOST, check=check, verdict=verdict, detail=detail, fix=fix)
