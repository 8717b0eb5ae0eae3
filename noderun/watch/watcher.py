"""Looks at a started node once a second; its state follows: RUNNING, DEGRADED, and the end when that lasts too long."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from noderun import logs
from noderun.engine import components
from noderun.engine.clock import seconds_ahead
from noderun.lines import one_line
from noderun.watch.clock import ClockWatch
from noderun.watch.conditions import Condition, Conditions, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nodecfg import TradingNodeSettings
    from noderun.board import Board
    from noderun.ending import Ending
    from noderun.engine.node import Engine
    from noderun.fencing import Lease
    from noderun.metrics import Metrics
    from noderun.readiness import Feed
    from noderun.watch.redis import RedisWatch

_LOOK_EVERY: Final = 1.0
_TRADES_TIMES: Final = 5
_BARS_TIMES: Final = 2
_DIFFERENCE_LOOKS: Final = 3
_COMPARE_AGAIN: Final = 10.0
"""Seconds; a look costs about 90 of Binance's 2400 units of request weight a minute, whatever it finds."""
_COMPARE_SECONDS: Final = 20.0
"""A venue that has not answered then is asked anew: one request that hangs must not end all comparisons."""
_UNANSWERED_LOOKS: Final = 2
"""One that fails can be a moment's: a limit, a connection that broke."""
_NAMED: Final = 3


