"""All faults of a process: put in, listed, released, cleared; and how a venue is put under them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, get_args

from simvenue.faults.active import Active, State
from simvenue.faults.catalogue import FrameFault, RequestFault, SocketFault
from simvenue.faults.clocks import skew
from simvenue.faults.events import ReorderEvent
from simvenue.faults.gate import VenueGate
from simvenue.faults.http import middleware
from simvenue.faults.sockets import CloseSocket, CutSocket, ExpireListenKeys, Freeze
from simvenue.faults.tally import Tally
from simvenue.faults.venue import ClockDrift, ClockOffset, Maintenance
from simvenue.venues.transport.control import CONTROL
from simvenue.venues.transport.gate import GATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from simvenue.faults.catalogue import AnyFault
    from simvenue.venues.transport.control import VenueControl
    from simvenue.venues.transport.fault_form import FaultForm

MAX_FAULTS = 1_000
_AT_ONCE = (Freeze, CloseSocket, CutSocket)
_GOING_AWAY = 1001


class FaultError(ValueError):
    """A fault cannot be put in, found or released; the message says why and what to do."""


class Faults:
    """The faults of one process. To be used inside the event loop that serves the venues.

    Args:
        seed: Seed of all chances (default 7); the same faults in the same order draw the same chances.
    """

    def __init__(self, seed: int = 7) -> None:
        """Start without faults."""
        self.tally = Tally()
        self._seed = seed
        self._next = 1
        self._active: dict[int, Active[Any]] = {}
        self._clocks: tuple[Active[Any], ...] = ()
        self._gates: dict[str, VenueGate] = {}
        self._controls: dict[str, web.Application] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def install(self, app: web.Application, venue: str, form: FaultForm) -> None:
        """Put a venue's application, before it starts, under the faults of this process.

        Args:
            app: What ``create_app`` made; its control is looked up under ``CONTROL`` when it is needed.
            venue: The name faults call it by.
            form: The venue's own words.
        """
        gate = VenueGate(venue, form, self.tally, self._take)
        app[GATE] = gate
        app.middlewares.insert(0, middleware(gate))
        self._gates[venue] = gate
        self._controls[venue] = app
        self._sort()

    def clock(self, venue: str, base: Callable[[], int]) -> Callable[[], int]:
        """A venue's clock in milliseconds: ``base``, and what faults of the clock add."""

        def now() -> int:
            if not self._clocks:
                return base()
            return base() + sum(skew(active) for active in self._clocks if active.at(venue) and self._take(active))

        return now

    def add(self, fault: AnyFault) -> Active[Any]:
        """Put a fault in; what acts at once has acted when this returns.

        Raises:
            FaultError: the venue is not served here, or there are too many faults.
        """
        if fault.venue is not None and fault.venue not in self._gates:
            raise FaultError(f"venue {fault.venue} is not served; choose from {', '.join(self._gates)}")
        self._make_room()
        active = Active(self._next, fault, self._seed)
        self._next += 1
        self._active[active.number] = active
        self._act_at_once(active)
        if fault.duration_seconds is not None:
            loop = asyncio.get_running_loop()
            active.timer = loop.call_later(fault.duration_seconds, self._end, active, State.EXPIRED)
        self._sort()
        return active

    def list(self, venue: str | None = None) -> tuple[Active[Any], ...]:
        """Every fault that was not cleared, oldest first."""
        return tuple(active for active in self._active.values() if venue is None or active.at(venue))

    def clear(self, number: int | None = None) -> tuple[Active[Any], ...]:
        """End and forget one fault, or all of them; what they held goes on.

        Raises:
            FaultError: there is no such fault.
        """
        chosen = tuple(self._active.values()) if number is None else (self._get(number),)
        for active in chosen:
            self._end(active, State.CLEARED)
            del self._active[active.number]
        self._sort()
        return chosen

    def release(self, number: int, count: int | None = None) -> int:
        """Let the requests go on that a fault holds, the longest waiting first; how many.

        Args:
            number: The fault's id.
            count: How many at most; all by default.

        Raises:
            FaultError: there is no such fault.
        """
        waiting = [waiter for waiter in self._get(number).waiting if not waiter.released.is_set()][:count]
        for waiter in waiting:
            waiter.released.set()
        return len(waiting)

    def _get(self, number: int) -> Active[Any]:
        active = self._active.get(number)
        if active is None:
            raise FaultError(f"no fault {number}; list the faults for their ids")
        return active

    def _make_room(self) -> None:
        if len(self._active) < MAX_FAULTS:
            return
        over = next((n for n, active in self._active.items() if active.state is State.EXPIRED), None)
        if over is None:
            raise FaultError(f"{MAX_FAULTS} faults are listed; clear some first")
        del self._active[over]

    def _take(self, active: Active[Any]) -> bool:
        hit = active.take()
        if active.state is State.SPENT:
            self._sort()
        return hit

    def _sort(self) -> None:
        live = [active for active in self._active.values() if active.state is State.ACTIVE]
        self._clocks = tuple(a for a in live if isinstance(a.fault, ClockOffset | ClockDrift))
        for venue, gate in self._gates.items():
            here = [active for active in live if active.at(venue)]
            gate.requests = tuple(a for a in here if isinstance(a.fault, get_args(RequestFault)))
            # What reorders holds a frame back after its last hit, and must see those that overtake it.
            holding = [a for a in self._active.values() if a.state is State.SPENT and isinstance(a.fault, ReorderEvent)]
            frames = [*here, *(a for a in holding if a.at(venue))]
            gate.frames = tuple(a for a in frames if isinstance(a.fault, get_args(FrameFault)))
            gate.sockets = tuple(a for a in here if isinstance(a.fault, get_args(SocketFault)))
            gate.closed = tuple(a for a in here if isinstance(a.fault, Maintenance))
            gate.busy = bool(gate.requests or gate.frames or gate.sockets or gate.closed)

    def _end(self, active: Active[Any], state: State) -> None:
        active.state = state
        active.ended.set()
        for waiter in active.waiting:
            waiter.released.set()
        for connection in list(active.frozen):
            connection.thaw()
        active.frozen.clear()
        if active.timer is not None:
            active.timer.cancel()
        self._sort()

    def _act_at_once(self, active: Active[Any]) -> None:
        fault = active.fault
        if not isinstance(fault, (*_AT_ONCE, ExpireListenKeys, Maintenance)):
            return
        for venue in self._gates:
            control = self._controls[venue].get(CONTROL) if active.at(venue) else None
            if control is None:
                continue
            if isinstance(fault, ExpireListenKeys):
                ended = control.expire_user_streams(fault.account)
                active.seen += ended
                active.hits += ended
            elif isinstance(fault, Maintenance):
                for connection in list(control.connections()):
                    self._start(connection.close(_GOING_AWAY, "maintenance"))
            else:
                self._strike_sockets(active, control)
        if not isinstance(fault, Maintenance):
            active.state = State.SPENT

    def _strike_sockets(self, active: Active[Any], control: VenueControl) -> None:
        fault = active.fault
        for connection in list(control.connections()):
            if not fault.meets(connection.kind, connection.path, connection.account) or not active.take():
                continue
            match fault:
                case Freeze():
                    active.frozen.add(connection)
                    connection.freeze()
                case CloseSocket():
                    self._start(connection.close(fault.code, fault.reason))
                case _:
                    connection.cut()

    def _start(self, closing: Any) -> None:  # noqa: ANN401 - any coroutine
        task = asyncio.get_running_loop().create_task(closing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
