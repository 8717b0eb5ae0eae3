#!/usr/bin/python
"""Ansible module: the running Redis holds as many keys as a proof found, once it has loaded."""

from __future__ import annotations

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.redis_copy import CopyError, Redis

DOCUMENTATION = """
module: backup_keys
short_description: Wait until Redis has loaded, and count
options:
  port: {description: Redis' TCP port., type: int, required: true}
  user: {description: ACL user with all rights., type: str, required: true}
  password: {description: Its password., type: str, required: true}
  expected: {description: How many keys there must be., type: int, required: true}
  timeout: {description: Seconds it may take to load., type: int, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: All there
  backup_keys: {port: 6379, user: ops, password: "{{ password }}", expected: 120, timeout: 600}
"""

RETURN = """
key_count: {description: How many there are., returned: success, type: int}
"""


def loaded(redis: Redis, *, timeout: float) -> int:
    """Ask until it answers; how many keys there are.

    Raises:
        CopyError: It did not answer in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return redis.keys()
        except CopyError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def main() -> None:
    """Count."""
    module = AnsibleModule(
        argument_spec={
            "port": {"type": "int", "required": True},
            "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "expected": {"type": "int", "required": True},
            "timeout": {"type": "int", "required": True},
        },
        supports_check_mode=True,
    )
    wanted: dict[str, Any] = module.params
    redis = Redis(port=wanted["port"], user=wanted["user"], password=wanted["password"])
    try:
        keys = loaded(redis, timeout=wanted["timeout"])
    except CopyError as problem:
        module.fail_json(msg=f"Restore: the restored Redis does not answer: {problem}; the node stays stopped.")
    if keys != wanted["expected"]:
        module.fail_json(
            msg=f"Restore: Redis holds {keys} keys, the archive {wanted['expected']}; the node stays stopped. "
            "See journalctl -u redis-server; the former data was kept beside it."
        )
    module.exit_json(changed=False, key_count=keys)


if __name__ == "__main__":
    main()
