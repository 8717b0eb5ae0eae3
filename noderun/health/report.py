"""What the health endpoints say, made from what is known on any thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from noderun.pulse import STUCK_SECONDS
from noderun.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noderun.board import Board
    from noderun.metrics import Metrics
    from noderun.pulse import Pulse


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Reads the state of the service.

    Attributes:
        identity: Service, instance, versions; filled further as they become known.
    """

    identity: Mapping[str, Any]
    board: Board
    pulse: Pulse
    metrics: Metrics

    def health(self) -> dict[str, Any]:
        """Return the whole picture."""
        return {
            **self.identity,
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "state": self.board.state.value,
            "ready": not self.not_ready(),
            "reasons": self.not_ready(),
            "live": not self.stuck(),
            "loop_age_seconds": round(self.pulse.age, 3),
            "uptime_seconds": round(self.board.age, 3),
        }

    def not_ready(self) -> list[str]:
        """Return why the node is not ready, nothing when it is: RUNNING, and its loop runs."""
        reasons = list(self.board.reasons)
        if stuck := self.stuck():
            reasons.append(stuck)
        if self.board.state is not State.RUNNING and not reasons:
            reasons.append(f"the service is {self.board.state}")
        return reasons

    def stuck(self) -> str | None:
        """Return that the event loop is stuck, None while it runs or has not begun to."""
        if self.pulse.age < STUCK_SECONDS:
            return None
        return f"the event loop has not run for {self.pulse.age:.0f} s"

    def components(self) -> dict[str, bool]:
        """Return whether each part of the node serves: redis, every client, the engines; nothing that is unknown."""
        metrics = self.metrics
        parts: dict[str, bool] = {}
        if metrics.redis is not None:
            parts["redis"] = metrics.redis.facts is not None
        if metrics.watcher is not None:
            parts |= {f"client.{name}": up for name, up in metrics.watcher.clients.items()}
            parts |= {f"engine.{name}": up for name, up in metrics.watcher.engines.items()}
        return parts
