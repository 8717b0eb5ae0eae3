"""The redis role against a real redis-server: what it writes works, and no key is lost on the way to the file."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.unit.roles.conftest import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEYS = 1000


def _client(port: int, username: str | None = None, password: str | None = None) -> redis.Redis:
    # Without redis-py's own retries, which would wait seconds for a server that is not there yet.
    return redis.Redis(
        port=port, username=username, password=password, retry=Retry(NoBackoff(), 0), decode_responses=True
    )


def _answers(client: redis.Redis) -> bool:
    try:
        client.ping()
    except redis.AuthenticationError:
        return True
    except redis.ConnectionError:
        return False
    return True


@contextmanager
def _server(port: int, data: Path, *argv: str) -> Iterator[redis.Redis]:
    data.mkdir(exist_ok=True)
    command = ["redis-server", *argv, "--port", str(port), "--dir", str(data), "--daemonize", "no", "--pidfile", ""]
    log = data / "redis.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    client = _client(port)
    try:
        deadline = time.monotonic() + 60
        while not _answers(client):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(10)


def _ask(
    run_module: Callable[..., dict[str, Any]], config: Path, data: Path, *, take_over: bool = False
) -> dict[str, Any]:
    login = {"user": "ops", "password": "secret-password-0"}
    place = {"data_dir": str(data), "config": str(config)}
    return run_module("redis", "redis_appendonly", {**login, **place, "timeout": 20, "take_over": take_over})


def test_a_server_with_data_keeps_every_key(
    tmp_path: Path, free_port: int, run_module: Callable[..., dict[str, Any]]
) -> None:
    """A thousand keys of a snapshot-only server are there after it was switched on and restarted append-only."""
    data, config = tmp_path / "data", tmp_path / "redis.conf"
    config.write_text(f"port {free_port}\n")
    with _server(free_port, data, str(config), "--save", "900 1") as client:
        for i in range(KEYS):
            client.set(f"trader-MM-001:general:{i}", i)
        client.close()
        result = _ask(run_module, config, data)
    assert (result["changed"], result["key_count"]) == (True, KEYS)
    with _server(free_port, data, str(config), "--appendonly", "yes") as client:
        assert client.dbsize() == KEYS
        assert _ask(run_module, config, data)["changed"] is False


def test_the_trap_is_real(tmp_path: Path, free_port: int) -> None:
    """Without the module, a restart with `appendonly yes` starts empty: the test above would see it."""
    data, config = tmp_path / "data", tmp_path / "redis.conf"
    config.write_text(f"port {free_port}\n")
    with _server(free_port, data, str(config), "--save", "900 1") as client:
        client.set("key", 1)
        client.save()
    with _server(free_port, data, str(config), "--appendonly", "yes") as client:
        assert client.dbsize() == 0


def test_somebody_else_s_redis_is_left_alone(
    tmp_path: Path, free_port: int, run_module: Callable[..., dict[str, Any]]
) -> None:
    """A server with a password this inventory does not know is refused with the reason and the way out."""
    data, config = tmp_path / "data", tmp_path / "redis.conf"
    config.write_text(f"port {free_port}\n")
    with _server(free_port, data, str(config), "--requirepass", "theirs"):
        result = _ask(run_module, config, data)
    assert result["failed"]
    assert "somebody else's Redis" in result["msg"]


def test_a_redis_that_works_for_somebody_is_refused(
    tmp_path: Path, free_port: int, run_module: Callable[..., dict[str, Any]]
) -> None:
    """Foreign keys or clients of a server without a password are named, and nothing is switched on, unless allowed."""
    data, config = tmp_path / "data", tmp_path / "redis.conf"
    config.write_text(f"port {free_port}\n")
    with _server(free_port, data, str(config)) as client:
        client.set("trader-MM-001:general:a", 1)
        client.select(3)
        client.set("session:abc", 1)
        keys = _ask(run_module, config, data)
        client.delete("session:abc")
        clients = _ask(run_module, config, data)
        before = client.info()["aof_enabled"]
        allowed = _ask(run_module, config, data, take_over=True)
    assert keys["failed"]
    assert "1 keys of somebody else (database 3, the first is 'session:abc')" in keys["msg"]
    assert clients["failed"]
    assert "serves somebody else (from 127.0.0.1:" in clients["msg"]
    assert "redis_take_over" in clients["msg"]
    assert before == 0
    assert allowed["changed"]


def test_data_elsewhere_is_refused(tmp_path: Path, free_port: int, run_module: Callable[..., dict[str, Any]]) -> None:
    """A server whose data the new configuration would not find is refused with both directories named."""
    data, config = tmp_path / "theirs", tmp_path / "redis.conf"
    config.write_text(f"port {free_port}\n")
    with _server(free_port, data, str(config)) as client:
        client.close()
        result = _ask(run_module, config, tmp_path / "ours")
    assert result["failed"]
    assert str(data) in result["msg"]
    assert str(tmp_path / "ours") in result["msg"]


def test_transactions_survive_a_restart(rendered: Path, tmp_path: Path, free_port: int) -> None:
    """What the node wrote in one transaction is there after Redis has read its file again."""
    users = tmp_path / "users.acl"
    users.write_text((rendered / "redis/users.acl").read_text())
    options = (str(rendered / "redis/redis.conf"), "--aclfile", str(users))
    for number in range(2):
        with _server(free_port, tmp_path / "data", *options):
            node = _client(free_port, "tradingnode-main", "canary-redis-node-password")
            assert node.lrange("trader-MM-001:orders:1", 0, -1) == ["event"] * number
            with node.pipeline(transaction=True) as together:
                together.set("trader-MM-001:general:a", "1")
                together.rpush("trader-MM-001:orders:1", "event")
                together.execute()
            node.close()


@pytest.fixture
def as_rendered(rendered: Path, tmp_path: Path, free_port: int) -> Iterator[int]:
    """A server that runs with the role's own configuration and users."""
    users = tmp_path / "users.acl"
    users.write_text((rendered / "redis/users.acl").read_text())
    with _server(free_port, tmp_path / "data", str(rendered / "redis/redis.conf"), "--aclfile", str(users)):
        yield free_port


