#!/usr/bin/python3
"""Looks at Redis' append-only file before Redis reads it: cuts a torn tail off, with a copy kept, and refuses damage.

A power cut leaves the last write half on disk. Redis would either drop it without a word (aof-load-truncated yes) or
not start (no), and it takes a damaged length in the middle for a torn tail and drops everything after it. So redis.conf
says "no", and this program, which runs before each start of redis-server, decides:

- whole: nothing is done;
- torn tail (the rest is the beginning of a command or of a transaction, with or without the zeros a file system pads
  with): the file is copied to DIRECTORY/damaged/, cut after the last whole command, and an alert is logged;
- anything else: an alert names the place, the exit status is 1, and Redis stays down;
- it cannot be looked at or copied, as on a full disk: an alert, the exit status is 75, and the next start tries again.

What an RDB base file holds is not looked at: it carries a checksum, and Redis refuses it by itself.

"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ALERT, NOTICE = "<1>", "<5>"
"""Priorities as the journal reads them from a line's beginning."""

TRY_AGAIN = os.EX_TEMPFAIL
"""Exit status when it is not the file that is wrong."""

LONGEST_TAIL = 64 * 1024 * 1024
"""Bytes; no single command or transaction of a trading node is longer, so more is damage and not a torn tail."""

RUN_BOOK = 'docs/hosts.md, "Redis stays down: a damaged file"'
RUN_BOOK_TORN = 'docs/hosts.md, "A torn tail was cut off"'
_ANALYZED = re.compile(r"^AOF analyzed: .*\bok_up_to=(\d+)", re.MULTILINE)
_NEXT_COMMAND = re.compile(rb"\r\n\*\d+\r\n\$\d+\r\n")


def last_increment(directory: Path) -> Path | None:
    """The one file that Redis appends to, by its manifest; None where there is none yet."""
    manifests = sorted(directory.glob("appendonlydir/*.manifest"))
    if not manifests:
        return None
    newest = (0, "")
    for line in manifests[0].read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        entry = dict(zip(words[::2], words[1::2], strict=False))
        if entry.get("type") == "i" and entry.get("seq", "").isdigit():
            newest = max(newest, (int(entry["seq"]), entry.get("file", "")))
    file = manifests[0].parent / newest[1]
    return file if newest[1] and file.is_file() else None


def whole_until(file: Path) -> int:
    """Bytes up to the end of the last whole command or transaction, as redis-check-aof counts them."""
    if file.stat().st_size == 0:
        return 0
    argv = ["/usr/bin/redis-check-aof", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - both fixed
    found = _ANALYZED.search(done.stdout)
    if done.returncode == 0:
        return file.stat().st_size
    if found is None:
        # Not even its beginning is an append-only file.
        return 0
    return int(found[1])


def is_torn(rest: bytes) -> bool:
    """Whether these bytes are what is left of commands that were being written: whole ones, then the start of one."""
    rest = rest.rstrip(b"\0")
    position = 0
    while position < len(rest):
        if rest[position : position + 1] == b"#":
            line = _line(rest, position)
            if line is None:
                return True
            position = line[1]
            continue
        count = _number(rest, position, b"*")
        if not isinstance(count, tuple):
            return count
        words, position = count
        for _ in range(words):
            size = _number(rest, position, b"$")
            if not isinstance(size, tuple):
                return size
            length, start = size
            end = start + length
            if rest[end : end + 2] != b"\r\n":
                # A command that follows inside what claims to be one word: a length is damaged, not the tail torn.
                open_end = b"\r\n".startswith(rest[end : end + 2])
                return open_end and not _NEXT_COMMAND.search(rest, start)
            position = end + 2
    return True


def _line(data: bytes, start: int) -> tuple[bytes, int] | None:
    end = data.find(b"\r\n", start)
    return None if end < 0 else (data[start:end], end + 2)


def _number(data: bytes, start: int, mark: bytes) -> tuple[int, int] | bool:
    """The number after a mark and where it ends; else whether it may still become one."""
    line = _line(data, start)
    if line is None:
        return re.fullmatch(rb"(\%b\d{0,10}\r?)?" % mark, data[start:]) is not None
    text, end = line
    return (int(text[1:]), end) if re.fullmatch(rb"\%b\d{1,10}" % mark, text) else False


def keep_copy(file: Path, directory: Path) -> Path:
    """Copy the file as it was found; the same state is copied once, however often Redis tries to start."""
    state = file.stat()
    copy = directory / "damaged" / f"{file.name}.{int(state.st_mtime)}-{state.st_size}"
    if not copy.exists():
        copy.parent.mkdir(mode=0o700, exist_ok=True)
        partial = copy.with_suffix(".partial")
        shutil.copy2(file, partial)
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        partial.rename(copy)
    return copy


def cut(file: Path, size: int) -> None:
    """Shorten the file, and have that on disk."""
    with file.open("r+b") as handle:
        handle.truncate(size)
        handle.flush()
        os.fsync(handle.fileno())


def say(line: str) -> None:
    """Tell the journal, or whoever looks by hand."""
    sys.stdout.write(f"{line}\n")


def look(directory: Path, *, repair: bool) -> int:
    """Judge the file, repair where allowed, say what was found; the exit status."""
    file = last_increment(directory)
    if file is None:
        return 0
    size, whole = file.stat().st_size, whole_until(file)
    if whole >= size:
        return 0
    with file.open("rb") as handle:
        handle.seek(whole)
        rest = handle.read(LONGEST_TAIL + 1)
    found = f"{file} is whole up to byte {whole} of {size}"
    if len(rest) > LONGEST_TAIL or not is_torn(rest):
        say(f"{ALERT}ALERT: {found} and damaged after it. Redis stays down and nothing was changed: see {RUN_BOOK}")
        return 1
    if not repair:
        say(f"{NOTICE}{found}; what follows is a torn last write, which the next start cuts off")
        return 0
    copy = keep_copy(file, directory)
    cut(file, whole)
    say(
        f"{ALERT}ALERT: {found}: a torn last write of {size - whole} bytes was cut off, the file as it was found is "
        f"{copy}. Under redis_appendfsync `always` nothing in it had been acknowledged; see {RUN_BOOK_TORN}"
    )
    return 0


def main() -> int:
    """Read the arguments, look."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", type=Path, help="where Redis keeps its data, as /var/lib/redis")
    parser.add_argument("--repair", action="store_true", help="cut a torn tail off; never while Redis runs")
    arguments = parser.parse_args()
    try:
        return look(arguments.directory, repair=arguments.repair)
    except OSError as problem:
        say(
            f"{ALERT}ALERT: Redis' append-only file cannot be looked at or repaired ({problem}); "
            "tried again at the next start"
        )
        return TRY_AGAIN


if __name__ == "__main__":
    sys.exit(main())
