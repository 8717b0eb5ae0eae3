"""The state is loaded from a slow Redis for as long as that takes, and from one that is silent not for long."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import TRADER
from tests.support.big_cache import cache_in, cancel_in_cache
from tests.support.holder import HOLDER, holder
from tests.support.many import cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.node.world import Node, Redis

pytestmark = pytest.mark.slow

ORDERS = 3_000
STOP_SECONDS = 8
LOADING, LOADED = "building the node", "CONNECTING"


@contextmanager
def slowed(redis: Redis) -> Iterator[None]:
    """Lets Redis work for a few milliseconds at a time."""
    assert redis.process is not None
    process, over = redis.process, threading.Event()

    def hold_up() -> None:
        while not over.wait(0.004):
            process.send_signal(signal.SIGSTOP)
            over.wait(0.15)
            process.send_signal(signal.SIGCONT)

    holding = threading.Thread(target=hold_up)
    holding.start()
    try:
        yield
    finally:
        over.set()
        holding.join()
        process.send_signal(signal.SIGCONT)


@pytest.fixture
def full(node: Node, redis: Redis) -> Node:
    """A node with thousands of records and the shortest time for a stop."""
    with cache_in(redis.port, "admin", "admin", TRADER) as cache:
        cancel_in_cache(cache, TRADER, HOLDER, cancelled(ORDERS, after=0, symbols=1))
    node.strategies = [holder()]
    node.variables |= {"SHUTDOWN_TIMEOUT": str(STOP_SECONDS), "READY_TIMEOUT": "300"}
    return node


def test_slow_redis_is_waited_for(full: Node, redis: Redis) -> None:
    """A load that takes longer than a stop may take is not cut off while Redis answers."""
    with slowed(redis):
        full.start().wait_for_status(LOADED, 100)
    full.wait_ready(60)
    began, ended = (next(when for when, line in full.messages if word in line) for word in (LOADING, LOADED))
    assert ended - began > STOP_SECONDS + 1
    assert len(full.ask("dump")["orders"]) == ORDERS


@pytest.mark.nightly
def test_load_that_takes_too_long_says_so(full: Node, redis: Redis) -> None:
    """At READY_TIMEOUT the load ends with 72 and the name of the setting."""
    full.variables["READY_TIMEOUT"] = "20"
    with slowed(redis):
        full.start().wait_for_status(LOADING, 60)
        assert full.wait_exit(60) == 72
        assert "raise READY_TIMEOUT" in full.status_lines()[-1]


@pytest.mark.nightly
def test_silent_redis_is_not_waited_for(full: Node, redis: Redis) -> None:
    """A Redis that falls silent while the state is loaded ends the start within the time of a stop."""
    with slowed(redis):
        full.start().wait_for_status(LOADING, 60)
        time.sleep(2)
    assert redis.process is not None
    redis.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    try:
        assert full.wait_exit(60) == 75
    finally:
        redis.process.send_signal(signal.SIGCONT)
    assert time.monotonic() - begun < STOP_SECONDS + 10
