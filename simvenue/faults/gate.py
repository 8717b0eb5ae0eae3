"""What stands at one venue's sockets: faults act here on new sockets, on frames and on requests that are frames."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from simvenue.faults import documents, strike
from simvenue.faults.events import (
    CrossedBook,
    DelayEvent,
    DuplicateEvent,
    PoisonEvent,
    ReorderEvent,
)
from simvenue.faults.scope import Call, When
from simvenue.faults.sockets import CutAtEvent, HalfOpen
from simvenue.faults.strike import Lost, Replacement, Scene
from simvenue.venues.transport.connection import reply_frame
from simvenue.venues.transport.fault_form import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simvenue.faults.active import Active
    from simvenue.faults.catalogue import FrameFault, RequestFault, SocketFault, VenueFault
    from simvenue.faults.tally import Tally
    from simvenue.venues.transport.connection import Connection
    from simvenue.venues.transport.fault_form import FaultForm
    from simvenue.venues.transport.frame import Frame
    from simvenue.venues.transport.gate import SocketCall

_MAX_NAME = 64


class VenueGate:
    """The faults that are at work on one venue, sorted by what they act on.

    Args:
        venue: The venue's name.
        form: The venue's own words.
        tally: Where requests are counted.
        take: Counts a match of a fault and tells whether it is hit.
    """

    def __init__(self, venue: str, form: FaultForm, tally: Tally, take: Callable[[Active[Any]], bool]) -> None:
        """Start with no faults."""
        self.venue = venue
        self.form = form
        self.tally = tally
        self.take = take
        self.busy = False
        self.requests: tuple[Active[RequestFault], ...] = ()
        self.frames: tuple[Active[FrameFault], ...] = ()
        self.sockets: tuple[Active[SocketFault], ...] = ()
        self.closed: tuple[Active[VenueFault], ...] = ()
        self._tasks: set[asyncio.Task[None]] = set()

    def count(self, method: str, path: str, account: str) -> None:
        """Count a request that came as a frame."""
        # Names are the client's own words here.
        path = path[:_MAX_NAME]
        self.tally.add(self.venue, method, path)
        if self.tally.logging:
            self.tally.write({"venue": self.venue, "method": method, "path": path, "account": account})

    def maintenance(self) -> Answer | None:
        """What everybody is answered while the venue is closed; None while it is open."""
        return self.form.maintenance() if any(self.take(active) for active in self.closed) else None

    def hits(self, call: Call, phase: When) -> Iterator[Active[RequestFault]]:
        """The faults that hit a request in one phase, oldest first."""
        for active in self.requests:
            fault = active.fault
            if fault.phase is phase and fault.meets(call) and self.take(active):
                yield active

    def accept(self, connection: Connection) -> None:
        """Silence a new socket where half-open sockets are asked for."""
        for active in self.sockets:
            fault = active.fault
            if (
                isinstance(fault, HalfOpen)
                and fault.meets(connection.kind, connection.path, connection.account)
                and self.take(active)
            ):
                active.frozen.add(connection)
                connection.freeze()

    def frame(self, connection: Connection, text: str, frame: Frame) -> None:
        """Let every fault of frames act in turn on what the ones before it left."""
        passed: list[str] = []
        copies = 1
        for active in self.frames:
            fault = active.fault
            if not fault.meets(frame) or (fault.where and not documents.holds(documents.load(text), fault.where)):
                continue
            if isinstance(fault, ReorderEvent) and active.memory.get(connection):
                passed += _overtaken(active, connection)
                continue
            if not self.take(active):
                continue
            match fault:
                case DuplicateEvent():
                    copies += fault.copies
                case PoisonEvent() | CrossedBook():
                    text = _changed(fault, text)
                case _:
                    self._withhold(active, connection, text, copies)
                    copies = 0
                    break
        for message in [text] * copies + passed:
            connection.deliver(message)

    def _withhold(self, active: Active[FrameFault], connection: Connection, text: str, copies: int) -> None:
        fault = active.fault
        loop = asyncio.get_running_loop()
        match fault:
            case CutAtEvent():
                connection.cut()
            case DelayEvent():
                seconds = active.seconds(fault.ms, fault.jitter_ms)
                for _ in range(copies):
                    loop.call_later(seconds, connection.deliver, text)
            case ReorderEvent():
                entry = [fault.by, text]
                active.memory.setdefault(connection, []).append(entry)
                loop.call_later(fault.patience_ms / 1000, _give_up, active, connection, entry)
            case _:
                # The others lose it.
                pass

    def perform(self, connection: Connection, call: SocketCall) -> None:
        """Carry out a request that came as a frame, with whatever faults do to it."""
        asked = Call(
            method="WS", path=call.name, account=call.account, symbol=call.symbol, side=call.side, signed=call.signed
        )
        if not self.closed and not any(active.fault.meets(asked) for active in self.requests):
            connection.send(call.execute(), reply_frame(call))
            return
        task = asyncio.create_task(self._perform(connection, call, asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _perform(self, connection: Connection, call: SocketCall, asked: Call) -> None:
        scene = Scene(venue=self.venue, call=asked, form=self.form, gone=lambda: connection.socket.closed)
        reply = reply_frame(call)
        closed = self.maintenance()
        if closed is not None:
            connection.send(call.refuse(closed), reply)
            return
        for active in self.hits(asked, When.BEFORE):
            outcome = await strike.interrupt(active, scene)
            if outcome is not None:
                self._instead(connection, call, outcome)
                return
        text = call.execute()
        for active in self.hits(asked, When.AFTER):
            outcome = await strike.interrupt(active, scene)
            if outcome is not None:
                self._instead(connection, call, outcome)
                return
            text = strike.reshape(active, text, strike.machine_ms())
        connection.send(text, reply)

    def _instead(self, connection: Connection, call: SocketCall, outcome: Answer | Replacement | Lost) -> None:
        match outcome:
            case Answer():
                connection.send(call.refuse(outcome), reply_frame(call))
            case Replacement():
                connection.send(outcome.text, reply_frame(call))
            case Lost.RESET:
                connection.cut()


def _overtaken(active: Active[FrameFault], connection: Connection) -> list[str]:
    """What was held back and has now let enough frames pass."""
    held = active.memory.pop(connection)
    for entry in held:
        entry[0] -= 1
    waiting = [entry for entry in held if entry[0] > 0]
    if waiting:
        active.memory[connection] = waiting
    return [text for left, text in held if left <= 0]


def _give_up(active: Active[FrameFault], connection: Connection, entry: list[Any]) -> None:
    held = active.memory.get(connection, [])
    if entry in held:
        held.remove(entry)
        if not held:
            del active.memory[connection]
        connection.deliver(entry[1])


def _changed(fault: PoisonEvent | CrossedBook, text: str) -> str:
    if isinstance(fault, PoisonEvent) and fault.text is not None:
        return fault.text
    document = documents.load(text)
    if document is None:
        return text
    if isinstance(fault, CrossedBook):
        return documents.dump(documents.cross(document, fault.percent))
    return documents.dump(documents.edit(document, fault.set, fault.remove))
