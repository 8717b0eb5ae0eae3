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

People run it too, with Redis stopped: without an option it says what is wrong and which records have writes behind the
damage; `--mend` cuts the file before the damage, with a copy kept; `--aside` moves all that Redis keeps out of its way.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ALERT, NOTICE = "<1>", "<5>"
"""Priorities as the journal reads them from a line's beginning."""

TRY_AGAIN = os.EX_TEMPFAIL
"""Exit status when it is not the file that is wrong."""

LONGEST_TAIL = 64 * 1024 * 1024
"""Bytes; no single command or transaction of a trading node is longer, so more is damage and not a torn tail."""

NAMED = 20
"""Records that a report names."""

RUN_BOOK = 'docs/hosts.md, "Redis stays down: a damaged file"'
RUN_BOOK_TORN = 'docs/hosts.md, "A torn tail was cut off"'
_ANALYZED = re.compile(r"^AOF analyzed: .*\bok_up_to=(\d+)", re.MULTILINE)
_NEXT_COMMAND = re.compile(rb"\r\n\*\d+\r\n\$\d+\r\n")
_COMMAND = re.compile(rb"\*(\d{1,10})\r\n(?=\$\d)")
_WORD = re.compile(rb"\$(\d{1,10})\r\n")
_ANY_FILE = ("appendonlydir", "dump.rdb")


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


def writes(rest: bytes) -> Counter[str]:
    """How many whole writes there are to each key, also behind bytes that make no sense."""
    found: Counter[str] = Counter()
    position = 0
    while start := _COMMAND.search(rest, position):
        words, position = _words(rest, start)
        if len(words) > 1 and words[0].upper() != b"SELECT":
            found[words[1].decode(errors="backslashreplace")] += 1
    return found


def _words(rest: bytes, start: re.Match[bytes]) -> tuple[list[bytes], int]:
    words, position = [], start.end()
    for _ in range(int(start[1])):
        size = _WORD.match(rest, position)
        end = size.end() + int(size[1]) if size else 0
        if size is None or rest[end : end + 2] != b"\r\n":
            # Not a whole command: the next one may begin anywhere behind its mark.
            return [], start.end()
        words.append(rest[size.end() : end])
        position = end + 2
    return words, position


def told(found: Counter[str]) -> str:
    """One line on these writes."""
    if not found:
        return "no whole write can be recognized there"
    named = ", ".join(f"{key} ({count})" for key, count in found.most_common(NAMED))
    more = f" and {len(found) - NAMED} more records" if len(found) > NAMED else ""
    return f"{found.total()} writes to {len(found)} records: {named}{more}"


def is_in_use(directory: Path) -> bool:
    """Whether a Redis works there, or anybody has one of the files open. Only root sees other users' processes."""
    own = directory.resolve()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            redis = (process / "comm").read_text().startswith("redis-server")
            places = [(process / "cwd").readlink()] if redis else []
            places += [link.readlink() for link in (process / "fd").iterdir()]
        except OSError:
            # It has ended meanwhile.
            continue
        if any(place.is_relative_to(own) for place in places):
            return True
    return False


def mend(directory: Path) -> int:
    """Cut the file before its damage, with a copy kept, and say what that costs; the exit status."""
    file = last_increment(directory)
    if file is None or (whole := whole_until(file)) >= (size := file.stat().st_size):
        say(f"there is nothing to mend: {file or directory} is whole")
        return 0
    with file.open("rb") as handle:
        handle.seek(whole)
        lost = writes(handle.read())
    copy = keep_copy(file, directory)
    cut(file, whole)
    say(f"{file} was cut to its first {whole} of {size} bytes; the file as it was found is {copy}")
    say(f"cut off: {told(lost)}")
    say(
        "go on: systemctl reset-failed redis-server redis-aof-guard; systemctl start redis-server; noderun cache verify"
    )
    return 0


def put_aside(directory: Path) -> int:
    """Move what Redis keeps into a directory beside it, from where it can be moved back; the exit status."""
    there = [directory / name for name in _ANY_FILE if (directory / name).exists()]
    if not there:
        say(f"there is nothing to put aside in {directory}")
        return 0
    (directory / "aside").mkdir(mode=0o700, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%dT%H%M%S-"), dir=directory / "aside"))
    for path in there:
        path.rename(aside / path.name)
    say(f"moved to {aside}: {', '.join(path.name for path in there)}. Redis starts empty, every node's state with it.")
    say(f"to go back, with Redis stopped: redis-aof-guard {directory} --aside; mv {aside}/* {directory}/")
    return 0


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
        say(f"{NOTICE}behind the damage: {told(writes(rest))}")
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
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--repair", action="store_true", help="cut a torn tail off; never while Redis runs")
    what.add_argument("--mend", action="store_true", help="cut the file before its damage, and say what that costs")
    what.add_argument("--aside", action="store_true", help="move everything that Redis keeps aside")
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    try:
        if not (arguments.mend or arguments.aside):
            return look(directory, repair=arguments.repair)
        if is_in_use(directory):
            say(f"{directory} is in use, nothing was changed: stop what uses it first (systemctl stop redis-server)")
            return 1
        return mend(directory) if arguments.mend else put_aside(directory)
    except OSError as problem:
        say(
            f"{ALERT}ALERT: Redis' append-only file cannot be looked at or repaired ({problem}); "
            "tried again at the next start"
        )
        return TRY_AGAIN


if __name__ == "__main__":
    sys.exit(main())
