"""What an operator may do to a running node; each act is recorded with who, when, why and how it ended."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from noderun import logs
from noderun.control.protocol import LEVELS, Command, RefusedError, Request
from noderun.engine import components, orders
from noderun.latch import Halt
from noderun.lines import one_line
from noderun.states import STARTED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from noderun.board import Board
    from noderun.engine.node import Engine
    from noderun.latch import Latch

CANCEL_SECONDS: Final = 10.0
"""How long a halt waits for the venue to have none of our orders open."""
CLOSE_SECONDS: Final = 30.0
"""How long a flatten waits for every position to be closed."""


class Acts:
    """Carries acts out on the loop, one at a time."""

    def __init__(
        self, engine: Engine, board: Board, latch: Latch, journal: Path | None, *, upstream_level: str
    ) -> None:
        """Act on a node; every act becomes a line in the journal file, and one in the log.

        Args:
            engine: The node.
            board: Owner of its state.
            latch: What keeps a halt over restarts.
            journal: File of acts, None for none.
            upstream_level: What upstream's logger was started with and keeps.
        """
        self._engine = engine
        self._board = board
        self._latch = latch
        self._journal = journal
        self._upstream_level = upstream_level
        self._one_at_a_time = asyncio.Lock()
        self._enforcing: asyncio.Task[None] | None = None
        if latch.halt is not None:
            # Before any strategy runs.
            engine.halt_orders(str(latch.halt))
            board.halted(str(latch.halt))
        self._table: dict[Command, Callable[[Request, str], Awaitable[dict[str, Any]]]] = {
            Command.HALT: self._halt,
            Command.RESUME: self._resume,
            Command.FLATTEN: self._flatten,
            Command.STOP_STRATEGY: self._strategy,
            Command.START_STRATEGY: self._strategy,
            Command.RECONCILE_NOW: self._reconcile,
        }

    def enforce(self) -> None:
        """Cancel what is open at the venues when the node, now that it has started, is halted."""
        if self._latch.halt is not None:
            self._enforcing = asyncio.get_running_loop().create_task(self._cancel_leftovers())

    async def _cancel_leftovers(self) -> None:
        try:
            await self._cancel()
        except RefusedError as error:
            logs.get().error("halt", reason=str(error))

    async def carry_out(self, request: Request, who: str) -> dict[str, Any]:
        """Do it and return what came of it.

        Raises:
            RefusedError: It was not done, or not wholly.
        """
        if request.command is Command.HALT:
            # At once, even while another act is still waiting for the venue.
            self._close_gate(request, who)
        if request.command is Command.LOG_LEVEL:
            # Neither touches the node nor waits for it: a start is when it is needed most.
            outcome = self._log_level(request)
            self._record(request, who, outcome)
            return outcome
        if self._board.state not in STARTED:
            self._record(request, who, {"state": self._board.state.value})
            if request.command is not Command.HALT:
                raise RefusedError(f"the node is {self._board.state}; ask again when it has started")
            return {"halted": True, "cancelled": "when the node has started"}
        async with self._one_at_a_time:
            try:
                outcome = await self._table[request.command](request, who)
            except RefusedError as error:
                self._record(request, who, {"refused": str(error)})
                raise
            except Exception as error:
                self._record(request, who, {"failed": one_line(error)})
                raise RefusedError(f"{request.command} failed: {one_line(error)}") from error
            self._record(request, who, outcome)
            return outcome

    def _close_gate(self, request: Request, who: str) -> None:
        halt = Halt(who=who, since=datetime.now(UTC).isoformat(timespec="seconds"), why=request.why)
        # The gate before the file: an order must not slip through while a disk is slow.
        self._engine.halt_orders(str(halt))
        if self._latch.halt is None:
            try:
                self._latch.set(halt)
            except OSError as error:
                self._latch.halt = halt
                raise RefusedError(
                    f"halted, but not for longer than this process lives: {error.strerror}; free the disk, halt again"
                ) from None
        self._board.halted(str(self._latch.halt))

    async def _halt(self, request: Request, who: str) -> dict[str, Any]:
        del request, who
        began = asyncio.get_running_loop().time()
        await self._cancel()
        return {"halted": True, "seconds": round(asyncio.get_running_loop().time() - began, 3)}

    async def _resume(self, request: Request, who: str) -> dict[str, Any]:
        del request, who
        if self._latch.halt is None:
            return {"halted": False}
        try:
            self._latch.set(None)
        except OSError as error:
            raise RefusedError(f"still halted, the halt's file cannot be written: {error.strerror}") from None
        self._engine.resume_orders()
        self._board.halted(None)
        return {"halted": False}

    async def _flatten(self, request: Request, who: str) -> dict[str, Any]:
        # Strategies that are not stopped would open again what is closed.
        self._close_gate(request, who)
        await self._cancel()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await orders.close_all(self._engine)
        except TimeoutError:
            left = ", ".join(orders.still_open(self._engine))
            raise RefusedError(f"halted, but not flat after {CLOSE_SECONDS:g} s: {left}") from None
        return {"halted": True, "flat": True}

    async def _cancel(self, strategy: str | None = None) -> None:
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await orders.cancel_all(self._engine, strategy)
        except TimeoutError:
            left = ", ".join(orders.still_open(self._engine)) or "the venue did not confirm"
            done = f"{strategy} stopped" if strategy else "halted"
            raise RefusedError(f"{done}, but not all cancelled after {CANCEL_SECONDS:g} s: {left}") from None

    async def _strategy(self, request: Request, who: str) -> dict[str, Any]:
        del who
        states = self._engine.strategy_states()
        if request.strategy not in states:
            raise RefusedError(f"no strategy {request.strategy}; there are: {', '.join(states) or 'none'}")
        run = request.command is Command.START_STRATEGY
        await components.switch_strategy(self._engine, request.strategy, run=run)
        if not run:
            # Nobody would look after them.
            await self._cancel(request.strategy)
        return {"strategy": request.strategy, "state": self._engine.strategy_states()[request.strategy]}

    async def _reconcile(self, request: Request, who: str) -> dict[str, Any]:
        del request, who
        before = await self._engine.differences()
        reconciled = await self._engine.reconcile()
        after = await self._engine.differences()
        return {"reconciled": reconciled and not after, "before": before, "after": after}

    def _log_level(self, request: Request) -> dict[str, Any]:
        logs.set_level(request.level.lower())
        # Upstream's logger cannot be changed while it runs (nautilus_pyo3 has no call for it): what it does not write
        # cannot be shown.
        upstream = max(request.level, self._upstream_level, key=LEVELS.index)
        answer = {"level": request.level, "upstream": upstream}
        if upstream != request.level:
            answer["note"] = f"upstream writes from {upstream} on; set NAUTILUS_LOG_LEVEL={request.level} and restart"
        return answer

    def _record(self, request: Request, who: str, outcome: dict[str, Any]) -> None:
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "act": request.command.value,
            "who": who,
            "why": request.why,
            **({"strategy": request.strategy} if request.strategy else {}),
            **({"to": request.level} if request.level else {}),
            "outcome": outcome,
        }
        logs.get().warning("act", **line)
        if self._journal is None:
            return
        try:
            descriptor = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "a") as journal:
                journal.write(json.dumps(line) + "\n")
        except OSError as error:
            logs.get().error("the act could not be written down", file=str(self._journal), error=error.strerror)
