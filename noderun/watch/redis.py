"""Watches from outside what Redis has of the node: canaries, records that grew, and the server's own state.

Upstream's cache loses writes without a word: during an outage, when memory is full, when Redis has become read-only,
when it was restarted with other data (crates/infrastructure/src/redis/cache.rs of 1.231.0). What is lost is found by
a restart of the node, which reconciles with the venue, and by nothing else.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from redis.exceptions import RedisError

from nodecfg.doctor.redis_server import RedisFacts, connect_redis
from noderun import logs
from noderun.watch.canary import KEYS, Canaries
from noderun.watch.conditions import Condition, Subject
from noderun.watch.written import Written

if TYPE_CHECKING:
    import redis

    from nodecfg import RedisConfig

_LOOK_EVERY: Final = 1.0
_FULL: Final = 0.95
_NAMED: Final = 3
_STILL_WRITTEN: Final = frozenset({"memory", "eviction"})
"""Conditions under which Redis takes what the node writes, for now."""


class RedisWatch:
    """A thread with a connection of its own; what it found may be read from any thread.

    Attributes:
        canaries: Those that the node writes.
        written: The records that it writes.
        key_prefix: Prefix of the trader's keys.
        facts: What Redis last said about itself, None while it does not answer.
        latency: Seconds of the last round trip, None before the first.
    """

    def __init__(self, settings: RedisConfig, key_prefix: str, run_id: str) -> None:
        """Watch the Redis that was proven before the start and had that run_id then."""
        self.canaries = Canaries()
        self.written = Written()
        self.facts: RedisFacts | None = None
        self.latency: float | None = None
        self._settings = settings
        self.key_prefix = key_prefix
        self._keys = [f"{key_prefix}general:{key}" for key in KEYS]
        self._run_id = run_id
        self._where = f"Redis at {settings.host}:{settings.port}"
        self._stopped = threading.Event()
        self._problem: Condition | None = None
        self._not_written: str | None = None
        threading.Thread(target=self._watch, name="redis-watch", daemon=True).start()

    def stop(self) -> None:
        """Stop looking."""
        self._stopped.set()

    @property
    def away(self) -> bool:
        """Whether Redis did not answer when it was last looked at."""
        return self._problem is not None and self._problem.name == "server"

    def unrecorded(self) -> str | None:
        """Return why an order that is sent now would not be remembered, None while it would. Cheap, for every order."""
        if self.away:
            return f"{self._where} does not answer, an order would not be remembered"
        return f"{self._not_written}, an order would not be remembered" if self._not_written else None

    def grew(self, record: str, length: int) -> None:
        """Note that the node has written to a record, by its key without the prefix, which has so many parts now."""
        self.written.grew(f"{self.key_prefix}{record}", length, self.canaries.following)

    def conditions(self, max_lag: float) -> list[Condition]:
        """Return what is wrong now; a write that takes longer than max_lag seconds is."""
        found = self._conditions(max_lag)
        self._not_written = next((one.reason for one in found if one.name not in _STILL_WRITTEN), None)
        return found

    def _conditions(self, max_lag: float) -> list[Condition]:
        if self.canaries.lost or self.written.missing:
            named = f" ({', '.join(self.written.missing[:_NAMED])})" if self.written.missing else ""
            text = f"{self._where} lost writes of the node{named}; it writes them again and restarts to reconcile"
            return [_wrong("lost", text, fatal=True)]
        problem = self._problem
        if problem is not None and problem.name not in _STILL_WRITTEN:
            return [problem]
        found = [] if problem is None else [problem]
        if (waited := self.canaries.waited()) > max_lag:
            # The seconds are told by the condition's age: its line shall not change all the time.
            text = f"{self._where} does not receive the node's writes (more than {max_lag:g} s, now {waited:.0f} s)"
            found.append(_wrong("lag", text))
        return found

    def _watch(self) -> None:
        client: redis.Redis | None = None
        while not self._stopped.wait(_LOOK_EVERY):
            try:
                if client is None:
                    client = connect_redis(self._settings)
                self._problem = self._look(client)
            except (RedisError, OSError) as error:
                client, self.facts = None, None
                self._problem = _wrong("server", f"{self._where} does not answer: {error}")
            except Exception:
                logs.get().exception("watching Redis")

    def _look(self, client: redis.Redis) -> Condition | None:
        began = time.monotonic()
        self.canaries.arrived([str(value) for value in client.mget(self._keys) if value is not None])
        self.latency = time.monotonic() - began
        self.written.look(client, self.canaries.newest)
        info = client.info()
        self.facts = facts = RedisFacts.from_info(info)
        if facts.run_id != self._run_id:
            text = f"{self._where} was restarted and may have lost writes; the node restarts to reconcile"
            return _wrong("restarted", text, fatal=True)
        if facts.aof_last_write_status not in {"ok", "?"}:
            return _wrong("aof", f"{self._where} cannot write its append-only file; see its log, free disk space")
        if facts.maxmemory_policy.startswith("allkeys"):
            return _wrong("eviction", f"{self._where} evicts keys ({facts.maxmemory_policy}); set noeviction")
        limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
        if limit and used >= limit:
            text = f"{self._where} is full ({limit >> 20} MiB) and refuses what the node writes; raise maxmemory"
            return _wrong("full", text)
        if limit and used > limit * _FULL:
            text = f"{self._where} has used more than {_FULL:.0%} of its {limit >> 20} MiB; raise maxmemory"
            return _wrong("memory", text)
        return None


def _wrong(name: str, reason: str, *, fatal: bool = False) -> Condition:
    return Condition(subject=Subject.PERSISTENCE, name=name, reason=reason, fatal=fatal)
