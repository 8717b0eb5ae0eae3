"""The documents of the control socket: status and dump."""

from __future__ import annotations

import asyncio
import os
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from noderun.control.protocol import Command, RefusedError, Request
from noderun.explain import explained
from noderun.lines import one_line
from noderun.now import now
from noderun.preflight import read_redis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from nodecfg import TradingNodeSettings
    from noderun.acts import Acts
    from noderun.board import Board
    from noderun.engine.node import Engine
    from noderun.metrics import Metrics
    from noderun.snapshot import Difference

_LOOP_SECONDS = 1.5
_LOOK_AGAIN = 1.0
_COMPARE_LOOKS = 3
COMPARE_SECONDS = 25.0
"""How long a comparison may take; the client waits a little longer."""
ACT_SECONDS = 60.0
"""How long an act may take; the client waits a little longer."""
_NOTHING_YET: dict[str, Any] = {
    "venues": [],
    "reconciled": False,
    "strategies": [],
    "orders_open": 0,
    "orders_inflight": 0,
    "fills": 0,
    "positions": [],
}


class Documents:
    """Makes the documents, on threads of the control socket.

    Attributes:
        settings: Set when they are known.
        engine: Set when there is one.
        acts: Set when the node is built.
        health: Addresses of the health endpoints.
        metrics: Set when the settings are known.
        journal: File of the acts, set with `acts`.
    """

    def __init__(self, instance: str, board: Board) -> None:
        """Take the name of the instance and the owner of its state."""
        self._instance = instance
        self._board = board
        self.settings: TradingNodeSettings | None = None
        self.engine: Engine | None = None
        self.acts: Acts | None = None
        self.health: Mapping[str, str] = {}
        self.metrics: Metrics | None = None
        self.journal: Path | None = None

    def answer(self, request: Request, who: str) -> dict[str, Any]:
        """Answer a request of the control socket.

        Raises:
            RefusedError: An act that was not carried out.
            TimeoutError: The event loop does not answer.
        """
        looks: dict[Command, Callable[[], dict[str, Any]]] = {
            Command.STATUS: self.status,
            Command.DUMP: self.dump,
            Command.POSITIONS: lambda: {"positions": self.dump()["positions"]},
            Command.ORDERS: lambda: {"orders": [order for order in self.dump()["orders"] if order["open"]]},
            Command.STRATEGIES: lambda: {
                "strategies": self._on_loop(lambda engine: engine.facts()).get("strategies", [])
            },
            Command.RECONCILE: self._compare,
        }
        look = looks.get(request.command)
        return look() if look is not None else self._act(request, who)

    def _act(self, request: Request, who: str) -> dict[str, Any]:
        acts, engine = self.acts, self.engine
        if acts is None or engine is None or not engine.loop.is_running():
            raise RefusedError(f"the node is {self._board.state}, not started; ask again when it runs")
        return asyncio.run_coroutine_threadsafe(acts.carry_out(request, who), engine.loop).result(ACT_SECONDS)

    def _compare(self) -> dict[str, Any]:
        engine = self.engine
        if engine is None or not engine.loop.is_running() or not engine.connected:
            raise RefusedError(f"the node is {self._board.state}, not connected; ask again when it runs")
        try:
            lasting = asyncio.run_coroutine_threadsafe(_lasting(engine), engine.loop).result(COMPARE_SECONDS)
        except Exception as error:
            raise RefusedError(f"the venue could not be asked: {one_line(error)}") from error
        return {"equal": not lasting, "differences": explained(lasting)}

    def status(self) -> dict[str, Any]:
        """Return what the service does and holds; also while its event loop is stuck, and then it says so."""
        document: dict[str, Any] = {
            "service": "tradingnode",
            "instance": self._instance,
            "trader_id": self.settings.environment.trader_id if self.settings else None,
            **versions(),
            "pid": os.getpid(),
            **self._board.as_dict(),
            **_NOTHING_YET,
        }
        try:
            document |= self._on_loop(lambda engine: engine.facts())
        except TimeoutError:
            document["reasons"].append(f"the event loop has not answered for {_LOOP_SECONDS:g} s")
        document["redis"] = self._redis()
        document["health"] = dict(self.health)
        document["now"] = now(self.metrics, self.journal) if self.metrics is not None else None
        return document

    def dump(self) -> dict[str, Any]:
        """Return every order, fill and position in the cache.

        Raises:
            TimeoutError: The event loop does not answer.
        """
        return self._on_loop(lambda engine: engine.dump()) or {"orders": [], "fills": [], "positions": []}

    def _on_loop(self, read: Callable[[Engine], dict[str, Any]]) -> dict[str, Any]:
        # Upstream's cache belongs to the loop's thread.
        engine = self.engine
        if engine is None or not engine.loop.is_running():
            return {}

        async def on_loop() -> dict[str, Any]:
            return read(engine)

        return asyncio.run_coroutine_threadsafe(on_loop(), engine.loop).result(_LOOP_SECONDS)

    def _redis(self) -> dict[str, Any] | None:
        facts = read_redis(self.settings.redis) if self.settings else None
        if facts is None:
            return None
        return {
            "aof_enabled": facts.aof_enabled,
            "aof_last_write_status": facts.aof_last_write_status,
            "appendfsync": facts.appendfsync,
            "maxmemory_policy": facts.maxmemory_policy,
        }


async def _lasting(engine: Engine) -> list[Difference]:
    # An order or a fill on its way is a difference for a moment.
    found = await engine.compare()
    for _ in range(_COMPARE_LOOKS - 1):
        if found:
            await asyncio.sleep(_LOOK_AGAIN)
            again = await engine.compare()
            found = [difference for difference in again if difference in found]
    return found


@cache
def versions() -> dict[str, str]:
    """Return our version and upstream's."""
    return {
        "version": metadata.version("tradingnode-ops"),
        "nautilus_version": metadata.version("nautilus_trader"),
    }
