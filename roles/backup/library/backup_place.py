#!/usr/bin/python
"""Ansible module: an opened archive takes the place of what is there, which is moved aside, never removed."""

from __future__ import annotations

import os
import pwd
import shutil
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: backup_place
short_description: Put restored data in the place of the present data
description:
  - Redis and the node must be stopped. Within one file system only, so every step is a rename. What was there is kept
    in one directory beside it.
options:
  place: {description: What backup_open made., type: path, required: true}
  data: {description: Redis' data directory., type: path, required: true}
  appenddirname: {description: Name of the append-only directory., type: str, required: true}
  dbfilename: {description: Name of the snapshot., type: str, required: true}
  state: {description: Directory of the node's own state., type: path, required: true}
  data_owner: {description: User and group of Redis' data., type: str, required: true}
  state_owner: {description: User and group of the node's state., type: str, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: In place
  backup_place:
    place: /var/lib/redis/.restore
    data: /var/lib/redis
    appenddirname: appendonlydir
    dbfilename: dump.rdb
    state: /var/lib/tradingnode/main
    data_owner: redis
    state_owner: tradingnode
"""

RETURN = """
kept: {description: Directories with what was there before., returned: success, type: list}
"""


def own(path: Path, name: str) -> None:
    """Give a file or a whole directory to a user and the group of the same account."""
    account = pwd.getpwnam(name)
    for one in [path, *(path.rglob("*") if path.is_dir() else ())]:
        os.chown(one, account.pw_uid, account.pw_gid)


def exchange(new: Path, target: Path, aside: Path) -> None:
    """Move what is there aside and put the new one in its place."""
    if target.exists():
        aside.mkdir(mode=0o700, exist_ok=True)
        target.rename(aside / target.name)
    if new.exists():
        new.rename(target)


def put(wanted: dict[str, Any]) -> list[str]:
    """Put everything in place; where the former things are."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    place, data, state = (Path(wanted[name]) for name in ("place", "data", "state"))
    redis_aside, state_aside = (parent / f"before-restore-{stamp}" for parent in (data, state))
    own(place / "redis", wanted["data_owner"])
    for name in (wanted["appenddirname"], wanted["dbfilename"]):
        exchange(place / "redis" / name, data / name, redis_aside)
    if not state.exists():
        state.mkdir(mode=0o700, parents=True)
        own(state, wanted["state_owner"])
    for new in sorted((place / "state").iterdir()):
        # The state may stand on another file system than Redis' data.
        beside = state / f".{new.name}.restored"
        shutil.rmtree(beside, ignore_errors=True)
        shutil.move(new, beside)
        own(beside, wanted["state_owner"])
        exchange(beside, state / new.name, state_aside)
    return [str(aside) for aside in (redis_aside, state_aside) if aside.exists()]


def main() -> None:
    """Put it in place."""
    module = AnsibleModule(
        argument_spec={
            "place": {"type": "path", "required": True},
            "data": {"type": "path", "required": True},
            "appenddirname": {"type": "str", "required": True},
            "dbfilename": {"type": "str", "required": True},
            "state": {"type": "path", "required": True},
            "data_owner": {"type": "str", "required": True},
            "state_owner": {"type": "str", "required": True},
        },
    )
    try:
        kept = put(module.params)
    except OSError as problem:
        module.fail_json(
            msg=f"Restore: {problem.filename}: {problem.strerror}. Redis and the node are stopped, nothing was "
            "removed; correct it and run the restore again."
        )
    module.exit_json(changed=True, kept=kept)


if __name__ == "__main__":
    main()
