"""The one proof of Redis: upstream can reach it, it keeps what it is told, the user may do what the node does.

The doctor prints it beside more; the service starts on nothing less.
"""

from __future__ import annotations

import re
import secrets
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import certifi
import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from nodecfg.doctor.findings import Area, Finding, Verdict
from nodecfg.doctor.retrying import NoAnswerError, plain

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from nodecfg.doctor.retrying import Patience
    from nodecfg.settings import RedisConfig

AOF: Final = "AOF"
"""The check a node may start without: what it says is lost only when Redis itself ends."""

# Upstream refuses older ones (crates/infrastructure/src/redis/mod.rs, REDIS_MIN_VERSION).
_OLDEST: Final = (6, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisFacts:
    """What Redis says about itself (INFO).

    Attributes:
        run_id: Changes at every start of the server.
        aof_last_write_status: "ok" or "err".
        used_memory: Bytes.
        maxmemory: Bytes; 0 without a limit.
        appendfsync: "?", because only CONFIG GET tells and the node's user may not ask.
    """

    version: str
    role: str
    run_id: str
    aof_enabled: bool
    aof_last_write_status: str
    maxmemory_policy: str
    used_memory: int
    maxmemory: int
    appendfsync: str = "?"

    @classmethod
    def from_info(cls, info: dict[str, Any]) -> RedisFacts:
        """Take the facts out of an INFO reply."""
        return cls(
            version=str(info["redis_version"]),
            role=str(info.get("role", "?")),
            run_id=str(info["run_id"]),
            aof_enabled=bool(info.get("aof_enabled")),
            aof_last_write_status=str(info.get("aof_last_write_status", "?")),
            maxmemory_policy=str(info.get("maxmemory_policy", "?")),
            used_memory=int(info.get("used_memory", 0)),
            maxmemory=int(info.get("maxmemory", 0)),
        )


def connect_redis(settings: RedisConfig) -> redis.Redis:
    """Return a client as the node's user; it connects on first use, and fails instead of retrying."""
    client = redis.Redis(
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
    if settings.ssl:
        client.connection_pool.connection_class = _PublicTls
    return client


def prove_redis(
    client: redis.Redis, settings: RedisConfig, key_prefix: str, patience: Patience
) -> Iterator[Finding | RedisFacts]:
    """Yield what the node cannot do without, line by line, and the facts as soon as they are known.

    Commands are run, not dry-run: ACL DRYRUN needs a right that the node's user has no other use for, is missing before
    Redis 7, and does not notice a full memory or a read-only server. Nothing follows once Redis cannot be asked.

    Args:
        client: From connect_redis.
        settings: Where Redis is.
        key_prefix: Prefix of the trader's keys; scratch keys under it are written and removed.
        patience: How often to ask what does not answer.
    """
    where = f"{settings.host}:{settings.port}"
    try:
        facts = patience.until_answer(f"Redis at {where}", lambda: _facts(client))
    except _CertificateError as error:
        yield finding("reach", Verdict.OK, f"{where} answers")
        fix = "use a public authority's certificate for REDIS_HOST, or Redis on this host and REDIS_SSL=false"
        yield finding("TLS", Verdict.FAILED, str(error), fix)
        return
    except NoAnswerError as error:
        fix = f"start Redis, or check REDIS_HOST and REDIS_PORT{' and REDIS_SSL' if settings.ssl else ''}"
        yield finding("reach", Verdict.FAILED, f"{where} does not answer: {error}", fix)
        return
    except NoPermissionError as error:
        yield finding("reach", Verdict.OK, f"{where} answers")
        yield finding("access", Verdict.FAILED, f"{user(settings)}: {error}", "grant the user +info")
        return
    except (AuthenticationError, ResponseError) as error:
        yield finding("reach", Verdict.OK, f"{where} answers")
        yield finding("login", Verdict.FAILED, _refusal(error, settings), "check REDIS_USERNAME and REDIS_PASSWORD")
        return
    yield facts
    yield finding("reach", Verdict.OK, f"{where} answers")
    if settings.ssl:
        yield finding("TLS", Verdict.OK, "a certificate of a public authority")
    yield _login(settings)
    yield from judge(facts)
    yield _access(client, settings, key_prefix, patience)


def judge(facts: RedisFacts) -> Iterator[Finding]:
    """Yield what the server's version, role, persistence and eviction mean for the node's state."""
    version = tuple(int(part) for part in re.findall(r"\d+", facts.version)[:2])
    if version < _OLDEST:
        yield finding("version", Verdict.FAILED, f"{facts.version}; upstream refuses it", "install 6.2 or newer")
    else:
        yield finding("version", Verdict.OK, facts.version)
    if facts.role == "master":
        yield finding("role", Verdict.OK, "master")
    else:
        bad = f"role {facts.role}: it cannot be written to"
        yield finding("role", Verdict.FAILED, bad, "point REDIS_HOST at the master")
    if not facts.aof_enabled:
        fix = "CONFIG SET appendonly yes, then the file; never the file and a restart, that loads an empty AOF"
        yield finding(AOF, Verdict.FAILED, "off: a restart of Redis loses every order and position", fix)
    elif facts.aof_last_write_status != "ok":
        yield finding(AOF, Verdict.FAILED, "on, but its last write failed", "look at the disk and at Redis' log")
    else:
        yield finding(AOF, Verdict.OK, "on, last write ok")
    policy = facts.maxmemory_policy
    if policy == "noeviction":
        yield finding("eviction", Verdict.OK, policy)
    else:
        fix = "set maxmemory-policy noeviction"
        bad = f"{policy}: keys vanish when memory is short, and the writes that follow are dropped without an error"
        yield finding("eviction", Verdict.FAILED if policy.startswith("allkeys") else Verdict.WARNING, bad, fix)


def user(settings: RedisConfig) -> str:
    """Return whom Redis sees."""
    return f"user {settings.username}" if settings.username else "the default user"


def finding(check: str, verdict: Verdict, detail: str, fix: str = "") -> Finding:
    """Return a line about Redis."""
    return Finding(area=Area.REDIS, check=check, verdict=verdict, detail=detail, fix=fix)


class _PublicTls(redis.SSLConnection):
    """TLS as upstream does it (rustls with webpki-roots): Mozilla's public authorities and no others.

    redis-py adds authorities to those of the host, which upstream never looks at.
    """

    def _wrap_socket_with_ssl(self, sock: socket.socket) -> ssl.SSLSocket:
        return ssl.create_default_context(cafile=certifi.where()).wrap_socket(sock, server_hostname=self.host)


class _CertificateError(Exception):
    """The certificate is not one that upstream takes; the message says why."""


def _facts(client: redis.Redis) -> RedisFacts:
    try:
        return RedisFacts.from_info(client.info())
    except (RedisError, OSError) as error:
        raise _no_answer(error) from None


def _no_answer(error: RedisError | OSError) -> Exception:
    """Tell what asking again can mend from what it cannot."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _CertificateError(
            f"certificate refused ({cause.verify_message}); upstream trusts public authorities only: a private one "
            "never works, not even one that this host trusts"
        )
    if isinstance(error, AuthenticationError | ResponseError) and not str(error).startswith(("LOADING", "BUSY")):
        return error
    return NoAnswerError(plain(error))


def _refusal(error: RedisError, settings: RedisConfig) -> str:
    text = str(error)
    if "NOAUTH" in text or "Authentication required" in text:
        return "Redis wants a password and REDIS_PASSWORD is not set"
    if isinstance(error, AuthenticationError) or text.startswith("WRONGPASS"):
        return f"refused for {user(settings)}: wrong user or password"
    return f"refused for {user(settings)}: {text}"


def _login(settings: RedisConfig) -> Finding:
    if settings.password is None:
        fix = "give the node a user of its own: REDIS_USERNAME and REDIS_PASSWORD"
        return finding("login", Verdict.WARNING, "without a password: everybody on that host may change state", fix)
    return finding("login", Verdict.OK, f"as {user(settings)}")


def _access(client: redis.Redis, settings: RedisConfig, key_prefix: str, patience: Patience) -> Finding:
    broken = "see Redis' log, memory and disk"
    try:
        denied = patience.until_answer("Redis", lambda: _denied(client, key_prefix))
    except (NoAnswerError, _CertificateError, ResponseError) as error:
        return finding("access", Verdict.FAILED, f"cannot be written to: {error}", broken)
    if denied:
        fix = f"grant the user ~{key_prefix}* {' '.join(f'+{name}' for name in denied)}"
        return finding("access", Verdict.FAILED, f"{user(settings)} may not: {', '.join(denied)}", fix)
    return finding("access", Verdict.OK, f"{user(settings)} may do what the node does with keys {key_prefix}*")


def _denied(client: redis.Redis, key_prefix: str) -> list[str]:
    token = secrets.token_hex(8)
    text, items, members, fields = (f"{key_prefix}proof:{token}:{kind}" for kind in ("text", "list", "set", "hash"))
    denied = []
    try:
        # One connection: WATCH and MULTI belong to it, and end with it.
        with client.client() as one:  # type: ignore[no-untyped-call]
            for command in _commands(text, items, members, fields, token):
                if command[0] == "EXEC" and "multi" in denied:
                    continue
                try:
                    answer = one.execute_command(*command)
                except NoPermissionError:
                    denied.append(command[0].lower())
                else:
                    if command[0] == "GET" and "set" not in denied and answer != token:
                        raise ResponseError("a value that was written did not come back")
    except (RedisError, OSError) as error:
        raise _no_answer(error) from None
    finally:
        with suppress(RedisError, OSError):
            client.delete(text, items, members, fields)
    return denied


def _commands(text: str, items: str, members: str, fields: str, token: str) -> Iterator[tuple[str, ...]]:
    # Every command of upstream's cache (crates/infrastructure/src/redis/cache.rs), and WATCH for the lease on the
    # trader id. The transaction is empty: each command of it was run before.
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
    yield "WATCH", text
    yield ("MULTI",)
    yield ("EXEC",)
