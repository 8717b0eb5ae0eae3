"""A node without more memory: systemd's limit where the kernel enforces it, else a memory group of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.rehearsal.fault import Fault, NotHere, Proof, healed, proven
from tests.support.hurts import as_root
from tests.support.lab import wait_for

if TYPE_CHECKING:
    from tests.rehearsal.fault import Scene

_ENFORCED: Final = "/sys/fs/cgroup/system.slice/tradingnode.service/memory.max"
_LIMIT: Final = 64 * 1024 * 1024
"""Bytes; a node needs some 300 MB."""
_GROUPS: Final = Path("/sys/fs/cgroup/memory")
_MORE: Final = 1024 * 1024
"""Bytes that a process may still take from the kernel in a group of cgroup v1; what it has, it keeps."""


def _starve(scene: Scene) -> Proof:
    if scene.host.ssh(f"test -e {_ENFORCED}", check=False).returncode == 0:
        return _lower_the_limit(scene)
    if not (_GROUPS / "memory.limit_in_bytes").exists():
        raise NotHere(
            "neither the lab host's systemd nor this machine can limit a process's memory (no memory controller)"
        )
    return _join_a_small_group(scene)


def _lower_the_limit(scene: Scene) -> Proof:
    limit = scene.host.show("tradingnode", "MemoryMax")["MemoryMax"]
    with healed(lambda: scene.host.ssh(f"systemctl set-property --runtime tradingnode MemoryMax={limit}")):
        scene.host.ssh(f"systemctl set-property --runtime tradingnode MemoryMax={_LIMIT}")
        _wait_for_its_end(scene)
    return lambda: next(iter(scene.said("tradingnode", "oom-kill", "OOM killer")), None)


def _join_a_small_group(scene: Scene) -> Proof:
    # systemd in the host knows cgroup v2 only; the lab host's processes are this machine's too.
    group = _GROUPS / f"rehearsal-{scene.target.name}-{scene.first.pid}"
    process = _outside(scene)
    as_root("mkdir", "-p", str(group))
    with healed(lambda: as_root("rmdir", str(group))):
        as_root("sh", "-c", f"echo {_MORE} > {group}/memory.limit_in_bytes && echo {process} > {group}/cgroup.procs")
        try:
            _wait_for_its_end(scene)
            killed = "oom_kill 0" not in (group / "memory.oom_control").read_text()
        finally:
            # A group with a process in it cannot be removed.
            as_root("sh", "-c", f"for p in $(cat {group}/cgroup.procs); do echo $p > {_GROUPS}/cgroup.procs; done")
    return proven("the kernel's OOM killer (memory.oom_control)" if killed else None)


def _wait_for_its_end(scene: Scene) -> None:
    def over() -> bool:
        # It trades on in the memory that it has, until somebody asks for something big.
        scene.host.ssh("noderun dump --json > /dev/null", check=False)
        return scene.node().pid != scene.first.pid

    wait_for(over, within=60, what="the end of a node without memory")


def _outside(scene: Scene) -> int:
    space = scene.host.ssh(f"readlink /proc/{scene.first.pid}/ns/pid").stdout.strip()
    inner = f"NSpid:.*[[:space:]]{scene.first.pid}$"
    listed = as_root("sh", "-c", f"grep -lE '{inner}' /proc/[0-9]*/status 2> /dev/null || true").split()
    here = [place.split("/")[2] for place in listed]
    for process in here:
        if as_root("sh", "-c", f"readlink /proc/{process}/ns/pid || true").strip() == space:
            return int(process)
    raise NotHere("the node's process cannot be found on this machine: the lab host does not run here")


MEMORY_FAULTS: tuple[Fault, ...] = (
    Fault(
        name="memory",
        does="the node gets no more memory from the kernel",
        expects="the kernel ends it, and it comes back with its own limit",
        play=_starve,
    ),
)
