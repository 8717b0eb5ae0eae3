#!/usr/bin/python
"""Ansible module: the append-only file of a running Redis, switched on without losing a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.redis_cli import REFUSED, RedisError, Server, fields, wait_until

DEFAULT_PORT = 6379
OUR_KEYS = "trader-"
_WAY_OUT = (
    "this role would lock its users out, so nothing was changed. Put the node on another host, or set redis_take_over "
    "if that Redis may go"
)

DOCUMENTATION = """
module: redis_appendonly
short_description: Switch the append-only file on in a running Redis
description:
  - A Redis restarted with C(appendonly yes) in its file reads the append-only file and nothing else. On a host where
    there is none yet it starts empty and every key is gone (redis docs, "How I can switch to AOF"). So the running
    server is told first, and has the whole data set on disk before anybody touches its file.
options:
  user: {description: ACL user with all rights., type: str, required: true}
  password: {description: The password., type: str, required: true}
  data_dir: {description: Where the data must be; the unit may write nowhere else., type: path, required: true}
  config: {description: The file Redis was started with., type: path, required: true}
  timeout: {description: Seconds until the data set is on disk., type: int, required: true}
  copy: {description: Whether this server is about to be the copy of another., type: bool, default: false}
  take_over: {description: Whether keys and clients of somebody else are no reason to stop., type: bool, default: false}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Keep every key
  redis_appendonly:
    user: ops
    password: "{{ password }}"
    data_dir: /var/lib/redis
    config: /etc/redis/redis.conf
    timeout: 60
"""

RETURN = """
key_count: {description: How many keys there are., returned: when the server lets us ask, type: int}
used_memory: {description: Bytes its data takes., returned: when the server lets us ask, type: int}
known: {description: Whether the server knows the password., returned: success, type: bool}
copied:
  description: Whose copy it is so far (host) and how well it knows it (heard, one sentence); empty when it is none.
  returned: when the server lets us ask
  type: dict
