#!/usr/bin/python
"""Ansible module: what a deploy would find and change on a host, told before anything is touched."""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import socket
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: tradingnode_outlook
short_description: Release, disk, clock, pending reboot, holder of the trader id and coming changes of a host
description:
  - Looks and changes nothing. C(problems) are reasons not to deploy, C(notes) are told to the operator.
options:
  root: {description: Directory of the releases., type: path, required: true}
  generation: {description: The generation that the node runs., type: path, required: true}
  unit: {description: systemd unit of the node., type: str, required: true}
  env_file: {description: The node's settings; only names of variables are told., type: path, required: true}
  env:
    description:
      - What would be written there.
      - It is no part of C(files), because Ansible writes nested secrets of several lines to the journal.
    type: str
    required: true
  files:
    description: What else would be written, as {path, text}.
    type: list
    elements: dict
    default: []
  redis_port: {description: Port of Redis on the host., type: int}
  redis_user: {description: Redis user of the node., type: str}
  redis_password: {description: Its new password., type: str}
  trader_id: {description: Whose lease is looked at., type: str}
  controller_time: {description: Seconds since 1970 on the controller when the module was sent., type: float}
  least_free_mb: {description: Free disk space in megabytes below which nothing is deployed., type: int, default: 2000}
  most_clock_offset: {description: Seconds that the clock may be off., type: float, default: 0.5}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Outlook
  tradingnode_outlook:
    root: /opt/tradingnode
    generation: /etc/tradingnode/generations/main/current
    unit: tradingnode.service
    env_file: /etc/tradingnode/main.env
    env: "{{ lookup('ansible.builtin.template', 'instance.env.j2') }}"
"""

RETURN = """
release: {description: Release that `current` points to; empty when there is none., returned: always, type: str}
problems: {description: Why nothing should be deployed now., returned: always, type: list}
notes: {description: What an operator should know., returned: always, type: list}
changes: {description: What a deploy would change in the files., returned: always, type: list}
"""

MEGABYTE = 1_000_000
# A module is on its way for a while: a busy host with a slow line takes seconds to begin.
WAY_SECONDS = 20.0
# noderun renews its lease every 2 s (noderun/fencing.py).
LEASE_LOOK_SECONDS = 5.0
# chronyc(1), tracking: the system time's offset in seconds; the last field is the leap status.
CHRONY_OFFSET = 4
REBOOT_MARKS = ("/run/reboot-required", "/var/run/reboot-required")
LONGEST_DIFF = 20


def release(links: list[Path]) -> str:
    """Name of the release that the first of the links leads to."""
    return next((link.resolve().name for link in links if link.exists()), "")


def disk_problems(root: Path, least_mb: int) -> list[str]:
    """File systems that a deploy or the node would fill."""
    found = {}
    for wanted in (root, Path("/etc"), Path("/var/lib"), Path("/var/log")):
        place = next(path for path in (wanted, *wanted.parents) if path.exists())
        free = shutil.disk_usage(place).free // MEGABYTE
        if free < least_mb:
            found.setdefault(
                place.stat().st_dev, f"{place} has {free} MB free, a deploy needs {least_mb} MB: make room"
            )
        inodes = os.statvfs(place)
        if inodes.f_files and inodes.f_favail < inodes.f_files // 100:
            found.setdefault((place.stat().st_dev, "inodes"), f"{place} has no inodes left: remove files")
    return list(found.values())


def clock(module: AnsibleModule) -> tuple[list[str], list[str]]:
    """Problems and notes about the clock: chrony's own measurement, and the controller's clock as a rough check."""
    most, problems, notes = module.params["most_clock_offset"], [], []
    fix = "see `chronyc tracking` on the host; exchanges refuse orders with a wrong time"
    chronyc = module.get_bin_path("chronyc")
    code, out, _ = module.run_command([chronyc, "-c", "tracking"]) if chronyc else (1, "", "")
    fields = out.strip().split(",")
    if code != 0 or fields[-1] == "Not synchronised":
        notes.append("no time server keeps its clock right (base_time_enabled, chronyc tracking)")
    elif abs(offset := float(fields[CHRONY_OFFSET])) > most:
        problems.append(f"its clock is {offset:.3f} s off, more than {most:g} s: {fix}")
    if module.params["controller_time"] is not None:
        ahead = time.time() - module.params["controller_time"]
        if ahead < -most - 1 or ahead > WAY_SECONDS + most:
            problems.append(f"its clock is about {ahead:+.0f} s away from the controller's: {fix}")
    return problems, notes


def reboot_note() -> list[str]:
    """Whether the host waits for a reboot, and for which packages."""
    mark = next((Path(mark) for mark in REBOOT_MARKS if Path(mark).exists()), None)
    if mark is None:
        return []
    packages = Path(f"{mark}.pkgs")
    named = sorted(set(packages.read_text().split())) if packages.exists() else []
    return [f"waits for a reboot{' (' if named else ''}{', '.join(named)}{')' if named else ''}"]


def lease(module: AnsibleModule) -> dict[str, Any] | None:
    """Who holds the trader id in this host's Redis; None for nobody, or when Redis cannot be asked (yet)."""
    wanted, program = module.params, module.get_bin_path("redis-cli")
    if program is None or not wanted["redis_password"]:
        return None
    argv = [program, "-h", "127.0.0.1", "-p", str(wanted["redis_port"]), "--user", wanted["redis_user"]]
    code, out, _ = module.run_command(
        [*argv, "--no-auth-warning", "--raw", "GET", f"trader-{wanted['trader_id']}:lease"],
        environ_update={"REDISCLI_AUTH": wanted["redis_password"]},
    )
    try:
        found = json.loads(out) if code == 0 else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"host", "pid"} <= found.keys() else None


