#!/usr/bin/python
"""Ansible module: everything a node would be missed for, as one encrypted archive on the host."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.redis_copy import CopyError, Redis, copy_redis, sha256

DOCUMENTATION = """
module: backup_make
short_description: Copy Redis, settings and state of a trading node into an encrypted archive
description:
  - Redis runs on meanwhile. The archive is encrypted to a public key on its way out of this process, so nothing
    readable is ever written but the copy itself, which only root can enter and which is removed.
options:
  port: {description: Redis' TCP port., type: int, required: true}
  user: {description: ACL user with all rights., type: str, required: true}
  password: {description: Its password., type: str, required: true}
  recipient: {description: age's public key., type: str, required: true}
  archive: {description: File to write., type: path, required: true}
  files: {description: Files by their name in the archive; absent ones are left out., type: dict, required: true}
  state: {description: Directory of the node's own state., type: path, required: true}
  state_excluded: {description: Names in it that are left out., type: list, elements: str, default: []}
  current: {description: Symlink to the release that runs., type: path, required: true}
  about: {description: What the manifest says besides., type: dict, required: true}
  timeout: {description: Seconds a running rewrite may take., type: int, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Archive
  backup_make:
    port: 6379
    user: ops
    password: "{{ password }}"
    recipient: age1…
    archive: /var/backups/tradingnode/main.tar.gz.age
    files: {main.env: /etc/tradingnode/main.env}
    state: /var/lib/tradingnode/main
    current: /opt/tradingnode/current
    about: {instance: main}
    timeout: 600
"""

RETURN = """
manifest: {description: What is in the archive., returned: success, type: dict}
size: {description: Bytes of the archive., returned: success, type: int}
"""

FORMAT = 1


def gather(wanted: dict[str, Any], redis: Redis, place: Path) -> dict[str, Any]:
    """Copy everything into a directory and return the manifest that describes it."""
    for part in ("redis", "node", "state"):
        (place / part).mkdir(mode=0o700)
    keys = redis.keys()
    copy_redis(redis, place / "redis", timeout=wanted["timeout"])
    for name, source in wanted["files"].items():
        if Path(source).is_file():
            shutil.copyfile(source, place / "node" / name)
    state = Path(wanted["state"])
    if state.is_dir():
        excluded = shutil.ignore_patterns(*wanted["state_excluded"])
        shutil.copytree(state, place / "state", ignore=excluded, dirs_exist_ok=True)
    current = Path(wanted["current"])
    files = sorted(file for file in place.rglob("*") if file.is_file())
    return {
        "format": FORMAT,
        **wanted["about"],
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "release": current.resolve().name if current.exists() else None,
        "redis": {
            "version": redis.info("server")["redis_version"],
            "appenddirname": redis.setting("appenddirname"),
            "appendfilename": redis.setting("appendfilename"),
            "dbfilename": redis.setting("dbfilename"),
            "keys_about": keys,
        },
        "files": {
            str(file.relative_to(place)): {"sha256": sha256(file), "size": file.stat().st_size} for file in files
        },
    }


def encrypt(place: Path, archive: Path, recipient: str) -> None:
    """Stream the directory through age into the archive; it has its name only when it is whole."""
    part = archive.with_name(f".{archive.name}.part")
    with subprocess.Popen(  # noqa: S603 - Debian's age
        ["/usr/bin/age", "--encrypt", "--recipient", recipient, "--output", str(part)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as age:
        try:
            with tarfile.open(fileobj=age.stdin, mode="w|gz") as tar:
                # The manifest first: what follows can be judged while it is read.
                tar.add(place / "manifest.json", arcname="manifest.json")
                for part_name in ("node", "state", "redis"):
                    tar.add(place / part_name, arcname=part_name)
        except BrokenPipeError:
            pass
        _, said = age.communicate()
    if age.returncode != 0:
        part.unlink(missing_ok=True)
        raise CopyError(f"age could not encrypt the archive: {said.decode(errors='replace').strip()}")
    # Only whoever has the identity can read it, so that the connecting user may fetch it.
    part.chmod(0o644)
    part.replace(archive)


def main() -> None:
    """Make the archive."""
    module = AnsibleModule(
        argument_spec={
            "port": {"type": "int", "required": True},
            "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "recipient": {"type": "str", "required": True},
            "archive": {"type": "path", "required": True},
            "files": {"type": "dict", "required": True},
            "state": {"type": "path", "required": True},
            "state_excluded": {"type": "list", "elements": "str", "default": []},
            "current": {"type": "path", "required": True},
            "about": {"type": "dict", "required": True},
            "timeout": {"type": "int", "required": True},
        },
        supports_check_mode=True,
    )
    wanted: dict[str, Any] = module.params
    redis = Redis(port=wanted["port"], user=wanted["user"], password=wanted["password"])
    archive = Path(wanted["archive"])
    try:
        data = Path(redis.setting("dir"))
        if module.check_mode:
            module.exit_json(changed=True, manifest={}, size=0)
        # On Redis' own file system, so that its base needs no second copy.
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=data) as name:
            place = Path(name)
            manifest = gather(wanted, redis, place)
            (place / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
            encrypt(place, archive, wanted["recipient"])
    except CopyError as problem:
        module.fail_json(msg=f"Backup: {problem}.")
    except OSError as problem:
        module.fail_json(msg=f"Backup: {problem.filename or archive}: {problem.strerror}; see df -h {data}.")
    module.exit_json(changed=True, manifest=manifest, size=archive.stat().st_size)


if __name__ == "__main__":
    main()
