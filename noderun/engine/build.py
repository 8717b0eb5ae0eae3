"""Builds upstream's node: constructs it, gives it its clients and their keys, and tells what went wrong."""

from __future__ import annotations

import os
import re
import traceback
from typing import TYPE_CHECKING

import msgspec
import uvloop
from nautilus_trader.common.config import InvalidConfiguration
from nautilus_trader.live.node import TradingNode

from nodecfg import adapter_environment, client_factories
from noderun.engine.guards import request_weight, timers
from noderun.states import Exit, Failure

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from nautilus_trader.live.config import TradingNodeConfig

    from nodecfg import TradingNodeSettings

# Upstream's Redis client (Rust) raises RuntimeError with these texts; its decoders raise other classes.
_REDIS_TROUBLE = re.compile(
    r"redis|timed out|connection|broken pipe|reset by peer|end of file|NOAUTH|WRONGPASS|NOPERM|LOADING|MISCONF",
    re.IGNORECASE,
)


def new_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop that upstream prefers."""
    return uvloop.new_event_loop()


def build_node(
    settings: TradingNodeSettings,
    config: TradingNodeConfig,
    loop: asyncio.AbstractEventLoop,
    on_raised: Callable[[str], None],
) -> TradingNode:
    """Construct the node and its clients. Blocks, for ever when Redis has gone: guard it with a deadline.

    Args:
        settings: Keys are taken from there.
        config: What nodecfg made of them.
        loop: The node's, not running yet.
        on_raised: Called with one line, on any thread, when a timer's callback raised.

    Raises:
        Failure: 74, 75, 76 or 78, by what could not be done.
    """
    # Saved by us at the stop, strategy by strategy: upstream's own save stops at the first exception and never ends.
    config = msgspec.structs.replace(config, save_state=False)
    # Clocks are given their callbacks while the node is constructed.
    timers.install(on_raised)
    request_weight.keep_headers()
    try:
        node = TradingNode(config=config, loop=loop)
        factories = client_factories(settings)
        for name, data in factories.data.items():
            node.add_data_client_factory(name, data)
        for name, execution in factories.execution.items():
            node.add_exec_client_factory(name, execution)
        _build_clients(node, settings)
    except Exception as error:
        raise _failure(error, settings) from error
    return node


def _build_clients(node: TradingNode, settings: TradingNodeSettings) -> None:
    # The adapters read their keys while they are constructed, from nowhere but the environment
    # (nautilus_trader/adapters/binance/common/credentials.py); afterwards nobody needs them there.
    keys = adapter_environment(settings)
    os.environ.update({name: value.get_secret_value() for name, value in keys.items()})
    try:
        node.build()
    finally:
        for name in keys:
            os.environ.pop(name, None)


def _failure(error: Exception, settings: TradingNodeSettings) -> Failure:
    steps = {frame.name.rsplit(".", 1)[-1] for frame in traceback.extract_tb(error.__traceback__)}
    what = f"{type(error).__name__}: {error}"
    # Before the question of the record: a Redis that fails while state is read must not look like state that is broken.
    if isinstance(error, RuntimeError) and _REDIS_TROUBLE.search(what):
        return Failure(
            Exit.REDIS, f"Redis at {settings.redis.host}:{settings.redis.port} failed while the node was built: {what}"
        )
    if steps & {"load_cache", "load_strategy", "load_actor"}:
        prefix = f"trader-{settings.environment.trader_id}:"
        return Failure(
            Exit.CACHE_UNREADABLE,
            f"cached state in Redis under {prefix}* cannot be read: {what}; nothing was changed, "
            "keep a copy, then repair or remove the record that the log names",
        )
    if isinstance(error, InvalidConfiguration):
        return Failure(Exit.CONFIGURATION, what)
    if "create" in steps and "add_strategy" not in steps and "build" not in steps:
        return Failure(Exit.STRATEGY_START, f"a strategy could not be constructed: {what}")
    if "add_strategy" in steps:
        return Failure(Exit.STRATEGY_START, f"a strategy could not be added: {what}")
    return Failure(Exit.UNEXPECTED, f"the node could not be built: {what}")
