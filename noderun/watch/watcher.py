"""Looks at a started node once a second; its state follows: RUNNING, DEGRADED, and the end when that lasts too long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from noderun import logs
from noderun.lines import one_line
from noderun.watch.clock import ClockWatch
from noderun.watch.conditions import Condition, Conditions, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodecfg import TradingNodeSettings
    from noderun.board import Board
    from noderun.ending import Ending
    from noderun.engine.node import Engine
    from noderun.fencing import Lease
    from noderun.readiness import Feed
    from noderun.watch.redis import RedisWatch

_LOOK_EVERY: Final = 1.0
_TRADES_TIMES: Final = 5
_BARS_TIMES: Final = 2
_DIFFERENCE_LOOKS: Final = 3
_COMPARE_AGAIN: Final = 5.0
_NAMED: Final = 3


class Watcher:
    """Everything that is watched, and what is wrong with it."""

    def __init__(self, settings: TradingNodeSettings, engine: Engine, redis: RedisWatch, lease: Lease) -> None:
        """Watch a node that has just become ready."""
        self._health = settings.health
        self._quiet = settings.ready.data_except
        self._engine = engine
        self._redis = redis
        self._lease = lease
        self._clock = ClockWatch(settings)
        self._differences: list[str] = []
        health = settings.health
        self.conditions = Conditions(
            {
                Subject.LINK: health.link_limit,
                Subject.DATA: health.data_limit,
                Subject.PERSISTENCE: health.persistence_limit,
                Subject.DIFFERENCE: health.difference_limit,
            }
        )

    async def watch(self, board: Board, ending: Ending) -> None:
        """Look until cancelled; wish the end when something lasts too long."""
        comparing = asyncio.create_task(self._compare())
        now = asyncio.get_running_loop().time
        try:
            while True:
                self._engine.write(*self._redis.canaries.send())
                self.conditions.update(self._found(now()), now())
                board.show(self.conditions.reasons)
                if (failure := self.conditions.overdue(now())) is not None:
                    ending.wish(failure.code, failure.reason)
                await asyncio.sleep(_LOOK_EVERY)
        finally:
            self._clock.stop()
            comparing.cancel()

    def _found(self, now: float) -> Iterator[Condition]:
        if (why := self._lease.lost()) is not None:
            yield Condition(subject=Subject.LEASE, name="lease", reason=f"no order is sent: {why}")
        for link in self._engine.dead_links():
            yield Condition(subject=Subject.LINK, name=link.name, reason=link.reason, fatal=link.for_good)
        yield from self._stale(now)
        yield from self._redis.conditions(self._health.persistence_max_lag)
        if self._engine.publisher_closed():
            text = "upstream's message bus no longer publishes to Redis; the node restarts"
            yield Condition(subject=Subject.PERSISTENCE, name="publisher", reason=text, fatal=True)
        if self._differences:
            named, more = self._differences[:_NAMED], len(self._differences) - _NAMED
            text = f"cache and venue differ: {'; '.join(named)}" + (f" and {more} more" if more > 0 else "")
            yield Condition(subject=Subject.DIFFERENCE, name="differences", reason=text)
        yield from self._clock.conditions()

    def _stale(self, now: float) -> Iterator[Condition]:
        for feed, age in self._engine.freshness.look(now).items():
            limit = self._limit(feed)
            if feed.instrument_id not in self._quiet and age > limit:
                text = f"no {feed} for more than {limit:g} s; see READY_DATA_EXCEPT if that instrument may be quiet"
                yield Condition(subject=Subject.DATA, name=str(feed), reason=text)

    def _limit(self, feed: Feed) -> float:
        if feed.interval is not None:
            return feed.interval * _BARS_TIMES + self._health.data_max_age
        return self._health.data_max_age * (_TRADES_TIMES if feed.kind == "trades" else 1)

    async def _compare(self) -> None:
        while True:
            await asyncio.sleep(_COMPARE_AGAIN if self._differences else self._health.compare_interval)
            try:
                self._differences = await self._lasting_differences()
            except Exception as error:
                # Not known is not equal, and not different either; the links tell of a venue that is away.
                logs.get().warning("the venues could not be compared with the cache", error=one_line(error))

    async def _lasting_differences(self) -> list[str]:
        # An order or a fill on its way is a difference for a moment.
        for look in range(_DIFFERENCE_LOOKS):
            if not (found := await self._engine.differences()):
                return []
            if look + 1 < _DIFFERENCE_LOOKS:
                await asyncio.sleep(_LOOK_EVERY)
        return found
