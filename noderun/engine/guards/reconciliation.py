"""Start-up reconciliation ends in time, and only a cache that equals the venue counts as reconciled.

Upstream: `reconcile_execution_state(timeout_secs)` checks that the number is positive and then waits for ever for a
venue that does not answer (nautilus_trader/live/execution_engine.py); positions and orders it does not understand are
skipped and the result is still a success.

Here: the timeout is kept, and afterwards the venue is asked again, and reconciled again, until nothing differs or the
time is over. Fills that arrive in between are a difference only until their event is applied. Strategies start after
that, never before.

Shown by: tests/integration/node/test_start_failures.py. Can go when upstream keeps its timeout and compares.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from noderun.engine.guards.failed_queries import remembered_errors
from noderun.lines import one_line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_LOOK_AGAIN = 0.25
_LOOKS = 4
_TOO_MUCH = re.compile(r"could not be asked: .*(-1003|\b10006\b|\b429\b|\b418\b)")
"""How venues say that too much was asked: Binance's code, Bybit's, the statuses of HTTP."""
_TOO_MUCH_SECONDS = 15.0
"""Who goes on asking is banned, and a banned node cannot even cancel."""


class Reconciliation:
    """Replaces the engine's start-up reconciliation by one with an end.

    Attributes:
        done: Whether cache and venue were equal.
        problem: Why not, empty while nothing is wrong.
    """

    def __init__(self, exec_engine: Any, differences: Callable[[], Awaitable[list[str]]]) -> None:  # noqa: ANN401 upstream's class is untyped
        """Take the place of the engine's method; differences asks the venue and compares."""
        self.done = False
        self.problem = ""
        self._reconcile = exec_engine.reconcile_execution_state
        self._differences = differences
        exec_engine.reconcile_execution_state = self._bounded

    async def _bounded(self, timeout_secs: float = 10.0) -> bool:
        try:
            async with asyncio.timeout(timeout_secs):
                pause = _LOOK_AGAIN
                while not await self._once(timeout_secs):
                    if _TOO_MUCH.search(self.problem):
                        pause = max(pause, _TOO_MUCH_SECONDS)
                    await asyncio.sleep(pause)
                    pause *= 2
        except TimeoutError:
            self.problem = self.problem or "the venue did not answer"
            self.problem += f" (after {timeout_secs:g} s, NAUTILUS_TIMEOUT_RECONCILIATION)"
            return False
        self.done, self.problem = True, ""
        return True

    async def _once(self, timeout_secs: float) -> bool:
        try:
            with remembered_errors() as refused:
                reconciled = await self._reconcile(timeout_secs=timeout_secs)
            if not reconciled:
                self.problem = "upstream could not reconcile, see the errors in the log"
                # Upstream swallows what the venue said; to ask again only to hear it can be too much.
                if (said := next((error for error in refused if isinstance(error, Exception)), None)) is not None:
                    raise said  # noqa: TRY301 told below, as every other error of the venue's
                await self._differences()
                return False
            for _ in range(_LOOKS):
                if not (found := await self._differences()):
                    return True
                self.problem = "; ".join(found)
                await asyncio.sleep(_LOOK_AGAIN)
        except Exception as error:
            self.problem = f"the venue could not be asked: {one_line(error)}"
        # An event that was lost meanwhile is found by reconciling again, not by waiting.
        return False
