"""Proves what the node depends on before it is built: Redis by doing what the node will do, the venue by its clock."""

from __future__ import annotations

import re
import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from nodecfg.doctor.redis_server import connect_redis
from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis

    from nodecfg import RedisConfig

# Upstream refuses older ones (crates/infrastructure/src/redis/mod.rs, REDIS_MIN_VERSION).
OLDEST_REDIS: Final = (6, 2)
TRIES: Final = 5
_LONGEST_WAIT: Final = 32.0
_LONGEST_ANSWER: Final = 5.0
_SERVER_ERROR: Final = 500

type Wait = Callable[[float], bool]
"""Sleeps for seconds; True when the process was asked to stop meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisFacts:
    """What Redis says about itself (INFO).

    Attributes:
        run_id: Changes at every start of the server.
        aof_last_write_status: "ok" or "err".
        appendfsync: "?", because only CONFIG GET tells and the node's user may not ask.
    """

    version: str
    run_id: str
    aof_enabled: bool
    aof_last_write_status: str
    maxmemory_policy: str
    appendfsync: str = "?"

    @classmethod
    def from_info(cls, info: dict[str, Any]) -> RedisFacts:
        """Take the facts out of an INFO reply."""
        return cls(
            version=str(info["redis_version"]),
            run_id=str(info["run_id"]),
            aof_enabled=bool(info.get("aof_enabled")),
            aof_last_write_status=str(info.get("aof_last_write_status", "?")),
            maxmemory_policy=str(info.get("maxmemory_policy", "?")),
        )


def prove_redis(settings: RedisConfig, key_prefix: str, *, wait: Wait, tell: Callable[[str], None]) -> RedisFacts:
    """Prove that Redis can keep the node's state: version, role, and every command upstream uses, under our own prefix.

    The commands are run, not dry-run: ACL DRYRUN needs a right that the node's user has no other use for, is missing
    before Redis 7, and does not notice a full memory or a read-only server.

    Args:
        settings: Where Redis is.
        key_prefix: Prefix of the trader's keys; a scratch key under it is written and removed.
        wait: Sleeps between tries.
        tell: Told about every failed try.

    Raises:
        Failure: 75 with one line that says what to do; after five tries where waiting can help, else at once.
    """
    where = f"Redis at {settings.host}:{settings.port}"
    user = f"user {settings.username}" if settings.username else "the default user"
    for attempt in range(1, TRIES + 1):
        try:
            with connect_redis(settings) as client:
                facts = RedisFacts.from_info(client.info())
                _check_server(where, facts, str(client.info("replication").get("role")))
                _exercise(client, key_prefix)
                return facts
        except (AuthenticationError, NoPermissionError, ResponseError) as error:
            raise Failure(Exit.REDIS, f"{where} {_refusal(error, user, key_prefix)}") from None
        except (RedisError, OSError) as error:
            problem = f"{where} not available: {_plain(error)}"
        if attempt == TRIES:
            break
        pause = min(2.0 ** (attempt - 1), _LONGEST_WAIT)
        tell(f"{problem}; try {attempt} of {TRIES}, next in {pause:g} s")
        if wait(pause):
            raise Failure(Exit.STOPPED, "asked to stop while waiting for Redis")
    raise Failure(Exit.REDIS, f"{problem}; start Redis or check REDIS_HOST, REDIS_PORT ({TRIES} tries)")


def read_redis(settings: RedisConfig) -> RedisFacts | None:
    """Ask Redis about itself now; None when it does not answer."""
    try:
        with connect_redis(settings) as client:
            return RedisFacts.from_info(client.info())
    except (RedisError, OSError):
        return None


def _check_server(where: str, facts: RedisFacts, role: str) -> None:
    version = tuple(int(part) for part in re.findall(r"\d+", facts.version)[:2])
    if version < OLDEST_REDIS:
        raise Failure(Exit.REDIS, f"{where} is version {facts.version}; install 6.2 or newer")
    if role != "master":
        raise Failure(Exit.REDIS, f"{where} has role {role}, it cannot be written to; point REDIS_HOST at the master")
    if facts.maxmemory_policy.startswith("allkeys"):
        raise Failure(
            Exit.REDIS,
            f"{where} evicts keys (maxmemory-policy {facts.maxmemory_policy}), orders would vanish; set noeviction",
        )


def _exercise(client: redis.Redis, key_prefix: str) -> None:
    # Every command of upstream's cache (crates/infrastructure/src/redis/cache.rs), on one scratch key per type.
    token = secrets.token_hex(8)
    text, items, members, fields = (f"{key_prefix}preflight:{token}:{kind}" for kind in ("text", "list", "set", "hash"))
    for command in _commands(text, items, members, fields, token):
        client.execute_command(*command)  # type: ignore[no-untyped-call]
    stored = client.get(text)
    with client.pipeline(transaction=True) as together:
        together.delete(text)
        together.delete(items, members, fields)
        together.execute()
    if stored != token:
        raise ResponseError("a value that was written did not come back")


def _commands(text: str, items: str, members: str, fields: str, token: str) -> Iterator[tuple[str, ...]]:
    yield "SET", text, token
    yield "MGET", text
    yield "RPUSH", items, token
    yield "RPUSHX", items, token
    yield "LRANGE", items, "0", "-1"
    yield "SADD", members, token
    yield "SMEMBERS", members
    yield "SREM", members, token
    yield "HSET", fields, token, token
    yield "HGETALL", fields
    yield "HDEL", fields, token
    yield "SCAN", "0", "MATCH", text


def _refusal(error: RedisError, user: str, key_prefix: str) -> str:
    text = str(error)
    if isinstance(error, NoPermissionError):
        return f"does not let {user} do what the node needs: {text}; grant it, with keys {key_prefix}*"
    if isinstance(error, AuthenticationError) or text.startswith(("WRONGPASS", "NOAUTH")):
        return f"refused the login of {user}; check REDIS_USERNAME and REDIS_PASSWORD"
    return f"cannot be written to: {text}; see its log, free memory and disk"


def _plain(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__ or error
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return str(error) or type(error).__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a venue should answer.

    Attributes:
        name: Venue as the operator knows it.
        url: Its REST address.
        path: A harmless request, such as for its clock.
        setting: Variable that holds the address.
    """

    name: str
    url: str
    path: str
    setting: str


