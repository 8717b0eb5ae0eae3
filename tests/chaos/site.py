"""Redis, a venue and a supervised node beside each other: where rounds happen."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from noderun.control.client import ControlError, ask
from noderun.control.protocol import Command, Request
from tests.chaos import names, seclusion
from tests.chaos.history import Window
from tests.chaos.names import Names
from tests.chaos.supervisor import Supervisor
from tests.integration.node.world import Node, Redis, Venue
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from tests.chaos.history import Session
    from tests.chaos.wire import Wire

START_SECONDS = 90.0 * PATIENCE
READY = ("RUNNING", "HALTED")


@dataclass
class Site:
    """One redis-server, one venue, one node.

    Attributes:
        names: The venue's name, where that is looked up at our own resolver only; else it is reached by its address.
        ready_within: Seconds from a heal in which the node must be ready; two restarts may lie in it.
        forgotten: Trade ids that the node may have lost with its Redis.
        clock_slack_ms: How far the venue's clock was moved so far.
        others: Sessions of other nodes with the same trader id.
        paused: When the node's process was stopped by a signal.
        broken: What the node must have shown as not ready.
        halted: When an operator had it halted.
        silent: When no order may leave although nobody halted it.
    """

    directory: Path
    wire: Wire
    seed: int = 7
    ready_within: float = 60.0
    forgotten: frozenset[str] = frozenset()
    clock_slack_ms: int = 0
    others: list[Session] = field(default_factory=list)
    paused: list[Window] = field(default_factory=list)
    broken: list[Window] = field(default_factory=list)
    halted: list[Window] = field(default_factory=list)
    silent: list[Window] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Lay everything out; nothing runs yet."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.redis = Redis(self.directory / "redis")
        self.venue: Venue = self.wire.venue(self.directory / "venue", self.seed)
        self.names = Names() if seclusion.named() else None
        host = names.ADDRESS if self.names is None else names.VENUE
        settings = self.wire.settings(self.redis, self.venue, host)
        self.node = Node(self.directory / "node", settings, strategies=self.wire.strategies())
        self.supervisor = Supervisor(self.node)

    def start(self) -> Self:
        """Start everything and wait until the node trades."""
        self.redis.start()
        self.venue.start()
        self.supervisor.start()
        assert self.wait_ready(START_SECONDS), f"the node does not start\n{self.node.log()[-3000:]}"
        return self

    def close(self) -> None:
        """End everything; files stay."""
        self.supervisor.close()
        self.venue.stop()
        self.redis.stop()
        if self.names is not None:
            self.names.close()

    def wait_ready(self, seconds: float, since: float = 0.0) -> float | None:
        """Return when the node said after a moment that it is ready, or halted."""
        return self.supervisor.wait_state(*READY, seconds=seconds, since=since)

    def dump(self) -> dict[str, Any] | None:
        """Return the node's cache, None when nobody answers."""
        try:
            return ask(self.node.control, Request(command=Command.DUMP))
        except ControlError:
            return None

    def requests(self, since: float) -> list[dict[str, Any]]:
        """Return the venue's log of requests after a moment."""
        path = self.venue.directory / "requests.jsonl"
        if not path.exists():
            return []
        lines = [json.loads(line) for line in path.read_bytes().splitlines() if line.endswith(b"}")]
        return [line for line in lines if line["time_ms"] / 1000 > since]

    def orders_at_venue(self) -> int:
        """Return how many orders the venue ever took."""
        return len(self.venue.ledger()["orders"])

    def add_fault(self, **fault: Any) -> int:  # noqa: ANN401 JSON
        """Put a fault in; return its number."""
        return int(self.venue.call("POST", "/admin/v1/faults", fault)["id"])

    def fault(self, number: int) -> dict[str, Any]:
        """Return what became of a fault."""
        listed = self.venue.call("GET", "/admin/v1/faults")["faults"]
        return next((one for one in listed if one["id"] == number), {"hits": 0, "waiting": []})

    def clear_faults(self) -> None:
        """End every fault of the venue."""
        self.venue.call("DELETE", "/admin/v1/faults")

    def halt(self) -> None:
        """Halt as an operator would."""
        self.node.act("halt", "--why", "chaos")
        self.halted.append(Window(since=time.time(), until=float("inf"), what="halted"))

    def resume(self) -> None:
        """End the halt."""
        self.halted[-1] = replace(self.halted[-1], until=time.time())
        self.node.act("resume", "--why", "chaos")
