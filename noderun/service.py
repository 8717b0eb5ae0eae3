"""The service, told once from top to bottom: configure, prove, build, start, trade, stop, end."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodecfg import ConfigurationError, Instance, ProcessEnvironment, TradingNodeSettings
from nodecfg.report import print_problems
from noderun import logs, preflight, signals
from noderun.board import Board
from noderun.control.server import ControlServer
from noderun.deadline import Deadline
from noderun.documents import Documents, versions
from noderun.ending import Ending, Reason
from noderun.fencing import Lease
from noderun.health.plane import HealthPlane
from noderun.health.report import Report
from noderun.latch import Latch
from noderun.metrics import Metrics
from noderun.notify import Notifier
from noderun.pulse import Pulse
from noderun.readiness import data_flows
from noderun.states import Exit, Failure, State
from noderun.watch.redis import RedisWatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nautilus_trader.live.config import TradingNodeConfig

    from noderun.acts import Acts
    from noderun.engine.node import Engine

_DEFAULT_STOP_SECONDS = 45.0
_EXIT_SECONDS = 5.0
_LAST_LINES_SECONDS = 1.0
_PROGRESS_EVERY = 0.25
_STUCK_GRACE = 5.0
_DRAIN_SECONDS = 3.0
"""Enough for a Redis that answers; with one that does not, upstream would try for ever."""
_FEEDS_PER_INTERVAL = 3
_DOING = {
    State.CONNECTING: "connecting to the venues",
    State.RECONCILING: "comparing orders, fills and positions with the venues",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says.

    Attributes:
        env_file: Settings for development; the unit hands them over as a credential instead.
        socket: Control socket, None for the instance's own.
    """

    instance: Instance
    env_file: Path | None = None
    socket: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    # What every step needs.
    process: ProcessEnvironment
    board: Board
    deadline: Deadline
    ending: Ending
    documents: Documents
    pulse: Pulse


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    # What there is once the node is built.
    settings: TradingNodeSettings
    engine: Engine
    redis: RedisWatch
    lease: Lease
    acts: Acts
    metrics: Metrics


def run(options: Options) -> int:
    """Run the service until it ends; return its exit code. Must be called before any other thread is started."""
    signals.block()
    process = ProcessEnvironment.from_os()
    logs.configure(instance=options.instance.name, version=versions()["version"], directory=process.logs_directory)
    board = Board(Notifier(process.notify_socket))
    deadline = Deadline(board.ended, board.will_end)
    ending = Ending(deadline, _DEFAULT_STOP_SECONDS)
    signals.listen(ending.on_signal)
    documents = Documents(options.instance.name, board)
    this = _Run(process=process, board=board, deadline=deadline, ending=ending, documents=documents, pulse=Pulse())
    try:
        reason = _serve(this, options)
    except ConfigurationError as error:
        print_problems(error.problems)
        reason = Failure(Exit.CONFIGURATION, _first_of(error))
    except Failure as failure:
        reason = failure
    except Exception as error:
        logs.get().exception("unexpected")
        reason = Failure(Exit.UNEXPECTED, f"{type(error).__name__}: {error}")
    # Upstream's lines come from a thread of its own: none of them after the last one of ours.
    logs.flush(_LAST_LINES_SECONDS)
    board.ended(reason.code, reason.reason)
    # Native threads and exit handlers get a moment, no more.
    deadline.arm(_EXIT_SECONDS, reason.code, f"{reason.reason} (ended by force)")
    return int(reason.code)


def _serve(this: _Run, options: Options) -> Failure:
    board = this.board
    board.tell("reading the configuration")
    settings = TradingNodeSettings.from_env(env_file=options.env_file)
    this.documents.settings = settings
    this.ending.seconds = settings.shutdown.timeout
    logs.settle(settings)
    config = _configure(settings)
    board.notifier.extend_timeout(settings.ready.timeout + settings.shutdown.timeout)
    metrics = Metrics(options.instance.name, versions(), board, this.pulse)
    this.documents.metrics = metrics
    directory = this.process.state_directory
    latch = Latch(directory / "halt.json" if directory is not None else None)
    with contextlib.ExitStack() as cleanup:
        plane = _serve_health(this, settings, options.instance, metrics)
        cleanup.callback(plane.close)
        this.documents.health = plane.addresses
        if (path := _socket(this.process, options)) is not None:
            cleanup.callback(ControlServer(path, this.documents.answer).close)
        key_prefix = options.instance.redis_key_prefix(settings.environment.trader_id)
        redis = _prove_redis(this, settings, key_prefix)
        cleanup.callback(redis.stop)
        metrics.redis = redis
        lease = Lease(settings.redis, key_prefix, lambda why: this.ending.at_once(Exit.FENCED, why))
        this.ending.limit(_left(this, settings), Exit.FENCED, "the lease was not taken within READY_TIMEOUT")
        lease.acquire(wait=this.ending.wait, tell=board.tell)
        cleanup.callback(lease.release)
        metrics.lease = lease
        _reach_venues(this, settings)
        engine = _build(this, settings, config, lease, key_prefix)
        metrics.attach(engine)
        acts = _prepare_acts(this, settings, engine, latch)
        node = _Node(settings=settings, engine=engine, redis=redis, lease=lease, acts=acts, metrics=metrics)
        failure = engine.loop.run_until_complete(_live(this, node))
        doing = "draining the cache's writes to Redis"
        if failure.code is not Exit.STOPPED:
            # May be the last word: native code can hold the interpreter here until the deadline ends the process.
            doing = f"{int(failure.code)} {failure.reason}; {doing}"
        if failure.code is Exit.REDIS:
            this.ending.shorten(_DRAIN_SECONDS)
        board.tell(doing)
        engine.dispose()
    return failure