def reach_venue(address: Address, *, seconds: float, wait: Wait, tell: Callable[[str], None]) -> None:
    """Wait until the venue answers a harmless request over HTTP, with any answer that is not a server error.

    Args:
        address: Where to ask.
        seconds: How long to try.
        wait: Sleeps between tries.
        tell: Told about every failed try.

    Raises:
        Failure: 73 with one line that says what to do.
    """
    pause, left = 1.0, seconds
    while True:
        asked_at = time.monotonic()
        problem = _ask(f"{address.url}{address.path}", timeout=max(1.0, min(_LONGEST_ANSWER, left)))
        if problem is None:
            return
        left -= time.monotonic() - asked_at
        message = f"{address.name} not reachable at {address.url}: {problem}"
        if left <= pause:
            raise Failure(Exit.NOT_CONNECTED, f"{message}; start the venue or check {address.setting}")
        tell(f"{message}; next try in {pause:g} s")
        if wait(pause):
            raise Failure(Exit.STOPPED, f"asked to stop while waiting for {address.name}")
        left -= pause
        pause = min(pause * 2, _LONGEST_WAIT)


def _ask(url: str, *, timeout: float) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=timeout):  # noqa: S310 nodecfg admits http and https only
            return None
    except urllib.error.HTTPError as error:
        return None if error.code < _SERVER_ERROR else f"HTTP {error.code}"
    except urllib.error.URLError as error:
        reason = error.reason
        return _plain(reason) if isinstance(reason, BaseException) else str(reason)
    except TimeoutError:
        return "no answer in time"
    except (OSError, ValueError) as error:
        return _plain(error)
