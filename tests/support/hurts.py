"""What tests do to a lab host: cut its power, tear its file, move its clock, fill its disks."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.lab import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.lab import Host

REDIS: Final = "/var/lib/redis"
_DISKS: Final = Path("/var/lib/tradingnode-lab")
_AOF: Final = "appendonlydir/appendonly.aof.*.incr.aof"
_CLOCK: Final = "/etc/systemd/system/tradingnode.service.d/70-clock.conf"
_FAKETIME: Final = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def power_off(checkout: Path, *, name: str = "lab1", environment: str = "testnet") -> None:
    """Kill a host as a power cut would; its disk stays."""
    playbook = (".venv/bin/ansible-playbook", "-i", f"inventory/{environment}", "playbooks/lab.yml")
    run(checkout, *playbook, "-e", "lab_host_state=killed", "-l", name)


def boots(host: Host) -> int:
    """How often the host was started."""
    return len(host.ssh("journalctl --list-boots --quiet --no-pager").stdout.splitlines())


def tear(lab: str) -> int:
    """End Redis' file of the host lab1, which is off, in the middle of the last fill; the bytes that are gone."""
    place = _DISKS / lab / "lab1/upper" / REDIS[1:]
    (file,) = as_root("sh", "-c", f"ls {place}/{_AOF}").split()
    found = as_root("grep", "--byte-offset", "--only-matching", "--text", "OrderFilled", file).split()
    end = int(found[-1].partition(":")[0]) + 4
    size = int(as_root("stat", "--format=%s", file))
    as_root("truncate", f"--size={end}", file)
    return size - end


def as_root(*argv: str) -> str:
    """Run a program on this machine as root; what it printed."""
    command = argv if os.geteuid() == 0 else ("sudo", "-n", *argv)
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout


@contextmanager
def movable_clock(host: Host) -> Iterator[Callable[[int], object]]:
    """Give the node a wall clock that a call sets ahead by so many seconds; the monotonic clock stays.

    A lab host shares the kernel's clock with this machine, and `date -s` would move every host's. libfaketime moves it
    for the node's processes, upstream's Rust included, while they run. Redis is left out: it hangs under libfaketime.
    """

    def move(seconds: int) -> object:
        return host.ssh(f"echo {seconds:+d} > /etc/faketimerc")

    settings = f"LD_PRELOAD={_FAKETIME} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1"
    host.ssh("apt-get -qq --yes --no-install-recommends install libfaketime", timeout=600)
    move(0)
    host.ssh(f"mkdir -p {Path(_CLOCK).parent} && printf '[Service]\nEnvironment={settings}\n' > {_CLOCK}")
    host.ssh("systemctl daemon-reload && systemctl restart tradingnode", timeout=200)
    try:
        yield move
    finally:
        move(0)
        host.ssh(f"rm {_CLOCK}; systemctl daemon-reload; systemctl restart tradingnode", timeout=200)


@contextmanager
def small_disks(host: Host, *places: str, spare_mb: int) -> Iterator[None]:
    """Put each directory on a file system of its own with so much room to spare; back on the host's disk afterwards."""
    units = "tradingnode redis-server"
    host.ssh(f"systemctl stop {units}", timeout=120)
    for number, place in enumerate(places):
        small = f"/mnt/small-{number}"
        host.ssh(
            f"mkdir -p {small} && mount -t tmpfs -o size=$(($(du -sm {place} | cut -f1) + {spare_mb}))m x {small} && "
            f"cp -a {place}/. {small}/ && chown --reference={place} {small} && chmod --reference={place} {small} && "
            f"mount --bind {small} {place}"
        )
    host.ssh(f"systemctl start redis-server && systemctl start {units}", timeout=200)
    try:
        yield
    finally:
        host.ssh(f"systemctl stop {units}", timeout=120)
        for number, place in enumerate(places):
            small = f"/mnt/small-{number}"
            host.ssh(f"rm -f {small}/filler; umount --lazy {place}; find {place} -mindepth 1 -delete")
            host.ssh(f"cp -a {small}/. {place}/ && umount {small}")
        host.ssh(f"systemctl reset-failed {units}; systemctl start {units}", timeout=200)


def fill(host: Host, *places: str) -> None:
    """Leave no byte free there."""
    for place in places:
        host.ssh(f"dd if=/dev/zero of={place}/filler bs=4k", check=False)
        assert host.ssh(f"df --output=avail {place} | tail -1").stdout.strip() == "0"


def free(host: Host, *places: str) -> None:
    """Make room again."""
    for place in places:
        host.ssh(f"rm {place}/filler")
