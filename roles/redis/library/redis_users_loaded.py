#!/usr/bin/python
"""Ansible module: the users of users.acl are the users of the running Redis."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.redis_cli import RedisError, Server

DOCUMENTATION = """
module: redis_users_loaded
short_description: Make a running Redis read its ACL file again
description:
  - C(ACL LOAD) takes all or nothing and restarts nothing. Where the admin user's own password is what changed, the
    server does not let us in with the new one; C(restart_needed) says so.
options:
  port: {description: TCP port., type: int, required: true}
  user: {description: ACL user with all rights., type: str, required: true}
  password: {description: Its password., type: str, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Users
  redis_users_loaded: {port: 6379, user: ops, password: "{{ password }}"}
"""

RETURN = """
restart_needed: {description: The server did not let us in; a restart helps., returned: success, type: bool}
"""


def main() -> None:
    """Load the users."""
    module = AnsibleModule(
        argument_spec={
            "port": {"type": "int", "required": True},
            "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
        },
    )
    wanted: dict[str, Any] = module.params
    server = Server(module=module, port=wanted["port"], user=wanted["user"], password=wanted["password"])
    try:
        if not server.lets_in():
            module.exit_json(changed=False, restart_needed=True)
        answer = server.ask("ACL", "LOAD")
    except RedisError as problem:
        module.fail_json(msg=f"Redis: {problem}.")
    if answer != "OK":
        module.fail_json(msg=f"Redis refuses /etc/redis/users.acl and keeps its users: {answer}")
    module.exit_json(changed=True, restart_needed=False)


if __name__ == "__main__":
    main()
