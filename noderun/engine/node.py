"""Owns upstream's node: starts it step by step, says how far it is, and takes it apart whatever state it is in."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any

from nautilus_trader.model.enums import TradingState

from noderun.engine import figures, guarded, links, starts, views
from noderun.engine.events import Events
from noderun.engine.feeds import Feeds
from noderun.engine.freshness import Freshness
from noderun.engine.guards import connects
from noderun.engine.guards.gate import Gate
from noderun.lines import one_line
from noderun.snapshot import compare
from noderun.states import Exit, Failure, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from nautilus_trader.live.node import TradingNode
    from nautilus_trader.system.kernel import NautilusKernel

    from noderun.engine.links import DeadLink
    from noderun.figures import Figures
    from noderun.snapshot import Difference

_CANCEL_TASKS = 2.0
_RECONCILE_SECONDS = 30.0
_HANDLER_RAISED = "Unexpected exception in "


class Engine:
    """The node as the rest of the service knows it.

    Attributes:
        events: What was counted.
        feeds: Market data the strategies subscribed to.
        freshness: How old that data is.
        gate: Whether orders may leave.
        reconciliation: Whether cache and venue were found equal.
    """

    def __init__(
        self, node: TradingNode, on_shutdown: Callable[[Exit, str], None], lost: Callable[[], str | None]
    ) -> None:
        """Take over a built node, on the thread of its loop and before that runs.

        Args:
            node: With its clients.
            lost: Why this process must not send orders, None while it may; asked for every order.
            on_shutdown: Called on the loop with code and reason when upstream, or a strategy, wants the node to stop.
        """
        self._node = node
        self._kernel: NautilusKernel = node.kernel
        self._on_shutdown = on_shutdown
        self._connect_failed: asyncio.Future[tuple[str, BaseException]] = self.loop.create_future()
        self._start_task: asyncio.Task[None] | None = None
        self.events = Events(self._kernel)
        self.feeds = Feeds(self._kernel)
        self.freshness = Freshness(self._kernel, self.feeds)
        self.reconciliation = guarded.install(self._kernel, self.exec_clients(), self.differences)
        self.gate = Gate(self.exec_clients(), lost)
        for client in (*self.exec_clients(), *self._data_clients()):
            connects.install(client, self._connect_failed)
        self._take_over_stop()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the node."""
        loop: asyncio.AbstractEventLoop = self._kernel.loop
        return loop

    @property
    def kernel(self) -> NautilusKernel:
        """Upstream's kernel, for the other modules of this package."""
        return self._kernel

    @property
    def state(self) -> State:
        """How far a start has come."""
        return State.RECONCILING if self.connected else State.CONNECTING

    @property
    def connected(self) -> bool:
        """Whether every client has connected; stays true when a socket drops, upstream reconnects by itself."""
        return bool(self._kernel.data_engine.check_connected() and self._kernel.exec_engine.check_connected())

    @property
    def trading(self) -> bool:
        """Whether strategies have been started."""
        return any(state != "READY" for state in self.strategy_states().values())

    async def start(self) -> None:
        """Start until the trader and every strategy run.

        Raises:
            Failure: 72, 73 or 74, by the step that failed.
        """
        self._start_task = self.loop.create_task(self._kernel.start_async(), name="start")
        waiting: list[asyncio.Future[Any]] = [self._start_task, self._connect_failed]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if self._connect_failed.done():
            client, error = self._connect_failed.result()
            raise Failure(Exit.NOT_CONNECTED, f"{client} refused the connection: {one_line(error)}")
        error_at_start = self._start_task.exception()
        if error_at_start is not None:
            raise starts.raised(self, error_at_start)
        if not self._kernel.trader.is_running:
            raise starts.stuck(self)
        waiting_for = [f"{name} is {state}" for name, state in self.strategy_states().items() if state != "RUNNING"]
        if waiting_for:
            raise Failure(Exit.STRATEGY_START, f"strategy {', '.join(waiting_for)} after its start")

    def late(self, seconds: float) -> Failure:
        """Return the failure of a start that took longer than READY_TIMEOUT, by the step it was in."""
        if self._kernel.trader.is_running:
            return Failure(Exit.NOT_CONNECTED, f"market data did not flow within {seconds:g} s (READY_TIMEOUT)")
        failure = starts.stuck(self)
        return Failure(failure.code, f"{failure.reason}; the start took longer than {seconds:g} s (READY_TIMEOUT)")

    async def compare(self) -> list[Difference]:
        """Ask every venue what is open and return what the cache has otherwise; changes neither."""
        found: list[Difference] = []
        for client in self.exec_clients():
            venue = await views.venue_snapshot(self._kernel, client)
            cache = views.cache_snapshot(self._kernel, client)
            found += compare(venue=venue, cache=cache, loaded=views.loaded(self._kernel))
        return found

    async def differences(self) -> list[str]:
        """Compare, and return the differences in words."""
        return [difference.text for difference in await self.compare()]

    def venues(self) -> list[tuple[str, bool]]:
        """Return every venue and whether its clients are connected."""
        connected: dict[str, bool] = {}
        for client in (*self.exec_clients(), *self._data_clients()):
            name = str(client.id)
            connected[name] = connected.get(name, True) and bool(client.is_connected)
        return sorted(connected.items())

    def facts(self) -> dict[str, Any]:
        """Return the engine's part of the status document."""
        cache = self._kernel.cache
        return {
            "venues": [{"name": name, "connected": connected} for name, connected in self.venues()],
            "reconciled": self.reconciliation.done,
            "strategies": [{"id": name, "state": state} for name, state in self.strategy_states().items()],
            "orders_open": cache.orders_open_count(),
            "orders_inflight": cache.orders_inflight_count(),
            "fills": self.events.fills,
            "positions": views.positions(self._kernel),
        }

    def dump(self) -> dict[str, Any]:
        """Return every order, fill and open position in the cache."""
        return views.dump(self._kernel)

    def strategy_states(self) -> dict[str, str]:
        """Return the state of every strategy by its id."""
        return {str(key): state for key, state in self._kernel.trader.strategy_states().items()}

    def dead_links(self) -> list[DeadLink]:
        """Return what is not connected now."""
        return [link for client in (*self.exec_clients(), *self._data_clients()) for link in links.down(client)]

    def write(self, key: str, value: bytes) -> None:
        """Put a value into the cache's general store, which writes it to Redis behind every write before it."""
        self._kernel.cache.add(key, value)

    def publisher_closed(self) -> bool:
        """Whether the message bus no longer publishes to Redis: upstream's publisher ends for good at an outage."""
        database = self._kernel.msgbus_database
        return database is not None and bool(database.is_closed())

    def figures(self) -> Figures:
        """Read the node's numbers."""
        return figures.read(self._kernel)

    def engines(self) -> dict[str, bool]:
        """Return upstream's engines and whether each runs and serves its queues."""
        dead = self.dead_queue()
        return {
            name: bool(engine.is_running) and (dead is None or not dead.startswith(name))
            for name, engine in (
                ("data", self._kernel.data_engine),
                ("risk", self._kernel.risk_engine),
                ("execution", self._kernel.exec_engine),
            )
        }

    def client_names(self) -> list[str]:
        """Return the names of all clients."""
        return sorted({str(client.id) for client in (*self.exec_clients(), *self._data_clients())})

    def dead_queue(self) -> str | None:
        """Return the name of an engine queue that upstream no longer serves; None while all is well."""
        return next((name for name, task in self._queues().items() if task is not None and task.done()), None)

    def exec_clients(self) -> list[Any]:
        """Return upstream's execution clients."""
        return list(self._kernel.exec_engine._clients.values())  # noqa: SLF001 upstream tells only their ids

    def halt_orders(self, why: str) -> None:
        """Let no order and no change of one through any more; cancels pass, and what the service itself sends."""
        self.gate.closed = why
        self._kernel.risk_engine.set_trading_state(TradingState.HALTED)

    def resume_orders(self) -> None:
        """Let orders through again."""
        self.gate.closed = None
        self._kernel.risk_engine.set_trading_state(TradingState.ACTIVE)

    async def reconcile(self) -> bool:
        """Ask every venue for its state and bring the cache to it; False when that did not succeed."""
        return bool(await self._kernel.exec_engine.reconcile_execution_state(timeout_secs=_RECONCILE_SECONDS))

    async def close(self) -> None:
        """Stop engines and clients, however far the start had come, and let every task end."""
        if self._start_task is not None and not self._start_task.done():
            self._start_task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._start_task
        self.feeds.close()
        # Upstream waits `timeout_post_stop` only for a trader that it stops itself; ours has drained its queues.
        if self._kernel.trader.is_running:
            self._kernel.trader.stop()
        await self._kernel.stop_async()
        await self._end_tasks()

    def dispose(self) -> None:
        """Drain the cache's writes, release everything, close the loop. Blocks, for ever when Redis is gone."""
        self._node.dispose()

    async def _end_tasks(self) -> None:
        # The queues end by themselves, when they come to the mark that `stop_async` put at their end.
        if queues := [task for task in self._queues().values() if task is not None]:
            await asyncio.wait(queues, timeout=_CANCEL_TASKS)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_CANCEL_TASKS)

    def _queues(self) -> dict[str, asyncio.Task[None] | None]:
        data, risk, execution = self._kernel.data_engine, self._kernel.risk_engine, self._kernel.exec_engine
        return {
            "data": data.get_data_queue_task(),
            "data commands": data.get_cmd_queue_task(),
            "data requests": data.get_req_queue_task(),
            "data responses": data.get_res_queue_task(),
            "risk commands": risk.get_cmd_queue_task(),
            "risk events": risk.get_evt_queue_task(),
            "execution commands": execution.get_cmd_queue_task(),
            "execution events": execution.get_evt_queue_task(),
        }

    def _data_clients(self) -> list[Any]:
        return list(self._kernel.data_engine._clients.values())  # noqa: SLF001 upstream tells only their ids

    def _take_over_stop(self) -> None:
        # Upstream would start a stop of its own, without policy, deadline or exit code.
        bus = self._kernel.msgbus
        bus.unsubscribe("commands.system.shutdown", self._kernel._on_shutdown_system)  # noqa: SLF001 the handler to replace
        bus.subscribe("commands.system.shutdown", self._shutdown_wanted)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGABRT):
            self.loop.remove_signal_handler(number)

    def _shutdown_wanted(self, command: Any) -> None:  # noqa: ANN401 upstream's ShutdownSystem
        reason = one_line(command.reason or "no reason given")
        if reason.startswith(_HANDLER_RAISED):
            self._on_shutdown(Exit.HANDLER, f"a handler raised: {reason}")
        else:
            self._on_shutdown(Exit.STOPPED, f"{command.component_id} asked the node to stop: {reason}")