def _configure(settings: TradingNodeSettings) -> TradingNodeConfig:
    # Imported late, here and below: upstream takes seconds, and what is wrong with the settings is known before.
    import msgspec  # noqa: PLC0415

    from nodecfg import TradingNodeConfigFactory  # noqa: PLC0415

    config = TradingNodeConfigFactory.from_settings(settings)
    if config.logging is None or settings.logging.file_level is None:
        return config
    logs.get().warning("upstream's own file log stays off, it would hold signatures: noderun.jsonl has its lines")
    return msgspec.structs.replace(config, logging=msgspec.structs.replace(config.logging, log_level_file=None))


def _prove_redis(this: _Run, settings: TradingNodeSettings, key_prefix: str) -> RedisWatch:
    this.board.tell("proving Redis")
    this.ending.limit(_left(this, settings), Exit.REDIS, "Redis was not proven within READY_TIMEOUT")
    facts = preflight.prove_redis(settings.redis, key_prefix, wait=this.ending.wait, tell=this.board.tell)
    if not facts.aof_enabled:
        logs.get().warning("redis keeps no append-only file: when it crashes, the node's state is lost")
    return RedisWatch(settings.redis, key_prefix, facts.run_id)


def _reach_venues(this: _Run, settings: TradingNodeSettings) -> None:
    from nodecfg.doctor import accesses  # noqa: PLC0415

    for access in accesses(settings):
        address = preflight.Address(name=access.client, url=access.url, path=access.time_path, setting=access.setting)
        this.board.tell(f"looking for {address.name} at {address.url}")
        this.ending.limit(_left(this, settings), Exit.NOT_CONNECTED, f"{address.name} was not reached in READY_TIMEOUT")
        preflight.reach_venue(
            address, seconds=settings.timeouts.connection, wait=this.ending.wait, tell=this.board.tell
        )


def _build(
    this: _Run, settings: TradingNodeSettings, config: TradingNodeConfig, lease: Lease, key_prefix: str
) -> Engine:
    from noderun.engine.build import build_node, new_loop  # noqa: PLC0415
    from noderun.engine.guards import orphan_index  # noqa: PLC0415
    from noderun.engine.node import Engine  # noqa: PLC0415

    redis = f"Redis at {settings.redis.host}:{settings.redis.port}"
    # Native code may hold the interpreter here, and then no signal is heard: no longer than a stop may take.
    seconds = min(_left(this, settings), settings.shutdown.timeout)
    this.board.tell(f"building the node, loading its state from {redis} (code 75 if that hangs for {seconds:.0f} s)")
    with _loading(this, settings):
        this.ending.limit(seconds, Exit.REDIS, f"{redis} went away while the node was built; start Redis")
        orphan_index.remove(settings.redis, key_prefix)
        node = build_node(
            settings, config, new_loop(), lambda why: _wish(this, Exit.HANDLER, f"a handler raised: {why}")
        )
    engine = Engine(node, lambda code, why: _wish(this, code, why), lease.lost)
    this.documents.engine = engine
    this.ending.raise_if_wished()
    return engine


@contextlib.contextmanager
def _loading(this: _Run, settings: TradingNodeSettings) -> Iterator[None]:
    # Some records end the interpreter when upstream reads them, and nobody is left to say so: a mark that is still
    # there at the next start means that this may have happened.
    directory = this.process.state_directory
    mark = directory / "loading" if directory is not None else None
    if mark is not None and mark.exists():
        _look_for_bad_records(this, settings)
    if mark is not None:
        mark.touch()
    yield
    if mark is not None:
        mark.unlink(missing_ok=True)


