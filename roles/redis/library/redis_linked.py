#!/usr/bin/python
"""Ansible module: a Redis that copies another one has everything of it, on disk, and follows it."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.redis_cli import RedisError, Server, fields, wait_until

DOCUMENTATION = """
module: redis_linked
short_description: Wait until a copy of another Redis is whole
description:
  - A copy that was never whole is worth nothing on the day it is needed, and Redis itself tries for ever in silence.
options:
  port: {description: TCP port., type: int, required: true}
  user: {description: ACL user with all rights., type: str, required: true}
  password: {description: Its password., type: str, required: true}
  timeout: {description: Seconds until it must be whole., type: int, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Whole
  redis_linked: {port: 6379, user: ops, password: "{{ password }}", timeout: 60}
"""

RETURN = """
offset: {description: How much of the other's stream it has, bytes., returned: success, type: int}
"""


def whole(server: Server) -> bool:
    """Whether the copy follows and its append-only file holds all of it."""
    link = fields(server.ask("INFO", "replication"))
    disk = fields(server.ask("INFO", "persistence"))
    return (
        link.get("master_link_status") == "up"
        and disk.get("loading") == "0"
        and disk.get("aof_enabled") == "1"
        and disk.get("aof_rewrite_in_progress") == disk.get("aof_rewrite_scheduled") == "0"
        and disk.get("aof_last_bgrewrite_status") == "ok"
    )


def last_words(module: AnsibleModule) -> str:
    """What Redis last told about the other one."""
    command = ["journalctl", "--unit=redis-server", "--lines=40", "--no-pager", "--output=cat"]
    _, out, _ = module.run_command(command)
    told = [line for line in out.splitlines() if any(word in line for word in ("MASTER", "SYNC", "TLS", "SSL"))]
    return "; ".join(told[-4:]) or "nothing"


def main() -> None:
    """Wait."""
    module = AnsibleModule(
        argument_spec={
            "port": {"type": "int", "required": True},
            "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "timeout": {"type": "int", "required": True},
        },
    )
    wanted: dict[str, Any] = module.params
    server = Server(module=module, port=wanted["port"], user=wanted["user"], password=wanted["password"])
    try:
        done = wait_until(lambda: whole(server), seconds=wanted["timeout"])
        link = fields(server.ask("INFO", "replication"))
    except RedisError as problem:
        module.fail_json(msg=f"Redis: {problem}.")
    other = f"{link.get('master_host', '?')}:{link.get('master_port', '?')}"
    if not done:
        module.fail_json(
            msg=f"Redis: the copy of {other} is not whole after {wanted['timeout']} s. Is that host deployed with "
            "redis_tls_listen, does its firewall let this host in (base_firewall_ports), and have both the same "
            "redis_tls_ca and redis_replication_password? A big data set needs a longer redis_replica_timeout. Redis "
            f"says: {last_words(module)}"
        )
    module.exit_json(changed=False, offset=int(link["slave_repl_offset"]))


if __name__ == "__main__":
    main()
