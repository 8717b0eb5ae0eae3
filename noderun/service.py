"""The service, told once from top to bottom: configure, prove, build, start, trade, stop, end."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodecfg import ConfigurationError, Instance, ProcessEnvironment, TradingNodeSettings
from nodecfg.report import print_problems
from noderun import life, logs, preflight, signals
from noderun.board import Board
from noderun.control.server import ControlServer
from noderun.deadline import Deadline
from noderun.documents import Documents, versions
from noderun.ending import Ending
from noderun.fencing import Lease
from noderun.health.plane import HealthPlane
from noderun.health.report import Report
from noderun.latch import Latch
from noderun.loading import patient
from noderun.metrics import Metrics
from noderun.notify import Notifier
from noderun.pulse import Pulse
from noderun.running import EXIT_SECONDS, Node, Run
from noderun.states import Exit, Failure
from noderun.watch.redis import RedisWatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nautilus_trader.cache.config import CacheConfig
    from nautilus_trader.live.config import TradingNodeConfig

    from noderun.acts import Acts
    from noderun.engine.node import Engine

_DEFAULT_STOP_SECONDS = 45.0
_LAST_LINES_SECONDS = 1.0
_DRAIN_SECONDS = 3.0
"""Enough for a Redis that answers; with one that does not, upstream would try for ever."""


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
    this = Run(process=process, board=board, deadline=deadline, ending=ending, documents=documents, pulse=Pulse())
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
    deadline.arm(EXIT_SECONDS, reason.code, f"{reason.reason} (ended by force)")
    return int(reason.code)


def _serve(this: Run, options: Options) -> Failure:
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
        this.ending.limit(this.left(settings), Exit.FENCED, "the lease was not taken within READY_TIMEOUT")
        lease.acquire(wait=this.ending.wait, tell=board.tell)
        cleanup.callback(lease.release)
        metrics.lease = lease
        _reach_venues(this, settings)
        engine = _build(this, settings, config, lease, redis)
        metrics.attach(engine)
        acts = _prepare_acts(this, settings, engine, latch)
        node = Node(settings=settings, engine=engine, redis=redis, lease=lease, acts=acts, metrics=metrics)
        failure = engine.loop.run_until_complete(life.live(this, node))
        return _put_away(this, node, failure, config.cache)


def _put_away(this: Run, node: Node, failure: Failure, cache: CacheConfig | None) -> Failure:
    from noderun.engine.guards import lost_writes  # noqa: PLC0415

    doing = "draining the cache's writes to Redis"
    if failure.code is not Exit.STOPPED:
        # May be the last word: native code can hold the interpreter here until the deadline ends the process.
        doing = f"{int(failure.code)} {failure.reason}; {doing}"
    if failure.code is Exit.REDIS and node.redis.away:
        # Upstream would go on behind the write that it lost, should Redis come back in this moment.
        this.ending.at_once(failure.code, f"{failure.reason}; what was not written is told by the venues")
        # Nothing may be written behind the line that says so.
        threading.Event().wait()
    if failure.code is Exit.REDIS:
        this.ending.shorten(_DRAIN_SECONDS)
    this.board.tell(doing)
    remembered = node.engine.remembered()
    node.engine.dispose()
    if node.lease.confirm():
        if cache is not None:
            lost_writes.write_again(remembered, node.settings.redis, node.redis.key_prefix, cache)
    elif failure.code is Exit.STOPPED:
        # Upstream does not always wait for a Redis that is gone: nobody knows what of the last writes it has.
        why = node.lease.taken_by or "Redis does not answer; what of the last writes is missing the venues tell"
        return Failure(Exit.STOP_DEADLINE, f"{failure.reason}, but {why}")
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


def _prove_redis(this: Run, settings: TradingNodeSettings, key_prefix: str) -> RedisWatch:
    this.board.tell("proving Redis")
    this.ending.limit(this.left(settings), Exit.REDIS, "Redis was not proven within READY_TIMEOUT")
    facts = preflight.prove_redis(settings.redis, key_prefix, wait=this.ending.wait, tell=this.board.tell)
    if not facts.aof_enabled:
        logs.get().warning("redis keeps no append-only file: when it crashes, the node's state is lost")
    return RedisWatch(settings.redis, key_prefix, facts.run_id)


def _reach_venues(this: Run, settings: TradingNodeSettings) -> None:
    from nodecfg.doctor import accesses  # noqa: PLC0415

    for access in accesses(settings):
        address = preflight.Address(name=access.client, url=access.url, path=access.time_path, setting=access.setting)
        this.board.tell(f"looking for {address.name} at {address.url}")
        this.ending.limit(this.left(settings), Exit.NOT_CONNECTED, f"{address.name} was not reached in READY_TIMEOUT")
        preflight.reach_venue(
            address, seconds=settings.timeouts.connection, wait=this.ending.wait, tell=this.board.tell
        )


def _build(
    this: Run, settings: TradingNodeSettings, config: TradingNodeConfig, lease: Lease, watch: RedisWatch
) -> Engine:
    from noderun.engine.build import build_node, new_loop  # noqa: PLC0415
    from noderun.engine.guards import orphan_index  # noqa: PLC0415
    from noderun.engine.node import Engine  # noqa: PLC0415

    where, limit = f"Redis at {settings.redis.host}:{settings.redis.port}", settings.shutdown.timeout
    this.board.tell(f"building the node, loading its state from {where} (code 75 if that hangs for {limit:.0f} s)")
    with _loading(this, settings), patient(this, settings, watch):
        orphan_index.remove(settings.redis, watch.key_prefix)
        node = build_node(
            settings, config, new_loop(), lambda why: _wish(this, Exit.HANDLER, f"a handler raised: {why}")
        )
    engine = Engine(
        node,
        lambda code, why: _wish(this, code, why),
        lease.lost,
        grew=watch.grew,
        unrecorded=watch.unrecorded,
    )
    this.documents.engine = engine
    this.ending.raise_if_wished()
    return engine


@contextlib.contextmanager
def _loading(this: Run, settings: TradingNodeSettings) -> Iterator[None]:
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


def _look_for_bad_records(this: Run, settings: TradingNodeSettings) -> None:
    from noderun.verify import verify  # noqa: PLC0415

    this.board.tell("the last start ended while it loaded its state: looking for records that cannot be read")
    # Slow is not broken: 76 would keep the node down.
    this.ending.limit(this.left(settings), Exit.REDIS, "not every record was read from Redis in READY_TIMEOUT")
    verdict = verify(settings)
    if verdict.problems:
        label, problem = next(iter(verdict.problems.items()))
        more = f" (and {len(verdict.problems) - 1} more)" if len(verdict.problems) > 1 else ""
        text = f"cached {label} {problem}{more}; `noderun cache verify` lists all, nothing was changed"
        raise Failure(Exit.CACHE_UNREADABLE, text)


def _wish(this: Run, code: Exit, why: str) -> None:
    this.ending.wish(code, why, asked=code is Exit.STOPPED)


def _serve_health(this: Run, settings: TradingNodeSettings, instance: Instance, metrics: Metrics) -> HealthPlane:
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


def _prepare_acts(this: Run, settings: TradingNodeSettings, engine: Engine, latch: Latch) -> Acts:
    from noderun.acts import Acts  # noqa: PLC0415

    directory = this.process.state_directory
    journal = directory / "acts.jsonl" if directory is not None else None
    acts = Acts(engine, this.board, latch, journal, upstream_level=settings.logging.level.value)
    this.documents.acts, this.documents.journal = acts, journal
    return acts


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
