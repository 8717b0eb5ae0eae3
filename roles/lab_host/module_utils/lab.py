"""What the lab modules share: the places on disk, running programs, finding a host's processes and mounts."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

# systemd's own request signals to PID 1 (systemd(1)): SIGRTMIN+4 starts poweroff.target.
POWEROFF_SIGNAL = signal.SIGRTMIN + 4

# Linux: IFNAMSIZ is 16 with the closing zero; systemd-nspawn puts "vb-" before the machine's name.
LONGEST_MACHINE_NAME = 15 - len("vb-")


class LabError(Exception):
    """One complete sentence for the operator: what, why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One lab host: its names and its places on the controller's disk."""

    state_dir: Path
    lab: str
    name: str

    @property
    def directory(self) -> Path:
        """Everything this host owns."""
        return self.state_dir / self.lab / self.name

    @property
    def rootfs(self) -> Path:
        """Where the overlay is mounted: the host's root."""
        return self.directory / "rootfs"

    @property
    def upper(self) -> Path:
        """What the host wrote: its disk."""
        return self.directory / "upper"

    @property
    def log(self) -> Path:
        """What the host said on its console."""
        return self.directory / "console.log"

    @property
    def nspawn_name(self) -> str:
        """Name for systemd-nspawn, short enough that `vb-<name>` stays the interface's whole name."""
        name = f"{self.lab}-{self.name}"
        if len(name) <= LONGEST_MACHINE_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()
        return f"{name[:5].rstrip('-')}-{digest[:6]}"

    @property
    def interface(self) -> str:
        """The host's end of its cable on the bridge."""
        return f"vb-{self.nspawn_name}"


def run(argv: Sequence[str], *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program and return its output.

    Raises:
        LabError: the program ended with another status than 0; the message holds its last words.
    """
    done = subprocess.run(argv, input=stdin, env=env, text=True, capture_output=True, check=False)  # noqa: S603 - fixed argv, no shell
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-8:]
        raise LabError(f"`{' '.join(argv)}` ended with status {done.returncode}: " + "; ".join(words))
    return done.stdout


def succeeds(argv: Sequence[str]) -> bool:
    """Whether a program ends with status 0."""
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed argv, no shell


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Poll a condition ten times a second; False when it did not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.1)
    return True


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold a directory's lock, so that two playbooks never build or heal the same thing at once."""
    while True:
        directory.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                if directory.stat().st_ino == os.fstat(descriptor).st_ino:
                    yield
                    return
            # Another one removed the directory while this one waited: its lock is worth nothing.
        finally:
            os.close(descriptor)


def pids() -> list[int]:
    """Every process number there is."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def arguments(pid: int) -> list[str]:
    """A process's argument list; empty when it is gone or a kernel thread."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    return []


def alive(pid: int) -> bool:
    """Whether a process still does something: not gone, and not just waiting to be reaped."""
    with contextlib.suppress(OSError, IndexError):
        # The name in parentheses may hold anything, also parentheses: read behind the last one.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False


def supervisors(machine: Machine) -> list[int]:
    """The controller's processes that keep this host running: systemd-nspawn and the loop around it."""
    sign = f"--directory={machine.rootfs}"
    return [pid for pid in pids() if sign in arguments(pid) and alive(pid)]


def is_nspawn(pid: int) -> bool:
    """Whether a supervisor is systemd-nspawn itself and not the loop around it."""
    return Path((arguments(pid) or [""])[0]).name == "systemd-nspawn"


def leader(machine: Machine) -> int | None:
    """The host's PID 1 as the controller sees it; None when the host is off.

    Known by its disk, so it is found also when systemd-nspawn, its parent, was killed and left it behind.
    """
    disk = f"upperdir={machine.upper},"
    for pid in pids():
        with contextlib.suppress(OSError, StopIteration):
            status = Path(f"/proc/{pid}/status").read_text().splitlines()
            numbers = next(line for line in status if line.startswith("NSpid:")).split()[1:]
            # Two process namespaces, the controller's and its own, in which it is the first.
            if len(numbers) != 2 or numbers[1] != "1" or not alive(pid):  # noqa: PLR2004 - explained above
                continue
            mounts = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
            if any(line.split()[4] == "/" and disk in line for line in mounts):
                return pid
    return None


def mounted(path: Path) -> bool:
    """Whether something is mounted exactly there."""
    return any(line.split()[4] == str(path) for line in Path("/proc/self/mountinfo").read_text().splitlines())


def unmount(path: Path) -> bool:
    """Unmount all that is mounted there, also when somebody still looks at it; whether there was anything."""
    found = False
    while mounted(path):
        found = True
        if not succeeds(["umount", "--recursive", str(path)]):
            run(["umount", "--recursive", "--lazy", str(path)])
    return found


def kill(pid: int) -> None:
    """End a process at once."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def cut_power(machine: Machine) -> bool:
    """End a host as a power cut would: nothing in it gets to say a word. Whether it was on."""
    keepers, first = supervisors(machine), leader(machine)
    if not keepers and first is None:
        return unmount(machine.rootfs)
    # The loop first, or it would start the host again; then PID 1, with which the kernel ends all others.
    for pid in keepers:
        if not is_nspawn(pid):
            kill(pid)
    if first is not None:
        kill(first)
    # systemd-nspawn then takes its cable away and ends, unless it is stuck.
    if not wait_until(lambda: not supervisors(machine), seconds=3):
        for pid in supervisors(machine):
            kill(pid)
    if not wait_until(lambda: not supervisors(machine) and leader(machine) is None, seconds=10):
        left = [*supervisors(machine), leader(machine)]
        raise LabError(f"processes {left} of lab host {machine.name} do not end; `ps -o pid,stat,wchan,args` shows why")
    # The kernel takes a dead host's cable away a moment later; a left one would be in the way of the next boot.
    cable = Path(f"/sys/class/net/{machine.interface}")
    if not wait_until(lambda: not cable.exists(), seconds=3):
        run(["ip", "link", "delete", machine.interface])
    unmount(machine.rootfs)
    return True


def power_off(machine: Machine, *, seconds: float) -> bool:
    """Shut a host down in order; whether it was on.

    Raises:
        LabError: it was still on after that many seconds.
    """
    first = leader(machine)
    if first is None:
        return cut_power(machine)
    with contextlib.suppress(ProcessLookupError):
        os.kill(first, POWEROFF_SIGNAL)
    if not wait_until(lambda: leader(machine) is None, seconds=seconds):
        raise LabError(
            f"lab host {machine.name} did not power off within {seconds:g} s; look at {machine.log}, raise "
            "lab_host_poweroff_timeout, or cut its power with lab_host_state=killed"
        )
    wait_until(lambda: not supervisors(machine), seconds=3)
    cut_power(machine)
    return True


def clear(machine: Machine) -> None:
    """Remove all a host that is off holds, but not its directory, whose lock the caller has."""
    unmount(machine.rootfs)
    for path in machine.directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def remove_disk(machine: Machine) -> bool:
    """Remove all that a host that is off left on the controller; whether there was anything."""
    if not machine.directory.is_dir():
        return False
    with locked(machine.directory):
        clear(machine)
        machine.directory.rmdir()
    return True