def _look_for_bad_records(this: _Run, settings: TradingNodeSettings) -> None:
    from noderun.verify import verify  # noqa: PLC0415

    this.board.tell("the last start ended while it loaded its state: looking for records that cannot be read")
    this.ending.limit(_left(this, settings), Exit.CACHE_UNREADABLE, "the cached state was not read in READY_TIMEOUT")
    verdict = verify(settings)
    if verdict.problems:
        label, problem = next(iter(verdict.problems.items()))
        more = f" (and {len(verdict.problems) - 1} more)" if len(verdict.problems) > 1 else ""
        text = f"cached {label} {problem}{more}; `noderun cache verify` lists all, nothing was changed"
        raise Failure(Exit.CACHE_UNREADABLE, text)


def _wish(this: _Run, code: Exit, why: str) -> None:
    this.ending.wish(code, why, asked=code is Exit.STOPPED)


def _serve_health(this: _Run, settings: TradingNodeSettings, instance: Instance, metrics: Metrics) -> HealthPlane:
    report = Report(
        identity={
            "service": "tradingnode",
            "instance": instance.name,
            "trader_id": settings.environment.trader_id,
            "environment": settings.environment.environment.value,
            **versions(),
        },
        board=this.board,
        pulse=this.pulse,
        metrics=metrics,
    )
    wanted = settings.health
    return HealthPlane(
        report,
        host=wanted.host,
        rest_port=instance.ports.health if wanted.rest_port is None else wanted.rest_port,
        grpc_port=instance.ports.grpc if wanted.grpc_port is None else wanted.grpc_port,
    )


def _prepare_acts(this: _Run, settings: TradingNodeSettings, engine: Engine, latch: Latch) -> Acts:
    from noderun.acts import Acts  # noqa: PLC0415

    directory = this.process.state_directory
    journal = directory / "acts.jsonl" if directory is not None else None
    acts = Acts(engine, this.board, latch, journal, upstream_level=settings.logging.level.value)
    this.documents.acts, this.documents.journal = acts, journal
    return acts


async def _live(this: _Run, node: _Node) -> Failure:
    from noderun.shutdown import stop  # noqa: PLC0415

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
        node.acts.enforce()
        feeding = asyncio.create_task(_feed_watchdog(this, engine))
        looking = asyncio.create_task(_watch(this, node))
    reason = await wished
    start.cancel()
    looking.cancel()
    this.board.stopping(reason.text)
    this.board.notifier.extend_timeout(settings.shutdown.timeout + _EXIT_SECONDS)
    problems = await stop(engine, settings, asked=reason.asked, hurry=this.ending.hurry, tell=this.board.tell)
    for task in (feeding, beating):
        if task is not None:
            task.cancel()
    return _outcome(reason, problems)


async def _start(this: _Run, settings: TradingNodeSettings, engine: Engine) -> Failure | None:
    ready = settings.ready
    left = _left(this, settings)
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


async def _report_progress(this: _Run, engine: Engine) -> None:
    while True:
        _show_state(this, engine)
        if engine.reconciliation.problem:
            this.board.tell(engine.reconciliation.problem)
        await asyncio.sleep(_PROGRESS_EVERY)


def _show_state(this: _Run, engine: Engine) -> None:
    if this.board.state is not engine.state:
        this.board.enter(engine.state, _DOING[engine.state])


async def _watch(this: _Run, node: _Node) -> None:
    from noderun.watch.watcher import Watcher  # noqa: PLC0415

    try:
        watcher = Watcher(node.settings, node.engine, node.redis, node.lease, node.metrics)
        node.metrics.watcher = watcher
        await watcher.watch(this.board, this.ending)
    except Exception as error:
        # Unwatched, the state would be a lie.
        logs.get().exception("watching")
        this.ending.wish(Exit.UNEXPECTED, f"watching the node raised: {type(error).__name__}: {error}")


async def _feed_watchdog(this: _Run, engine: Engine) -> None:
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


def _left(this: _Run, settings: TradingNodeSettings) -> float:
    return max(1.0, settings.ready.timeout - this.board.age)


def _socket(process: ProcessEnvironment, options: Options) -> Path | None:
    if options.socket is not None:
        return options.socket
    if process.runtime_directory is not None:
        return process.runtime_directory / options.instance.control_socket.name
    if options.instance.run_dir.is_dir():
        return options.instance.control_socket
    logs.get().warning(f"no control socket: {options.instance.run_dir} does not exist; use --socket")
    return None


def _first_of(error: ConfigurationError) -> str:
    first, more = error.problems[0], len(error.problems) - 1
    return f"configuration wrong: {first}" + (f" (and {more} more)" if more else "")
