"""Redis: reach, login, version, role, persistence, eviction, memory, what the user may do, how fast it answers."""

from __future__ import annotations

import re
import secrets
import statistics
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from nodecfg.doctor.findings import Area, Finding, Verdict
from nodecfg.doctor.retrying import NoAnswerError, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodecfg.doctor.retrying import Patience
    from nodecfg.settings import RedisConfig

# Upstream refuses older ones (crates/infrastructure/src/redis/mod.rs, REDIS_MIN_VERSION).
_OLDEST: Final = (6, 2)
_SAMPLES: Final = 20
_SLOW_MS: Final = 5.0
_TOO_SLOW_MS: Final = 100.0
_FULL: Final = 0.75


def examine_redis(settings: RedisConfig, key_prefix: str, patience: Patience) -> Iterator[Finding]:
    """Yield what is to be said about the Redis that keeps the node's state.

    A scratch key under the node's own prefix is written and removed. One key outside of it is asked for; where the
    user is fenced in, as it should be, that leaves one entry in Redis' ACL LOG.
    """
    where = f"{settings.host}:{settings.port}"
    try:
        client = connect_redis(settings)
        info = patience.until_answer(f"Redis at {where}", lambda: _info(client))
    except NoAnswerError as error:
        fix = "start Redis, or check REDIS_HOST and REDIS_PORT"
        yield _finding("reach", Verdict.FAILED, f"{where} does not answer: {error}", fix)
        yield _finding("everything else", Verdict.SKIPPED, "Redis does not answer")
        return
    except NoPermissionError as error:
        yield _finding("reach", Verdict.OK, f"{where} answers")
        yield _finding("access", Verdict.FAILED, f"{_user(settings)}: {error}", "grant the user +info")
        return
    except (AuthenticationError, ResponseError) as error:
        yield _finding("reach", Verdict.OK, f"{where} answers")
        yield _finding("login", Verdict.FAILED, _refusal(error, settings), "check REDIS_USERNAME and REDIS_PASSWORD")
        return
    with client:
        yield _finding("reach", Verdict.OK, f"{where} answers")
        yield _login(settings)
        yield from _server(info)
        yield from _persistence(info)
        yield from _memory(info)
        yield from _access(client, settings, key_prefix)
        yield _latency(client, key_prefix)


def connect_redis(settings: RedisConfig) -> redis.Redis:
    """Return a client as the node's user; it connects on first use, and fails instead of retrying."""
    return redis.Redis(
        host=settings.host,
        port=settings.port,
        username=settings.username,
        password=settings.password.get_secret_value() if settings.password else None,
        ssl=settings.ssl,
        socket_connect_timeout=settings.connection_timeout,
        socket_timeout=settings.response_timeout,
        retry=Retry(NoBackoff(), 0),
        # No greeting beyond the login: the node's user may not run CLIENT, and each refusal ends up in ACL LOG.
        protocol=2,
        driver_info=None,
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
        decode_responses=True,
    )


def _info(client: redis.Redis) -> dict[str, Any]:
    try:
        info: dict[str, Any] = client.info("all")
    except (AuthenticationError, NoPermissionError):
        raise
    except ResponseError as error:
        # LOADING and the like pass.
        if str(error).startswith(("LOADING", "BUSY")):
            raise NoAnswerError(str(error)) from None
        raise
    except (RedisError, OSError) as error:
        raise NoAnswerError(plain(error)) from None
    return info


def _refusal(error: RedisError, settings: RedisConfig) -> str:
    text = str(error)
    if "NOAUTH" in text or "Authentication required" in text:
        return "Redis wants a password and REDIS_PASSWORD is not set"
    if isinstance(error, AuthenticationError) or text.startswith("WRONGPASS"):
        return f"refused for {_user(settings)}: wrong user or password"
    return f"refused for {_user(settings)}: {text}"


def _user(settings: RedisConfig) -> str:
    return f"user {settings.username}" if settings.username else "the default user"


def _login(settings: RedisConfig) -> Finding:
    if settings.password is None:
        fix = "give the node a user of its own: REDIS_USERNAME and REDIS_PASSWORD"
        return _finding("login", Verdict.WARNING, "without a password: everybody on that host may change state", fix)
    return _finding("login", Verdict.OK, f"as {_user(settings)}")


def _server(info: dict[str, Any]) -> Iterator[Finding]:
    text = str(info.get("redis_version", "?"))
    version = tuple(int(part) for part in re.findall(r"\d+", text)[:2])
    if version < _OLDEST:
        yield _finding("version", Verdict.FAILED, f"{text}; upstream refuses it", "install 6.2 or newer")
    else:
        yield _finding("version", Verdict.OK, text)
    role = info.get("role")
    if role == "master":
        yield _finding("role", Verdict.OK, "master")
    else:
        fix = "point REDIS_HOST at the master"
        yield _finding("role", Verdict.FAILED, f"{role}: it cannot be written to", fix)


