"""Latency of what a node's cache does in a Redis of ten thousand keys, beside redis-benchmark on the same server."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import time
from typing import TYPE_CHECKING, Any

import msgspec
import redis as redis_client
from nautilus_trader.cache.config import CacheConfig
from nautilus_trader.cache.database import CacheDatabaseAdapter
from nautilus_trader.common.config import DatabaseConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.identifiers import ClientOrderId, TraderId
from nautilus_trader.serialization.serializer import MsgSpecSerializer
from rich.console import Console
from rich.table import Table

from tests.integration.node.world import TRADER, Redis
from tests.support.big_cache import cache_in, cancel_in_cache
from tests.support.holder import HOLDER
from tests.support.many import cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_KEYS = int(os.environ.get("BENCH_REDIS_KEYS", "12000"))
_CALLS = int(os.environ.get("BENCH_CALLS", "5000"))
_FSYNC = os.environ.get("BENCH_APPENDFSYNC", "always")
"""As roles/redis sets it."""
_SHARES = (0.5, 0.95, 0.99)
_PREFIX = f"trader-{TRADER}:"


def test_latency_of_the_caches_calls(tmp_path: Path) -> None:
    """Reads and writes of orders, as the cache makes them, one after the other, and the bare tool's."""
    server = Redis(tmp_path / "redis").start()
    try:
        with cache_in(server.port, "admin", "admin", TRADER) as cache:
            cancel_in_cache(cache, TRADER, HOLDER, cancelled(_KEYS, after=0, symbols=100))
        server.admin("CONFIG", "SET", "appendfsync", _FSYNC)
        keys = int(server.admin("DBSIZE"))
        assert keys >= _KEYS
        rows = list(_measured(server))
    finally:
        server.stop()
    title = f"{keys} keys, {_CALLS} calls each, appendfsync {_FSYNC}, load average {os.getloadavg()[0]:.1f}"
    table = Table("call", *(f"p{share * 100:.0f} ms" for share in _SHARES), title=title)
    for name, values in rows:
        table.add_row(name, *(f"{value * 1e3:.3f}" for value in values))
    Console(width=130).print(table)


def _measured(server: Redis) -> Iterator[tuple[str, tuple[float, ...]]]:
    ids = [one.client_order_id for one in cancelled(_KEYS, after=0, symbols=100)]
    random.Random(7).shuffle(ids)  # noqa: S311 which orders are read
    ids = (ids * (_CALLS // len(ids) + 1))[:_CALLS]
    database = _database(server.port)
    with redis_client.Redis(port=server.port, username="admin", password="admin", protocol=2) as client:
        order = f"{_PREFIX}orders:{ids[0]}"
        event = client.lindex(order, -1)
        assert isinstance(event, bytes)
        yield (
            "upstream: load_order (LRANGE, and an order made of it)",
            _timed(database.load_order, [ClientOrderId(text) for text in ids]),
        )
        yield "the same LRANGE by redis-py", _timed(lambda text: client.lrange(f"{_PREFIX}orders:{text}", 0, -1), ids)
        yield "redis-benchmark LRANGE", _bare(server, "LRANGE", order, "0", "-1")
        yield "MULTI RPUSHX EXEC of an event by redis-py", _timed(lambda text: _push(client, text, event), ids)
        yield "redis-benchmark RPUSHX", _bare(server, "RPUSHX", order, "x" * len(event))
        yield "upstream: add, until another client reads it", _timed(lambda text: _until(database, client, text), ids)
        yield "redis-benchmark SET", _bare(server, "SET", f"{_PREFIX}general:bench", "x" * 24)
    database.close()


def _database(port: int) -> Any:  # noqa: ANN401 untyped upstream
    where = DatabaseConfig(type="redis", host="127.0.0.1", port=port, username="admin", password="admin")
    return CacheDatabaseAdapter(
        trader_id=TraderId(TRADER),
        instance_id=UUID4(),
        serializer=MsgSpecSerializer(encoding=msgspec.msgpack, timestamps_as_str=True),
        # Nothing is gathered before it is written, as nodecfg sets it.
        config=CacheConfig(database=where, encoding="msgpack", use_instance_id=False, buffer_interval_ms=None),
    )


def _push(client: Any, order_id: str, event: bytes) -> None:  # noqa: ANN401 the client's type is generic
    with client.pipeline(transaction=True) as pipe:
        pipe.rpushx(f"{_PREFIX}orders:{order_id}", event)
        pipe.execute()


def _until(database: Any, client: Any, value: str) -> None:  # noqa: ANN401 as above
    database.add("bench", f"{value}-{time.perf_counter_ns()}".encode())
    seen = client.get(f"{_PREFIX}general:bench")
    while seen is None or not seen.startswith(f"{value}-".encode()):
        seen = client.get(f"{_PREFIX}general:bench")


def _timed(call: Callable[[Any], object], arguments: list[Any]) -> tuple[float, ...]:
    took = []
    for argument in arguments:
        begun = time.perf_counter()
        call(argument)
        took.append(time.perf_counter() - begun)
    took.sort()
    return tuple(took[int(len(took) * share)] for share in _SHARES)


def _bare(server: Redis, *command: str) -> tuple[float, ...]:
    line = ["redis-benchmark", "-p", str(server.port), "--user", "admin", "-a", "admin", "-c", "1"]
    line += ["-n", str(_CALLS), "--csv", *command]
    printed = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    row = list(csv.DictReader(printed[printed.index('"test"') :].splitlines()))[-1]
    return tuple(float(row[f"p{share * 100:.0f}_latency_ms"]) / 1e3 for share in _SHARES)