"""


def port(config: Path) -> int:
    """The port the running server was told; a new one in the inventory counts from the next restart only."""
    lines = [line.split() for line in config.read_text(errors="replace").splitlines()] if config.is_file() else []
    return next((int(line[1]) for line in reversed(lines) if line[:1] == ["port"]), DEFAULT_PORT)


def ours(config: Path) -> bool:
    """Whether this role wrote the file, so that the server it started keeps an append-only file."""
    return config.is_file() and "redis role of tradingnode-ops" in config.read_text(errors="replace")


def ask(server: Server, *command: str, stranger: bool) -> str:
    """Ask, and take a refusal for what it is."""
    answer = server.ask(*command, as_default_user=stranger)
    if answer.startswith((*REFUSED, "ERR")):
        raise RedisError(f"Redis refuses {command[0]}: {answer}")
    return answer


def in_place(server: Server, data_dir: Path, *, stranger: bool) -> None:
    """Refuse data that lies where the new configuration would not look for it."""
    directory = Path(ask(server, "CONFIG", "GET", "dir", stranger=stranger).splitlines()[-1])
    snapshot = ask(server, "CONFIG", "GET", "dbfilename", stranger=stranger).splitlines()[-1]
    if directory.resolve() != data_dir.resolve():
        raise RedisError(
            f"the Redis on this host keeps its data in {directory}, this role in {data_dir}; stop it, move its "
            f"{snapshot} and append-only directory there, set `dir` in its old configuration, start it and run again"
        )


def nobodys_else(server: Server) -> None:
    """Refuse a server that works for somebody: the new users would lock them out.

    Asked before the first deploy only, as the user without a name whom that deploy takes away.

    """
    replication = fields(ask(server, "INFO", "replication", stranger=True))
    if replication["role"] != "master":
        raise RedisError(f"the Redis on this host is a replica of {replication['master_host']}; {_WAY_OUT}")
    databases = [line.split(":")[0][2:] for line in ask(server, "INFO", "keyspace", stranger=True).splitlines()[1:]]
    for database in databases:
        foreign = [key for key in server.keys_as_default_user(database) if not key.startswith(OUR_KEYS)]
        if foreign:
            raise RedisError(
                f"the Redis on this host holds {len(foreign)} keys of somebody else (database {database}, the first "
                f"is {foreign[0]!r}); {_WAY_OUT}"
            )
    clients = [
        dict(word.split("=", 1) for word in line.split() if "=" in word)
        for line in ask(server, "CLIENT", "LIST", stranger=True).splitlines()
    ]
    others = [client["addr"] for client in clients if not client.get("cmd", "").startswith("client")]
    if others:
        raise RedisError(f"the Redis on this host serves somebody else (from {', '.join(others)}); {_WAY_OUT}")


def copied(server: Server, *, stranger: bool) -> dict[str, str]:
    """Whose copy the server is, and how far behind it may be; nothing when it is none."""
    state = fields(ask(server, "INFO", "replication", stranger=stranger))
    if state["role"] == "master":
        return {}
    if state["master_link_status"] == "up":
        heard = "It is connected: stop the node there first"
    else:
        silent = int(state.get("master_link_down_since_seconds", "-1"))
        heard = f"It last heard of it {silent} s ago" if silent >= 0 else "It has not heard of it since it was started"
    return {"host": state["master_host"], "heard": heard}


def nothing_of_its_own(keys: int) -> None:
    """Refuse to make a copy of a server that has data: a copy begins by deleting what it has."""
    if keys:
        raise RedisError(
            f"the Redis on this host holds {keys} keys of its own, and as a copy (redis_replica_of) it would delete "
            "them; nothing was changed. If they may go, run `systemctl stop redis-server`, move "
            "/var/lib/redis/appendonlydir and /var/lib/redis/dump.rdb away, and run again"
        )


def durable(server: Server, *, stranger: bool) -> bool:
    """Whether every key is in a whole append-only file."""
    state = fields(ask(server, "INFO", "persistence", stranger=stranger))
    idle = state["aof_rewrite_in_progress"] == state["aof_rewrite_scheduled"] == "0"
    return state["aof_enabled"] == "1" and idle and state["aof_last_bgrewrite_status"] == "ok"


def switch_on(module: AnsibleModule, server: Server) -> dict[str, Any]:
    """Bring the running server to an append-only file; what was done."""
    wanted = module.params
    wait_until(lambda: not server.ask("PING").startswith("LOADING"), seconds=wanted["timeout"])
    known = server.lets_in()
    stranger = not known and server.lets_strangers_in()
    if not known and not stranger:
        if ours(Path(wanted["config"])) and not wanted["copy"]:
            return {"changed": False, "known": False}
        raise RedisError(
            "somebody else's Redis runs here and asks for a password this inventory does not know; remove its password "
            "(CONFIG SET requirepass '') for the time of this run, or put the node on another host"
        )
    if stranger and not wanted["take_over"] and not ours(Path(wanted["config"])):
        nobodys_else(server)
    in_place(server, Path(wanted["data_dir"]), stranger=stranger)
    used = int(fields(ask(server, "INFO", "memory", stranger=stranger))["used_memory"])
    keys = sum(
        int(line.split("keys=")[1].split(",")[0])
        for line in ask(server, "INFO", "keyspace", stranger=stranger).splitlines()
        if "keys=" in line
    )
    former = copied(server, stranger=stranger)
    if wanted["copy"] and not former:
        nothing_of_its_own(keys)
    enabled = fields(ask(server, "INFO", "persistence", stranger=stranger))["aof_enabled"] == "1"
    # A copy that was just made is on disk only after the rewrite that follows it; a restart before that forgets it.
    if (not enabled or former) and not module.check_mode:
        if not enabled:
            ask(server, "CONFIG", "SET", "appendonly", "yes", stranger=stranger)
        if not wait_until(lambda: durable(server, stranger=stranger), seconds=wanted["timeout"]):
            raise RedisError(
                f"the append-only file was not on disk within {wanted['timeout']} s; nothing was restarted, no key is "
                "lost. See df -h /var/lib/redis and journalctl -u redis-server, or raise redis_rewrite_timeout"
            )
    return {"changed": not enabled, "known": known, "key_count": keys, "used_memory": used, "copied": former}


def main() -> None:
    """Switch the append-only file on."""
    module = AnsibleModule(
        argument_spec={
            "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "data_dir": {"type": "path", "required": True},
            "config": {"type": "path", "required": True},
            "timeout": {"type": "int", "required": True},
            "copy": {"type": "bool", "default": False},
            "take_over": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    wanted: dict[str, Any] = module.params
    server = Server(module=module, port=port(Path(wanted["config"])), user=wanted["user"], password=wanted["password"])
    try:
        result = switch_on(module, server)
    except RedisError as problem:
        module.fail_json(msg=f"Redis: {problem}.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
