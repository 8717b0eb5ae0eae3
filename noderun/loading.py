"""Gives the load of the state its time: long with much state, short when Redis has gone.

Upstream reads the records one by one, 100,000 in half a minute or several, and holds the interpreter while it retries
(crates/infrastructure/src/redis/cache.rs of 1.231.0). One time for both would end big states or hang on dead servers.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodecfg import TradingNodeSettings
    from noderun.running import Run
    from noderun.watch.redis import RedisWatch

_LOOK_EVERY: Final = 1.0


@contextmanager
def patient(this: Run, settings: TradingNodeSettings, redis: RedisWatch) -> Iterator[None]:
    """End the process with 75 when Redis is silent, or the interpreter held, for SHUTDOWN_TIMEOUT seconds inside.

    While Redis answers somebody else, what is inside may take until READY_TIMEOUT, and ends with 72 then.

    Raises:
        Failure: With the reason, when the end is wished already.
    """
    gone = f"Redis at {settings.redis.host}:{settings.redis.port} went away while the node was built; start Redis"
    _limit(this, settings, gone)
    over = threading.Event()

    def extend() -> None:
        try:
            while not over.wait(_LOOK_EVERY):
                if redis.facts is not None and this.board.age < settings.ready.timeout:
                    _limit(this, settings, gone)
        except Failure:
            return  # The end is wished: it has a deadline of its own.

    extending = threading.Thread(target=extend, name="loading", daemon=True)
    extending.start()
    try:
        yield
    finally:
        over.set()
        extending.join()


def _limit(this: Run, settings: TradingNodeSettings, gone: str) -> None:
    left = this.left(settings)
    if left < settings.shutdown.timeout:
        late = f"the state was not loaded within {settings.ready.timeout:g} s; raise READY_TIMEOUT"
        this.ending.limit(left, Exit.NOT_RECONCILED, late)
    else:
        # No longer than a stop may take: no signal is heard while native code holds the interpreter.
        this.ending.limit(settings.shutdown.timeout, Exit.REDIS, gone)
