"""Cache: every order, fill and position in Redis at once, readable again after any restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.cache.config import CacheConfig
from nautilus_trader.common.config import DatabaseConfig

from nodecfg.settings.engines import CacheSettings

if TYPE_CHECKING:
    from nodecfg.settings import RedisConfig


def build_database_config(redis: RedisConfig) -> DatabaseConfig:
    """Build the connection to Redis.

    Upstream's default backs off up to 1000 s between tries: after 70 s without Redis nothing was written for the next
    12 s. `max_delay` is in seconds, `factor` in milliseconds (crates/infrastructure/src/redis). A million tries: the
    node must outlive any outage; failing fast at the start is up to the service's check before it builds the node.
    """
    return DatabaseConfig(
        type="redis",
        host=redis.host,
        port=redis.port,
        username=redis.username,
        password=redis.password.get_secret_value() if redis.password else None,
        ssl=redis.ssl,
        connection_timeout=redis.connection_timeout,
        response_timeout=redis.response_timeout,
        number_of_retries=redis.retries,
        exponent_base=2,
        factor=2,
        max_delay=1,
    )


def build_cache_config(redis: RedisConfig, cache: CacheSettings | None = None, *, debug: bool = False) -> CacheConfig:
    """Build the cache.

    `buffer_interval_ms` stays None: with 100 ms a kill within 20 ms of a fill lost the whole order and position.
    `persist_account_events` is False: the list grows for ever, purging does nothing, and the venue knows the account.
    `use_instance_id` is False: with it no state would ever be found again. `flush_on_start` is FLUSHDB of all traders.

    Args:
        redis: Where the state is kept.
        cache: Sizes.
        debug: Records as JSON with readable times, which a node without it cannot read.
    """
    cache = cache or CacheSettings()
    return CacheConfig(
        database=build_database_config(redis),
        encoding="json" if debug else "msgpack",
        timestamps_as_iso8601=debug,
        persist_account_events=False,
        buffer_interval_ms=None,
        bulk_read_batch_size=cache.bulk_read_batch_size,
        use_trader_prefix=True,
        use_instance_id=False,
        flush_on_start=False,
        tick_capacity=cache.tick_capacity,
        bar_capacity=cache.bar_capacity,
    )
