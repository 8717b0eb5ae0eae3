"""An index in Redis that names orders which are not there is mended before the state is loaded.

Upstream: `Cache.cache_all` (nautilus_trader/cache/cache.pyx) takes `index:order_position` and `index:order_client` from
Redis as they stand. When Redis lost its data under a running node (restarted without its file, restored from an old
one), the node's next writes make those entries anew, but not the orders: an update of a list that is not there is
dropped (RPUSHX). The next start then fails for ever: reconciliation brings such an order from the venue, and
`add_order` raises "already contained in '_index_order_position'".

Here: entries without their order are removed before upstream loads; the venue tells what is open.

Shown by: tests/integration/node/test_lost_memory.py. Can go when upstream builds its index from what it loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from redis.exceptions import RedisError

from nodecfg.doctor.redis_server import connect_redis
from noderun import logs

if TYPE_CHECKING:
    from nodecfg import RedisConfig

_INDEXES: Final = ("index:order_position", "index:order_client")
_BATCH: Final = 1000


def remove(settings: RedisConfig, key_prefix: str) -> int:
    """Remove what names an order that is not there; return how many entries. Only while no node of this trader runs.

    Args:
        settings: Where Redis is.
        key_prefix: Prefix of the trader's keys.
    """
    try:
        with connect_redis(settings) as client:
            removed = sum(_remove(client, key_prefix, index) for index in _INDEXES)
    except (RedisError, OSError):
        return 0  # What is wrong with Redis is told by whoever loads the state.
    if removed:
        logs.get().warning("Redis named orders that it does not hold; the venue is asked for them", entries=removed)
    return removed


def _remove(client: Any, key_prefix: str, index: str) -> int:  # noqa: ANN401 the client's type is generic
    named = {_text(field) for field in client.hgetall(f"{key_prefix}{index}")}
    if not named:
        return 0
    start = f"{key_prefix}orders:"
    held = {_text(key).removeprefix(start) for key in client.scan_iter(match=f"{start}*", count=_BATCH)}
    orphans = sorted(named - held)
    for first in range(0, len(orphans), _BATCH):
        client.hdel(f"{key_prefix}{index}", *orphans[first : first + _BATCH])
    return len(orphans)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
