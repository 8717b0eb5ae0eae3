"""What else an operator wants to know of Redis beside its proof: memory, the user's fence, how fast it answers."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Final

from redis.exceptions import NoPermissionError, RedisError

from nodecfg.doctor.findings import Finding, Verdict
from nodecfg.doctor.redis_server import RedisFacts, connect_redis, finding, prove_redis, user
from nodecfg.doctor.retrying import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from nodecfg.doctor.retrying import Patience
    from nodecfg.settings import RedisConfig

_SAMPLES: Final = 20
_SLOW_MS: Final = 5.0
_TOO_SLOW_MS: Final = 100.0
_FULL: Final = 0.75


def examine_redis(settings: RedisConfig, key_prefix: str, patience: Patience) -> Iterator[Finding]:
    """Yield what is to be said about the Redis that keeps the node's state.

    Scratch keys under the node's own prefix are written and removed. One key outside of it is asked for; where the
    user is fenced in, as it should be, that leaves one entry in Redis' ACL LOG.
    """
    facts, usable = None, False
    with connect_redis(settings) as client:
        for proven in prove_redis(client, settings, key_prefix, patience):
            if isinstance(proven, RedisFacts):
                facts = proven
            else:
                yield proven
                usable = proven.check == "access" and proven.verdict is Verdict.OK
        if facts is None:
            yield finding("everything else", Verdict.SKIPPED, "Redis cannot be asked")
            return
        yield _memory(facts)
        if usable:
            yield _fence(client, settings, key_prefix)
        yield _latency(client, key_prefix)


def _memory(facts: RedisFacts) -> Finding:
    used, most = facts.used_memory, facts.maxmemory
    detail = f"{used / 1e6:.0f} MB used" + (f" of {most / 1e6:.0f} MB" if most else ", no limit")
    if most and used > _FULL * most:
        return finding("memory", Verdict.WARNING, f"{detail}; full, it drops writes", "raise maxmemory")
    return finding("memory", Verdict.OK, detail)


def _fence(client: redis.Redis, settings: RedisConfig, key_prefix: str) -> Finding:
    try:
        client.get("nodecfg-doctor-outside")
    except NoPermissionError:
        return finding("fence", Verdict.OK, f"{user(settings)} reaches no key outside {key_prefix}*")
    except (RedisError, OSError) as error:
        return finding("fence", Verdict.WARNING, f"cannot be told: {plain(error)}", "run the doctor again")
    fix = f"give the node an ACL user limited to ~{key_prefix}*"
    detail = f"{user(settings)} reaches every key: another trader's state, and FLUSHDB, are one mistake away"
    return finding("fence", Verdict.WARNING, detail, fix)


def _latency(client: redis.Redis, key_prefix: str) -> Finding:
    times = []
    try:
        for _ in range(_SAMPLES):
            started = time.perf_counter()
            # Not PING: the node's user may not.
            client.get(f"{key_prefix}doctor:latency")
            times.append((time.perf_counter() - started) * 1000)
    except (RedisError, OSError) as error:
        return finding("latency", Verdict.WARNING, f"cannot be measured: {plain(error)}", "run the doctor again")
    median, worst = statistics.median(times), max(times)
    detail = f"{median:.2f} ms median, {worst:.2f} ms worst of {_SAMPLES}"
    fix = "run Redis on the node's own host: every order and position is one round trip at the start"
    if median > _TOO_SLOW_MS:
        return finding("latency", Verdict.FAILED, detail, fix)
    if median > _SLOW_MS:
        return finding("latency", Verdict.WARNING, detail, fix)
    return finding("latency", Verdict.OK, detail)