class Watcher:
    """Everything that is watched, and what is wrong with it. Written on the loop, read on any thread.

    Attributes:
        ages: Seconds that each condition has held, by subject and name.
        data_ages: Seconds since the last message of each subscription.
        clients: Whether each client is connected.
        engines: Whether each of upstream's engines runs.
        disconnects: How often each connection was found down that was up before.
        differences: Lasting differences between cache and venues, as of the last comparison.
        comparisons: How many there were, `comparisons_different` of them with differences.
        comparison_seconds: How long the last one took.
    """

    def __init__(
        self, settings: TradingNodeSettings, engine: Engine, redis: RedisWatch, lease: Lease, metrics: Metrics
    ) -> None:
        """Watch a node that has just become ready."""
        self.ages: Mapping[tuple[Subject, str], float] = {}
        self.data_ages: Mapping[Feed, float] = {}
        self.clients: Mapping[str, bool] = {}
        self.engines: Mapping[str, bool] = {}
        self.disconnects: Counter[str] = Counter()
        self.differences: list[str] = []
        self.comparisons = 0
        self.comparisons_different = 0
        self.comparison_seconds = 0.0
        self._down: set[str] = set()
        self._unanswered = 0
        self._unanswered_why = ""
        self._metrics = metrics
        self._health = settings.health
        self._quiet = settings.ready.data_except
        self._engine = engine
        self._redis = redis
        self._lease = lease
        self._clock = ClockWatch(settings)
        health = settings.health
        self._conditions = Conditions(
            {
                Subject.LINK: health.link_limit,
                Subject.DATA: health.data_limit,
                Subject.PERSISTENCE: health.persistence_limit,
                Subject.DIFFERENCE: health.difference_limit,
            }
        )

    @property
    def clock_offsets(self) -> dict[str, float]:
        """Seconds by which this host's clock is ahead of each venue's."""
        return self._clock.offsets.copy()

    async def watch(self, board: Board, ending: Ending) -> None:
        """Look until cancelled; wish the end when something lasts too long."""
        background = [asyncio.create_task(self._compare()), asyncio.create_task(self._save_state())]
        now = asyncio.get_running_loop().time
        try:
            while True:
                self._engine.write(*self._redis.canaries.send())
                self._conditions.update(self._found(now()), now())
                self.ages = self._conditions.ages(now())
                board.show(self._conditions.reasons)
                if (failure := self._conditions.overdue(now())) is not None:
                    ending.wish(failure.code, failure.reason)
                self._read_figures()
                await asyncio.sleep(_LOOK_EVERY)
        finally:
            self._clock.stop()
            for task in background:
                task.cancel()

    def _found(self, now: float) -> Iterator[Condition]:
        if (why := self._lease.lost()) is not None:
            yield Condition(subject=Subject.LEASE, name="lease", reason=f"no order is sent: {why}")
        yield from self._links()
        if self._unanswered >= _UNANSWERED_LOOKS:
            text = f"requests fail, orders may not reach the venue: {self._unanswered_why}"
            yield Condition(subject=Subject.REQUESTS, name="requests", reason=text)
        yield from self._stale(now)
        yield from self._redis.conditions(self._health.persistence_max_lag)
        if self._engine.publisher_closed():
            text = "upstream's message bus no longer publishes to Redis; the node restarts"
            yield Condition(subject=Subject.PERSISTENCE, name="publisher", reason=text, fatal=True)
        if self.differences:
            named, more = self.differences[:_NAMED], len(self.differences) - _NAMED
            text = f"cache and venue differ: {'; '.join(named)}" + (f" and {more} more" if more > 0 else "")
            yield Condition(subject=Subject.DIFFERENCE, name="differences", reason=text)
        yield from self._clock.conditions()
        yield from self._frozen_clock()

    def _links(self) -> Iterator[Condition]:
        dead = self._engine.dead_links()
        down = {link.name for link in dead}
        self.disconnects.update(down - self._down)
        self._down = down
        away = {link.client for link in dead}
        self.clients = {name: name not in away for name in self._engine.client_names()}
        self.engines = self._engine.engines()
        for link in dead:
            yield Condition(subject=Subject.LINK, name=link.name, reason=link.reason, fatal=link.for_good)

    def _frozen_clock(self) -> Iterator[Condition]:
        if (ahead := seconds_ahead(self._engine.kernel)) > self._health.clock_max_offset:
            text = f"this host's clock went back, upstream's stands still for {ahead:.0f} s: the venue refuses its time"
            # While the host's clock is the wrong one, a restart would only sign with that.
            right = self._clock.right
            cure = "; the node restarts" if right else ""
            yield Condition(subject=Subject.FROZEN_CLOCK, name="upstream", reason=text + cure, fatal=right)

    def _read_figures(self) -> None:
        try:
            self._metrics.figures = self._engine.figures()
        except Exception as error:
            if not self._metrics.figures_failed:
                logs.get().warning("the node's numbers could not be read", error=one_line(error))
            self._metrics.figures_failed += 1

    def _stale(self, now: float) -> Iterator[Condition]:
        self.data_ages = self._engine.freshness.look(now)
        for feed, age in self.data_ages.items():
            limit = self._limit(feed)
            if feed.instrument_id not in self._quiet and age > limit:
                text = f"no {feed} for more than {limit:g} s; see READY_DATA_EXCEPT if that instrument may be quiet"
                yield Condition(subject=Subject.DATA, name=str(feed), reason=text)

    def _limit(self, feed: Feed) -> float:
        if feed.interval is not None:
            return feed.interval * _BARS_TIMES + self._health.data_max_age
        return self._health.data_max_age * (_TRADES_TIMES if feed.kind == "trades" else 1)

    async def _save_state(self) -> None:
        while True:
            await asyncio.sleep(self._health.state_save_interval)
            for problem in components.save_state(self._engine):
                logs.get().error("state not saved", reason=problem)

    async def _compare(self) -> None:
        while True:
            again = self.differences or self._unanswered
            await asyncio.sleep(_COMPARE_AGAIN if again else self._health.compare_interval)
            began = asyncio.get_running_loop().time()
            try:
                self.differences = await self._lasting_differences()
                self.comparisons += 1
                self.comparisons_different += bool(self.differences)
                self.comparison_seconds = asyncio.get_running_loop().time() - began
                self._unanswered = 0
            except Exception as error:
                # Not known is not equal, and not different either; streams may live while no request is answered.
                self._unanswered += 1
                late = isinstance(error, TimeoutError)
                self._unanswered_why = f"no answer within {_COMPARE_SECONDS:g} s" if late else one_line(error)
                logs.get().warning("the venues could not be compared with the cache", error=self._unanswered_why)

    async def _lasting_differences(self) -> list[str]:
        # An order or a fill on its way is a difference for a moment.
        for look in range(_DIFFERENCE_LOOKS):
            async with asyncio.timeout(_COMPARE_SECONDS):
                found = await self._engine.differences()
            # What has lasted already needs no second look.
            if not found or set(found) <= set(self.differences):
                return found
            if look + 1 < _DIFFERENCE_LOOKS:
                await asyncio.sleep(_LOOK_EVERY)
        return found
