"""Faults of want: the node's process gets no more memory, or no more descriptors."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.chaos.fault import Fault, Token
from tests.integration.node.world import eventually

if TYPE_CHECKING:
    from random import Random

    from tests.chaos.site import Site

_V1, _V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
_GROUP = f"chaos-{os.getpid()}"
_ROOM: Final = 4096
"""Bytes: what the process holds already counts where it was before."""
_SIGNS: Final = {
    resource.RLIMIT_AS: ("MemoryError", "memory allocation", "Cannot allocate memory", "can't start new thread"),
    resource.RLIMIT_NOFILE: ("Too many open files",),
}
"""What a process says that met its limit."""


def _group() -> Path | None:
    """Return a new cgroup with a limit of memory, None where there cannot be one."""
    for root, limit in ((_V1, "memory.limit_in_bytes"), (_V2, "memory.max")):
        group = root / _GROUP
        with contextlib.suppress(OSError):
            group.mkdir(exist_ok=True)
            (group / limit).write_text(str(_ROOM))
            return group
    return None


def _starve(site: Site, rng: Random) -> Token:
    del rng
    group, process = _group(), site.node.process
    assert process is not None
    if group is not None:
        (group / "cgroup.procs").write_text(str(process.pid))
    return group


def _killed_by_kernel(site: Site, token: Token) -> str | None:
    del site
    if token is None:
        return None
    told = next(path for name in ("memory.oom_control", "memory.events") if (path := token / name).exists())
    kills = dict(line.split() for line in told.read_text().splitlines())["oom_kill"]
    return f"the kernel killed {kills} for its memory" if int(kills) else None


def _feed(site: Site, token: Token) -> None:
    del site
    if token is not None:
        eventually(lambda: not (token / "cgroup.procs").read_text(), what="the group is empty")
        token.rmdir()


def _limit(site: Site, kind: int) -> Token:
    process = site.node.process
    assert process is not None
    before = resource.prlimit(process.pid, kind)
    resource.prlimit(process.pid, kind, (1, before[1]))
    return kind, process, before, len(site.node.log())


def _no_more_memory(site: Site, rng: Random) -> Token:
    del rng
    return _limit(site, resource.RLIMIT_AS)


def _no_more_descriptors(site: Site, rng: Random) -> Token:
    del rng
    token = _limit(site, resource.RLIMIT_NOFILE)
    # It has all that it needs until it must connect again.
    site.add_fault(kind="cut_socket")
    return token


def _met(site: Site, token: Token) -> str | None:
    kind, process, _, logged = token
    said = [sign for sign in _SIGNS[kind] if sign in site.node.log()[logged:]]
    ended = f", ended with {process.poll()}" if process.poll() is not None else ", lived on"
    return f"the node said {said[0]!r}{ended}" if said else None


def _lift(site: Site, token: Token) -> None:
    kind, process, before, _ = token
    site.clear_faults()
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, kind, before)
    # Whatever it does now that it can, it has begun to.
    time.sleep(1)


WANT_FAULTS: tuple[Fault, ...] = (
    Fault(
        name="out of memory, killed",
        row=6,
        inject=_starve,
        took_hold=_killed_by_kernel,
        heal=_feed,
        seconds=(5, 8),
    ),
    Fault(
        name="out of memory, refused",
        row=6,
        inject=_no_more_memory,
        took_hold=_met,
        heal=_lift,
        seconds=(15, 25),
    ),
    Fault(
        name="out of descriptors",
        row=27,
        inject=_no_more_descriptors,
        took_hold=_met,
        heal=_lift,
        seconds=(15, 25),
    ),
)
