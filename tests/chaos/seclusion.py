"""A network of its own for the harness and all that it starts: rules for packets die with it, however it ends."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def enter() -> str | None:
    """Move this process into a new network that has a loopback and nothing else; return why that was not possible.

    To be called before any thread is started: a thread that runs stays where it is.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        if user == 0:
            os.unshare(os.CLONE_NEWNET)
        else:
            os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
            for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
                Path("/proc/self", name).write_text(text)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network of its own: {error}"
    return None


def alone() -> bool:
    """Return whether this process lives in a network that has nothing but a loopback."""
    # /sys shows the network that it was mounted in, /proc the reader's own.
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    return [line.partition(":")[0].strip() for line in lines] == ["lo"]