def _persistence(info: dict[str, Any]) -> Iterator[Finding]:
    if not info.get("aof_enabled"):
        fix = "CONFIG SET appendonly yes, then the file; never the file and a restart, that loads an empty AOF"
        yield _finding("AOF", Verdict.FAILED, "off: a restart of Redis loses every order and position", fix)
    elif info.get("aof_last_write_status") != "ok":
        fix = "look at the disk and at Redis' log"
        yield _finding("AOF", Verdict.FAILED, "on, but its last write failed", fix)
    else:
        yield _finding("AOF", Verdict.OK, "on, last write ok")


def _memory(info: dict[str, Any]) -> Iterator[Finding]:
    policy = str(info.get("maxmemory_policy", "?"))
    if policy == "noeviction":
        yield _finding("eviction", Verdict.OK, policy)
    else:
        fix = "set maxmemory-policy noeviction"
        bad = f"{policy}: keys vanish when memory is short, and the writes that follow are dropped without an error"
        yield _finding("eviction", Verdict.FAILED if policy.startswith("allkeys") else Verdict.WARNING, bad, fix)
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    detail = f"{used / 1e6:.0f} MB used" + (f" of {most / 1e6:.0f} MB" if most else ", no limit")
    if most and used > _FULL * most:
        yield _finding("memory", Verdict.WARNING, f"{detail}; full, it drops writes", "raise maxmemory")
    else:
        yield _finding("memory", Verdict.OK, detail)


def _access(client: redis.Redis, settings: RedisConfig, key_prefix: str) -> Iterator[Finding]:
    token = secrets.token_hex(8)
    text, items, members, fields = (f"{key_prefix}doctor:{token}:{kind}" for kind in ("text", "list", "set", "hash"))
    denied, broken = [], ""
    # Run, not dry-run: a full memory or a read-only server refuses too.
    for command in _commands(text, items, members, fields, token):
        try:
            client.execute_command(*command)  # type: ignore[no-untyped-call]
        except NoPermissionError:
            denied.append(command[0].lower())
        except (RedisError, OSError) as error:
            broken = f"{command[0]}: {plain(error)}"
            break
    with suppress(RedisError, OSError):
        client.delete(text, items, members, fields)
    if broken:
        yield _finding("access", Verdict.FAILED, f"cannot be written to: {broken}", "see Redis' log, memory and disk")
        return
    if denied:
        fix = f"grant the user ~{key_prefix}* {' '.join(f'+{name}' for name in denied)}"
        yield _finding("access", Verdict.FAILED, f"{_user(settings)} may not: {', '.join(denied)}", fix)
        return
    yield _finding("access", Verdict.OK, f"{_user(settings)} may do what the node does with keys {key_prefix}*")
    yield _fence(client, settings, key_prefix)


def _commands(text: str, items: str, members: str, fields: str, token: str) -> Iterator[tuple[str, ...]]:
    # Every command of upstream's cache (crates/infrastructure/src/redis/cache.rs).
    yield "SET", text, token
    yield "GET", text
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
    yield "DEL", text


def _fence(client: redis.Redis, settings: RedisConfig, key_prefix: str) -> Finding:
    try:
        client.get("nodecfg-doctor-outside")
    except NoPermissionError:
        return _finding("fence", Verdict.OK, f"{_user(settings)} reaches no key outside {key_prefix}*")
    except (RedisError, OSError) as error:
        return _finding("fence", Verdict.WARNING, f"cannot be told: {plain(error)}", "run the doctor again")
    fix = f"give the node an ACL user limited to ~{key_prefix}*"
    detail = f"{_user(settings)} reaches every key: another trader's state, and FLUSHDB, are one mistake away"
    return _finding("fence", Verdict.WARNING, detail, fix)


def _latency(client: redis.Redis, key_prefix: str) -> Finding:
    times = []
    try:
        for _ in range(_SAMPLES):
            started = time.perf_counter()
            # Not PING: the node's user may not.
            client.get(f"{key_prefix}doctor:latency")
            times.append((time.perf_counter() - started) * 1000)
    except (RedisError, OSError) as error:
        return _finding("latency", Verdict.WARNING, f"cannot be measured: {plain(error)}", "run the doctor again")
    median, worst = statistics.median(times), max(times)
    detail = f"{median:.2f} ms median, {worst:.2f} ms worst of {_SAMPLES}"
    fix = "run Redis on the node's own host: every order and position is one round trip at the start"
    if median > _TOO_SLOW_MS:
        return _finding("latency", Verdict.FAILED, detail, fix)
    if median > _SLOW_MS:
        return _finding("latency", Verdict.WARNING, detail, fix)
    return _finding("latency", Verdict.OK, detail)


def _finding(check: str, verdict: Verdict, detail: str, fix: str = "") -> Finding:
    return Finding(area=Area.REDIS, check=check, verdict=verdict, detail=detail, fix=fix)
