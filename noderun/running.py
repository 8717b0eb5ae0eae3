"""What the steps of one run of the service hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nodecfg import ProcessEnvironment, TradingNodeSettings
    from noderun.acts import Acts
    from noderun.board import Board
    from noderun.deadline import Deadline
    from noderun.documents import Documents
    from noderun.ending import Ending
    from noderun.engine.node import Engine
    from noderun.fencing import Lease
    from noderun.metrics import Metrics
    from noderun.pulse import Pulse
    from noderun.watch.redis import RedisWatch

EXIT_SECONDS: Final = 5.0
"""A moment for native threads and exit handlers at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What every step needs."""

    process: ProcessEnvironment
    board: Board
    deadline: Deadline
    ending: Ending
    documents: Documents
    pulse: Pulse

    def left(self, settings: TradingNodeSettings) -> float:
        """Return how many seconds the start may still take."""
        return max(1.0, settings.ready.timeout - self.board.age)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What there is once the node is built."""

    settings: TradingNodeSettings
    engine: Engine
    redis: RedisWatch
    lease: Lease
    acts: Acts
    metrics: Metrics
