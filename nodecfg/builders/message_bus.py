"""Message bus: published to Redis streams that are always trimmed, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.common.config import MessageBusConfig

from nodecfg.builders.cache import build_database_config
from nodecfg.settings.redis import RedisConfig

if TYPE_CHECKING:
    from nodecfg.settings import MessageBusSettings


def build_message_bus_config(bus: MessageBusSettings, redis: RedisConfig) -> MessageBusConfig | None:
    """Build the bus; None when nothing is published.

    `use_instance_id` stays off, or readers would have to find a new stream after each start. `buffer_interval_ms` stays
    unset like the cache's. `types_filter` stays unset: upstream writes it, but its decoder cannot read it back.
    """
    if not bus.enabled:
        return None
    return MessageBusConfig(
        database=build_database_config(_redis(bus, redis)),
        encoding=bus.encoding.value,
        timestamps_as_iso8601=False,
        buffer_interval_ms=None,
        autotrim_mins=bus.autotrim_mins,
        use_trader_prefix=True,
        use_trader_id=True,
        use_instance_id=False,
        streams_prefix=bus.streams_prefix,
        stream_per_topic=bus.stream_per_topic,
        external_streams=list(bus.external_streams) or None,
        heartbeat_interval_secs=bus.heartbeat_interval_secs,
    )


def _redis(bus: MessageBusSettings, redis: RedisConfig) -> RedisConfig:
    if bus.host is None:
        return redis
    return RedisConfig(
        host=bus.host,
        port=bus.port,
        username=bus.username,
        password=bus.password,
        ssl=bus.ssl,
        connection_timeout=redis.connection_timeout,
        response_timeout=redis.response_timeout,
        retries=redis.retries,
    )
