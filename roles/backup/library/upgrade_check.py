#!/usr/bin/python
"""Ansible module: a new release reads a copy of the live state, cut off from every venue, as the running one does."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.redis_copy import CopyError, Redis, copy_redis

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTATION = """
module: upgrade_check
short_description: Compare what two releases read from one copy of the live Redis data
description:
  - The copy is served by a throw-away Redis in a transient unit with a network of its own, where there is nothing but
    its loopback. Both releases read it there. The live Redis, the node and the venue notice nothing.
options:
  port: {description: Redis' TCP port., type: int, required: true}
  user: {description: ACL user with all rights., type: str, required: true}
  password: {description: Its password., type: str, required: true}
  current: {description: The running release., type: path, required: true}
  release: {description: The new release., type: path, required: true}
  always: {description: Also where both have the same nautilus_trader., type: bool, required: true}
  instance: {description: The instance., type: str, required: true}
  env_file: {description: Its settings., type: path, required: true}
  timeout: {description: Seconds each step may take., type: int, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Upgrade check
  upgrade_check:
    port: 6379
    user: ops
    password: "{{ password }}"
    current: /opt/tradingnode/current
    release: /opt/tradingnode/releases/0.2.0-0123456789ab
    always: false
    instance: main
    env_file: /etc/tradingnode/main.env
    timeout: 600
"""

RETURN = """
checked: {description: Whether there was something to compare., returned: success, type: bool}
text: {description: What was found out., returned: success, type: str}
"""

KINDS = ("accounts", "orders", "positions")
SHOWN = 10
COMMON = (
    "PrivateNetwork=yes",
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateDevices=yes",
    "CapabilityBoundingSet=",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "LimitCORE=0",
    "UMask=0077",
)


def nautilus(release: Path) -> str | None:
    """Version of nautilus_trader in a release; None where there is none."""
    found = sorted(release.glob("lib/python3*/site-packages/nautilus_trader-*.dist-info"))
    return found[0].name.split("-")[1].removesuffix(".dist") if found else None


def systemd_run(*argv: str, properties: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a program in a transient unit."""
    options = [f"--property={name}" for name in (*COMMON, *properties)]
    return subprocess.run(  # noqa: S603 - systemd's own
        ["/usr/bin/systemd-run", "--quiet", "--collect", *options, *argv],
        text=True,
        capture_output=True,
        check=False,
        timeout=timeout,
    )


@contextmanager
def served(wanted: dict[str, Any], place: Path, redis: Redis, unit: str) -> Iterator[None]:
    """Serve a copy under the same port, users and passwords as the live one, where nobody else can reach it."""
    options = {
        "bind": "127.0.0.1",
        "port": str(wanted["port"]),
        "dir": str(place),
        "aclfile": "/etc/redis/users.acl",
        "appendonly": "yes",
        "appenddirname": redis.setting("appenddirname"),
        "appendfilename": redis.setting("appendfilename"),
        "auto-aof-rewrite-percentage": "0",
        "save": "",
        "supervised": "systemd",
        "logfile": "",
    }
    started = systemd_run(
        f"--unit={unit}",
        "--service-type=notify",
        "/usr/bin/redis-server",
        *(word for name, value in options.items() for word in (f"--{name}", value)),
        properties=[
            "User=redis",
            "Group=redis",
            f"ReadWritePaths={place}",
            f"TimeoutStartSec={wanted['timeout']}",
            f"RuntimeMaxSec={3 * wanted['timeout']}",
        ],
        timeout=wanted["timeout"] + 30,
    )
    try:
        if started.returncode != 0:
            raise CopyError(f"the throw-away Redis does not start: {started.stderr.strip()}; see journalctl -u {unit}")
        yield
    finally:
        subprocess.run(  # noqa: S603 - systemd's own
            ["/usr/bin/systemctl", "stop", unit], check=False, capture_output=True
        )


def read(wanted: dict[str, Any], release: Path, unit: str) -> dict[str, Any] | None:
    """What a release reads; None when it is too old to be asked.

    Raises:
        CopyError: It cannot read it.
    """
    done = systemd_run(
        "--wait",
        "--pipe",
        str(release / "bin/noderun"),
        "cache",
        "dump",
        f"--instance={wanted['instance']}",
        "--env-file=${CREDENTIALS_DIRECTORY}/tradingnode.env",
        properties=[
            f"JoinsNamespaceOf={unit}.service",
            "User=tradingnode",
            "Group=tradingnode",
            "PrivateTmp=yes",
            "WorkingDirectory=/tmp",
            f"LoadCredential=tradingnode.env:{wanted['env_file']}",
            f"RuntimeMaxSec={wanted['timeout']}",
        ],
        timeout=wanted["timeout"] + 30,
    )
    if "No such command" in done.stderr:
        return None
    try:
        document: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        said = " ".join((done.stderr or done.stdout).split())[-600:]
        raise CopyError(
            f"release {release.name} cannot read the present state (exit code {done.returncode}): {said}"
        ) from None
    return document


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Every record that two releases read differently, in one line each."""
    found: list[str] = []
    for kind in KINDS:
        for name in sorted(old[kind].keys() | new[kind].keys()):
            before, after = (document[kind].get(name) for document in (old, new))
            if before == after:
                continue
            if before is None or after is None:
                found.append(
                    f"{kind} {name}: {'cannot be read by' if after is None else 'only read by'} the new release"
                )
                continue
            # A field that only one of them tells is no difference in the state.
            parts = [f for f in sorted(before.keys() & after.keys()) if before[f] != after[f]]
            found += [f"{kind} {name}: {part} was {before[part]}, would be {after[part]}" for part in parts]
    return found


def check(wanted: dict[str, Any]) -> tuple[bool, str]:
    """Compare, where there is something to compare.

    Raises:
        CopyError: The new release must not take over.
    """
    current, release = Path(wanted["current"]).resolve(), Path(wanted["release"]).resolve()
    if not current.is_dir() or not Path(wanted["env_file"]).is_file():
        return False, "no release runs yet"
    versions = nautilus(current), nautilus(release)
    if versions[0] == versions[1] and not wanted["always"]:
        return False, f"both releases have nautilus_trader {versions[0]}"
    redis = Redis(port=wanted["port"], user=wanted["user"], password=wanted["password"])
    unit = f"tradingnode-upgrade-check-{wanted['instance']}"
    with tempfile.TemporaryDirectory(prefix=".upgrade-check-", dir=redis.setting("dir")) as name:
        place = Path(name)
        copy_redis(redis, place, timeout=wanted["timeout"])
        for one in [place, *place.rglob("*")]:
            shutil.chown(one, "redis", "redis")
        with served(wanted, place, redis, unit):
            new = read(wanted, release, unit)
            old = read(wanted, current, unit)
    if new is None:
        raise CopyError(f"release {release.name} has no `noderun cache dump`; build it from a newer checkout")
    counts = ", ".join(f"{len(new[kind])} {kind}" for kind in KINDS)
    head = f"nautilus_trader {versions[0]} -> {versions[1]}: {counts}"
    unread = [f"{kind} {name}" for kind in KINDS for name, record in new[kind].items() if record is None]
    found = differences(old, new) if old is not None else [f"{name}: cannot be read" for name in unread]
    if found:
        more = f" … and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise CopyError(f"{head}; the new release reads the state differently: {'; '.join(found[:SHOWN])}{more}")
    if old is None:
        return True, f"{head}, all read by the new release; the running one is too old to be compared with"
    return True, f"{head}, read by both alike"


def main() -> None:
    """Check."""
    module = AnsibleModule(
        argument_spec={
            "port": {"type": "int", "required": True},
            "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "current": {"type": "path", "required": True},
            "release": {"type": "path", "required": True},
            "always": {"type": "bool", "required": True},
            "instance": {"type": "str", "required": True},
            "env_file": {"type": "path", "required": True},
            "timeout": {"type": "int", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        checked, text = check(module.params)
    except CopyError as problem:
        module.fail_json(msg=f"Upgrade check: {problem}. The running release was left alone.")
    except subprocess.TimeoutExpired:
        module.fail_json(
            msg=f"Upgrade check: not done within {module.params['timeout']} s; raise backup_timeout. "
            "The running release was left alone."
        )
    module.exit_json(changed=False, checked=checked, text=text)


if __name__ == "__main__":
    main()
