"""A network of its own for the harness and all that it starts: rules for packets die with it, however it ends.

So do its names: the only resolver there is the one of names.py.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Final

_RESOLVER, _SWITCH = Path("/etc/resolv.conf"), Path("/etc/nsswitch.conf")
_OURS: Final = "# tests/chaos/names.py\nnameserver 127.0.0.1\n"
_HOSTS: Final = re.compile(r"^hosts:.*$", re.MULTILINE)


def enter() -> list[str]:
    """Move this process into a new network that has a loopback and nothing else; return what was not possible.

    To be called before any thread is started: a thread that runs stays where it is.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        if user == 0:
            os.unshare(os.CLONE_NEWNET | os.CLONE_NEWNS)
        else:
            os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET | os.CLONE_NEWNS)
            for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
                Path("/proc/self", name).write_text(text)
        _run("ip", "link", "set", "lo", "up")
    except (OSError, subprocess.CalledProcessError) as error:
        return [f"no network of its own: {error}"]
    try:
        _run("mount", "--make-rprivate", "/")
        _show(_RESOLVER, _OURS)
        # A resolver of the machine, asked by another way than the network, would know better.
        _show(_SWITCH, _HOSTS.sub("hosts: files dns", _SWITCH.read_text()))
    except (OSError, subprocess.CalledProcessError) as error:
        return [f"no names of its own: {error}"]
    return []


def alone() -> bool:
    """Return whether this process lives in a network that has nothing but a loopback."""
    # /sys shows the network that it was mounted in, /proc the reader's own.
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    return [line.partition(":")[0].strip() for line in lines] == ["lo"]


def named() -> bool:
    """Return whether names are looked up at our own resolver only."""
    return alone() and _RESOLVER.exists() and _RESOLVER.read_text() == _OURS


def _show(place: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        Path(file.name).chmod(0o644)
        _run("mount", "--bind", file.name, str(place))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
