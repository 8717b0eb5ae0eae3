"""A write that upstream lost is noticed, and made again before the node ends.

Upstream: the cache's writer (crates/infrastructure/src/redis/cache.rs of 1.231.0) sends each write once. One that
finds its connection broken ("broken pipe"), or that Redis refuses for a moment, is dropped with a line in the log, and
the next ones go on behind the hole. An order or a position in Redis then lacks an event in the middle, or, when it was
the first, all of them: each later one is for a list that is not there. The node knows better and trades on; the next
start believes the record and books a made-up fill for what the position lacks.

Here: the lists of orders and positions that grew are compared in length with what the node knows, as soon as a canary
that was written behind them has come. One that stays too short ends the node with 75, and at every end of a node that
has a Redis each list that differs is written again, whole, from the node's memory. So is one that another process wrote
to: a holder of the lease that wakes from a long pause writes what it hears of its successor's orders, once.

Shown by: tests/integration/node/test_lost_writes.py; tests/chaos, "Redis killed". Can go when upstream repeats writes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.model.events import PositionEvent
from redis.client import NEVER_DECODE
from redis.exceptions import RedisError

from nodecfg.doctor.redis_server import connect_redis
from noderun import logs
from noderun.engine.records import serializer
from noderun.lines import one_line
from noderun.watch.written import ask_length

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nautilus_trader.cache.config import CacheConfig
    from nautilus_trader.system.kernel import NautilusKernel

    from nodecfg import RedisConfig
    from noderun.watch.written import Grew

_BATCH: Final = 1000
_NAMED: Final = 5


def install(kernel: NautilusKernel, grew: Grew) -> None:
    """Tell of every record that is written to; upstream publishes an event after it has handed the write over."""
    bus = kernel.msgbus
    bus.subscribe("events.order.*", partial(_tell_order, kernel.cache, grew))
    bus.subscribe("events.position.*", partial(_tell_position, kernel.cache, grew))


def _tell_order(cache: Any, grew: Grew, event: Any) -> None:  # noqa: ANN401 upstream's cache and event
    if (order := cache.order(event.client_order_id)) is not None:
        grew(_key(order), order.event_count)


def _tell_position(cache: Any, grew: Grew, event: Any) -> None:  # noqa: ANN401 as above
    if isinstance(event, PositionEvent) and (position := cache.position(event.position_id)) is not None:
        grew(_key(position), position.event_count)


def _key(record: Any) -> str:  # noqa: ANN401 upstream's Order or Position
    if hasattr(record, "client_order_id"):
        return f"orders:{record.client_order_id}"
    return f"positions:{record.id}"


def remembered(kernel: NautilusKernel, since: int) -> list[Any]:
    """Return the orders and positions that were written to; ask before upstream forgets them in its end.

    Args:
        kernel: Of the node.
        since: Time, as of `ts_init`, at which this process began to write.
    """
    records = (*kernel.cache.orders(), *kernel.cache.positions())
    return [record for record in records if record.last_event.ts_init >= since]


def write_again(records: list[Any], settings: RedisConfig, key_prefix: str, config: CacheConfig) -> int:
    """Write the records again that Redis does not have in full; return how many. Only behind upstream's last write.

    Args:
        records: What the node knows, as `remembered` tells.
        settings: Where Redis is.
        key_prefix: Prefix of the trader's keys.
        config: How upstream writes them.
    """
    try:
        with connect_redis(settings) as client:
            different = list(_different(client, records, key_prefix))
            if not different or not _has_instruments(client, different, key_prefix):
                return 0
            for record in different:
                _write(client, record, key_prefix, config)
    except (RedisError, OSError) as error:
        logs.get().error("lost writes could not be made again; the venue is asked at the start", error=one_line(error))
        return 0
    logs.get().warning(
        "Redis lacked writes of this node: they were made again",
        records=len(different),
        some=[_key(record) for record in different[:_NAMED]],
    )
    return len(different)


def _different(client: Any, records: list[Any], key_prefix: str) -> Iterator[Any]:  # noqa: ANN401 redis-py's client is generic
    for first in range(0, len(records), _BATCH):
        batch = records[first : first + _BATCH]
        pipeline = client.pipeline(transaction=False)
        for record in batch:
            ask_length(pipeline, f"{key_prefix}{_key(record)}", record.event_count)
        answers = pipeline.execute()
        yield from (record for record, answer in zip(batch, answers, strict=True) if len(answer) != 1)


def _has_instruments(client: Any, records: list[Any], key_prefix: str) -> bool:  # noqa: ANN401 as above
    # Without them upstream skips positions at the start: that Redis has lost everything, and the venue tells it anew.
    names = sorted({f"{key_prefix}instruments:{record.instrument_id}" for record in records})
    pipeline = client.pipeline(transaction=False)
    for name in names:
        pipeline.execute_command("GET", name, **{NEVER_DECODE: []})
    return all(answer is not None for answer in pipeline.execute())


def _write(client: Any, record: Any, key_prefix: str, config: CacheConfig) -> None:  # noqa: ANN401 as above
    key, serialize = f"{key_prefix}{_key(record)}", serializer(config).serialize
    # Both in one packet, and no transaction: Redis 7.0 drops those of its file when it loads that with its default user
    # off ("ACLs rules changed between the moment the transaction was accumulated and the EXEC call").
    pipeline = client.pipeline(transaction=False)
    pipeline.delete(key)
    pipeline.rpush(key, *(serialize(event) for event in record.events))
    pipeline.execute()