def other_holder(module: AnsibleModule) -> list[str]:
    """A node that is not this unit's and that trades for the same trader id with this Redis."""
    seen = lease(module)
    if seen is None:
        return []
    _, out, _ = module.run_command(["systemctl", "show", module.params["unit"], "--property=MainPID", "--value"])
    if (seen["host"], str(seen["pid"])) == (socket.gethostname(), out.strip()):
        return []
    # A holder that died renews nothing.
    deadline = time.monotonic() + LEASE_LOOK_SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.5)
        now = lease(module)
        if now is None:
            return []
        if now != seen:
            who = f"process {now['pid']} on {now['host']} trades for {module.params['trader_id']} with this Redis"
            fix = "stop that one, or choose another tradingnode_trader_id"
            return [f"{who} and is not {module.params['unit']}: {fix}"]
    return []


def variables(text: str) -> dict[str, str]:
    """Variables of an env file as the role writes it, one a line."""
    return dict(line.split("=", 1) for line in text.splitlines() if re.match(r"[A-Za-z_]\w*=", line))


def changes(path: Path, text: str | None, *, secret: bool) -> list[str]:
    """What would change in one file; of a secret one no value."""
    before = path.read_text() if path.exists() else None
    if text == before:
        return []
    if before is None or text is None:
        return [f"{path.name}: {'new' if before is None else 'removed'}"]
    if not secret:
        lines = list(difflib.unified_diff(before.splitlines(), text.splitlines(), lineterm="", n=0))[2:]
        shown = [line for line in lines if not line.startswith("@@")]
        rest = [f"… {len(shown) - LONGEST_DIFF} more lines"] if len(shown) > LONGEST_DIFF else []
        return [f"{path.name}: {line}" for line in [*shown[:LONGEST_DIFF], *rest]]
    old, new = variables(before), variables(text)
    told = {"added": new.keys() - old.keys(), "removed": old.keys() - new.keys()}
    told["changed"] = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    words = [f"{', '.join(sorted(names))} {how}" for how, names in told.items() if names]
    return [f"{path.name}: {'; '.join(words) or 'other words, same settings'}"]


def main() -> None:
    """Look."""
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "generation": {"type": "path", "required": True},
            "unit": {"type": "str", "required": True},
            "env_file": {"type": "path", "required": True},
            "env": {"type": "str", "required": True, "no_log": True},
            "files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "path": {"type": "path", "required": True},
                    "text": {"type": "str"},
                },
            },
            "redis_port": {"type": "int"},
            "redis_user": {"type": "str"},
            "redis_password": {"type": "str", "no_log": True},
            "trader_id": {"type": "str"},
            "controller_time": {"type": "float"},
            "least_free_mb": {"type": "int", "default": 2000},
            "most_clock_offset": {"type": "float", "default": 0.5},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    root = Path(wanted["root"])
    problems, notes = clock(module)
    problems += disk_problems(root, wanted["least_free_mb"]) + other_holder(module)
    told = changes(Path(wanted["env_file"]), wanted["env"], secret=True)
    for file in wanted["files"]:
        told += changes(Path(file["path"]), file["text"] or None, secret=False)
    module.exit_json(
        changed=False,
        release=release([Path(wanted["generation"], "release"), root / "current"]),
        problems=problems,
        notes=notes + reboot_note(),
        changes=told,
    )


if __name__ == "__main__":
    main()