def test_the_node_s_user_may_do_what_the_node_does(as_rendered: int) -> None:
    """The ACL user writes and reads its own keys."""
    node = _client(as_rendered, "tradingnode-main", "canary-redis-node-password")
    with node.pipeline(transaction=True) as together:
        together.set("trader-MM-001:general:a", "1")
        together.rpush("trader-MM-001:orders:1", "event")
        assert together.execute() == [True, 1]
    assert node.info()["aof_enabled"] == 1
    node.close()


@pytest.mark.parametrize(
    "command",
    [
        ("SET", "trader-MM-002:general:a", "1"),
        ("FLUSHDB",),
        ("FLUSHALL",),
        ("CONFIG", "GET", "*"),
        ("KEYS", "*"),
        ("EVAL", "return 1", "0"),
        ("ACL", "LIST"),
        ("SHUTDOWN",),
    ],
)
def test_the_node_s_user_may_do_nothing_else(as_rendered: int, command: tuple[str, ...]) -> None:
    """Another trader's keys and every command that could empty or reconfigure the server are refused."""
    node = _client(as_rendered, "tradingnode-main", "canary-redis-node-password")
    with pytest.raises(redis.ResponseError, match="permission"):
        node.execute_command(*command)  # type: ignore[no-untyped-call] # redis-py leaves it untyped
    node.close()


def test_strangers_are_refused_and_the_admin_is_not(as_rendered: int) -> None:
    """Nobody without a password gets in; the admin sees the policy that keeps every key."""
    stranger = _client(as_rendered)
    with pytest.raises(redis.AuthenticationError):
        stranger.ping()
    stranger.close()
    admin = _client(as_rendered, "ops", str(SAMPLE["redis_admin_password"]))
    assert admin.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert admin.config_get("appendfsync") == {"appendfsync": "always"}
    admin.close()
