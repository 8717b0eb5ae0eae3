"""Control groups of a lab host of its own, where the controller has no systemd that would give it some.

Without them every host counts the processes of all hosts as its own: a unit that ends waits for its namesakes on the
others, 90 s each time, until systemd gives up ("Processes still around after SIGKILL").
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible.module_utils.lab import Machine

ENTER = 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs"; shift; done; shift; '
"""Shell: enter the groups that the arguments name, up to `--`, and drop them from the arguments."""

HIERARCHIES = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")


def cgroups(machine: Machine) -> list[Path]:
    """Where the host's processes are counted, in every hierarchy that its systemd uses."""
    mounted = [Path(place) for place in HIERARCHIES if Path(place, "cgroup.procs").exists()]
    return [place / f"lab-host-{machine.nspawn_name}" for place in mounted]


def leave(machine: Machine) -> None:
    """Remove the groups of a host that is off; what a process still uses stays."""
    for top in cgroups(machine):
        for group in sorted(top.glob("**/"), key=lambda path: len(path.parts), reverse=True):
            with contextlib.suppress(OSError):
                group.rmdir()
