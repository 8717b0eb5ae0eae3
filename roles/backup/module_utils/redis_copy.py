"""A copy of the data of a running Redis, proven whole: what backup, restore and the upgrade check share."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REWRITE_PERCENTAGE = "100"
"""What the redis role's configuration says; a copy that was killed must not leave rewrites switched off for ever."""
LARGEST_TAIL = 1024 * 1024
"""Bytes of a record that was being written while its file was copied; more than that is damage."""
TRIES = 5


class CopyError(Exception):
    """One complete sentence for the operator: what, why, and what to do."""


class Redis:
    """The Redis of this host, asked through redis-cli without a password in any argument list."""

    def __init__(self, *, port: int, user: str, password: str) -> None:
        """Take where it is and who asks."""
        self._argv = ["/usr/bin/redis-cli", "-h", "127.0.0.1", "-p", str(port)]
        self._login = f"AUTH {user} {password}\n"

    def ask(self, *command: str) -> list[str]:
        """Run one command and return the lines of its answer.

        Raises:
            CopyError: No server answers, or it refuses.
        """
        said = f"{self._login}{' '.join(command)}\n"
        done = subprocess.run(  # noqa: S603 - Debian's redis-cli
            self._argv, input=said, text=True, capture_output=True, check=False
        )
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        if done.returncode != 0 or not lines or lines[0] != "OK":
            answer = (done.stderr or done.stdout).strip() or "no answer"
            raise CopyError(f"Redis does not let the admin user in ({answer}); run the redis role first: make deploy")
        if lines[1:2] and lines[1].startswith(("ERR", "NOPERM", "LOADING", "MISCONF")):
            raise CopyError(f"Redis refuses {command[0]}: {lines[1]}")
        return lines[1:]

    def setting(self, name: str) -> str:
        """Return one value of the running configuration."""
        return self.ask("CONFIG", "GET", name)[-1]

    def info(self, section: str) -> dict[str, str]:
        """Return the `name:value` lines of a section of INFO."""
        return dict(line.split(":", 1) for line in self.ask("INFO", section) if ":" in line)

    def keys(self) -> int:
        """Return how many keys it holds."""
        return sum(int(value.split("keys=")[1].split(",")[0]) for value in self.info("keyspace").values())


@contextmanager
def no_rewrites(redis: Redis, *, timeout: float) -> Iterator[None]:
    """Keep the append-only file from being rewritten, which would remove files while they are linked (redis docs)."""
    redis.ask("CONFIG", "SET", "auto-aof-rewrite-percentage", "0")
    try:
        deadline = time.monotonic() + timeout
        while True:
            state = redis.info("persistence")
            if state["aof_rewrite_in_progress"] == state["aof_rewrite_scheduled"] == "0":
                break
            if time.monotonic() > deadline:
                raise CopyError(f"Redis is still rewriting its append-only file after {timeout:g} s; run again later")
            time.sleep(0.1)
        yield
    finally:
        redis.ask("CONFIG", "SET", "auto-aof-rewrite-percentage", REWRITE_PERCENTAGE)


def copy_redis(redis: Redis, target: Path, *, timeout: float) -> None:
    """Copy append-only files and snapshot of the running server into an empty directory on the same file system.

    The base is a hard link (never written again), what is appended to is copied; Redis is stopped for no moment.

    Raises:
        CopyError: There is no append-only file, or the copy is not whole.
    """
    if redis.info("persistence")["aof_enabled"] != "1":
        raise CopyError("Redis keeps no append-only file; run the redis role first: make deploy")
    data = Path(redis.setting("dir"))
    source = data / redis.setting("appenddirname")
    name = redis.setting("appendfilename")
    snapshot = data / redis.setting("dbfilename")
    copied = target / source.name
    with no_rewrites(redis, timeout=timeout):
        for _ in range(TRIES):
            shutil.rmtree(copied, ignore_errors=True)
            copied.mkdir(mode=0o700)
            manifest = (source / f"{name}.manifest").read_text()
            try:
                for file in _named(manifest):
                    _take(source / file, copied / file)
            except FileNotFoundError:
                continue
            (copied / f"{name}.manifest").write_text(manifest)
            # Somebody may ask for a rewrite by hand.
            if (source / f"{name}.manifest").read_text() == manifest:
                break
        else:
            raise CopyError("the append-only file was rewritten again and again while it was copied; run again later")
    if snapshot.is_file():
        os.link(snapshot, target / snapshot.name)
    whole(copied / f"{name}.manifest", trim=True)


def _named(manifest: str) -> list[str]:
    # redis src/aof.c: `file NAME seq N type b|i|h`; history files wait for their removal.
    words = [line.split() for line in manifest.splitlines() if line.startswith("file ")]
    return [line[1] for line in words if line[5] != "h"]


def _take(source: Path, target: Path) -> None:
    if ".base." in source.name:
        os.link(source, target)
    else:
        shutil.copyfile(source, target)


def whole(manifest: Path, *, trim: bool = False) -> None:
    """Prove that an append-only file can be read to its end.

    Args:
        manifest: Its manifest.
        trim: Cut a last record that was being written; never more than LARGEST_TAIL.

    Raises:
        CopyError: It cannot.
    """
    for fix in ([], ["--fix"]) if trim else ([],):
        before = sum(file.stat().st_size for file in manifest.parent.iterdir())
        done = subprocess.run(  # noqa: S603 - Debian's redis-check-aof
            ["/usr/bin/redis-check-aof", *fix, str(manifest)], input="y\n", text=True, capture_output=True, check=False
        )
        lost = before - sum(file.stat().st_size for file in manifest.parent.iterdir())
        if lost > LARGEST_TAIL:
            raise CopyError(f"the append-only file is damaged {lost} bytes before its end; see docs/backup.md, Damage")
        if done.returncode == 0:
            return
    raise CopyError(f"the append-only file is damaged: {' '.join(done.stdout.split())[-300:]}; see docs/backup.md")


def count_keys(directory: Path, *, appenddirname: str, appendfilename: str, timeout: float) -> int:
    """Load a copy into a throw-away server that nobody can reach but over a socket in the directory; its key count.

    Raises:
        CopyError: It does not load.
    """
    sock = directory / "proof.sock"
    options = {
        "port": "0",
        "unixsocket": str(sock),
        "dir": str(directory),
        "appendonly": "yes",
        "appenddirname": appenddirname,
        "appendfilename": appendfilename,
        "aof-load-truncated": "no",
        "auto-aof-rewrite-percentage": "0",
        "save": "",
        "daemonize": "no",
        "logfile": "",
    }
    argv = ["/usr/bin/redis-server", *(word for name, value in options.items() for word in (f"--{name}", value))]
    with subprocess.Popen(  # noqa: S603 - Debian's redis-server
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            deadline = time.monotonic() + timeout
            while time.monotonic() < deadline:
                if server.poll() is not None:
                    said = server.stdout.read() if server.stdout else ""
                    raise CopyError(f"the copy does not load: {said.strip()[-300:]}")
                answer = subprocess.run(  # noqa: S603 - Debian's redis-cli
                    ["/usr/bin/redis-cli", "-s", str(sock), "DBSIZE"], text=True, capture_output=True, check=False
                ).stdout.strip()
                if answer.isdigit():
                    return int(answer)
                time.sleep(0.1)
            raise CopyError(f"the copy was not loaded within {timeout:g} s")
        finally:
            server.kill()
            server.wait()
            sock.unlink(missing_ok=True)


def sha256(file: Path) -> str:
    """Hash of a file, read in pieces."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
