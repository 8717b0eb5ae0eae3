"""The life of a built node: its start, the watch while it trades, and its stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from noderun import logs
from noderun.readiness import data_flows
from noderun.running import EXIT_SECONDS
from noderun.states import Exit, Failure, State

if TYPE_CHECKING:
    from nodecfg import TradingNodeSettings
    from noderun.ending import Reason
    from noderun.engine.node import Engine
    from noderun.running import Node, Run
    from noderun.watch.watcher import Watcher

_PROGRESS_EVERY = 0.25
_STUCK_GRACE = 5.0
_FEEDS_PER_INTERVAL = 3
_DOING = {
    State.CONNECTING: "connecting to the venues",
    State.RECONCILING: "comparing orders, fills and positions with the venues",
}


async def live(this: Run, node: Node) -> Failure:
    """Start, watch and stop a built node, on its loop; return why it ended."""
    # Before the start: a node that trades may have no descriptor left to read a module with.
    from noderun.shutdown import stop  # noqa: PLC0415
    from noderun.watch.watcher import Watcher  # noqa: PLC0415

    settings, engine = node.settings, node.engine
    _show_state(this, engine)
    wished = asyncio.create_task(this.ending.wished())
    beating = asyncio.create_task(this.pulse.beat())
    start = asyncio.create_task(_start(this, settings, engine))
    looking = asyncio.create_task(_report_progress(this, engine))
    feeding = None
    await asyncio.wait({start, wished}, return_when=asyncio.FIRST_COMPLETED)
    looking.cancel()
    if start.done() and (failure := start.result()) is not None:
        this.ending.wish(failure.code, failure.reason)
    elif start.done():
        this.ending.unlimited()
        this.board.ready()
        engine.gate.ready.set()
        node.acts.enforce()
        feeding = asyncio.create_task(_feed_watchdog(this, engine))
        looking = asyncio.create_task(_watch(this, node, Watcher))
    reason = await wished
    start.cancel()
    looking.cancel()
    this.board.stopping(reason.text)
    this.board.notifier.extend_timeout(settings.shutdown.timeout + EXIT_SECONDS)
    problems = await stop(engine, settings, asked=reason.asked, hurry=this.ending.hurry, tell=this.board.tell)
    for task in (feeding, beating):
        if task is not None:
            task.cancel()
    return _outcome(reason, problems)


async def _start(this: Run, settings: TradingNodeSettings, engine: Engine) -> Failure | None:
    ready = settings.ready
    left = this.left(settings)
    # A loop that is stuck cannot time out by itself: a strategy whose on_start does not return, most likely.
    this.ending.limit(left + _STUCK_GRACE, Exit.STRATEGY_START, "the event loop is stuck in the start of a strategy")
    try:
        async with asyncio.timeout(left):
            await engine.start()
            _show_state(this, engine)
            await data_flows(engine.feeds, quiet=ready.data_except, seconds=ready.data_timeout, tell=this.board.tell)
    except Failure as failure:
        return failure
    except TimeoutError:
        return engine.late(ready.timeout)
    return None


async def _report_progress(this: Run, engine: Engine) -> None:
    while True:
        _show_state(this, engine)
        if engine.reconciliation.problem:
            this.board.tell(engine.reconciliation.problem)
        await asyncio.sleep(_PROGRESS_EVERY)


def _show_state(this: Run, engine: Engine) -> None:
    if this.board.state is not engine.state:
        this.board.enter(engine.state, _DOING[engine.state])


async def _watch(this: Run, node: Node, make: type[Watcher]) -> None:
    try:
        watcher = make(node.settings, node.engine, node.redis, node.lease, node.metrics)
        node.metrics.watcher = watcher
        await watcher.watch(this.board, this.ending)
    except Exception as error:
        # Unwatched, the state would be a lie.
        logs.get().exception("watching")
        this.ending.wish(Exit.UNEXPECTED, f"watching the node raised: {type(error).__name__}: {error}")


async def _feed_watchdog(this: Run, engine: Engine) -> None:
    interval = (this.process.watchdog_usec or 30_000_000) / 1e6 / _FEEDS_PER_INTERVAL
    while True:
        if (queue := engine.dead_queue()) is not None:
            this.ending.wish(Exit.UNEXPECTED, f"upstream no longer serves its queue of {queue}")
        this.board.notifier.watchdog()
        await asyncio.sleep(interval)


def _outcome(reason: Reason, problems: list[Failure]) -> Failure:
    for problem in problems:
        logs.get().error("stop", code=int(problem.code), reason=problem.reason)
    if reason.code is Exit.STOPPED and problems:
        return problems[0]
    return Failure(reason.code, reason.text)
