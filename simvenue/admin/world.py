"""What the admin API's verbs act on: the venues, the process, the moment it began."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from simvenue.admin.errors import AdminError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.faults.engine import Faults
    from simvenue.registry import Process, ServedVenue


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that can be looked at and acted upon.

    Attributes:
        venues: by name.
        process: what restarts and resets.
        faults: those of this process.
        version: of this program.
        stopping: set when the admin API ends, for answers that would go on for ever.
        started: monotonic time at which it began.
        started_ms: the same by the machine's clock, since the epoch.
    """

    venues: Mapping[str, ServedVenue]
    process: Process
    faults: Faults
    version: str
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    started: float = field(default_factory=time.monotonic)
    started_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def venue(self, name: str | None) -> ServedVenue:
        """Find a venue; without a name the only one there is.

        Raises:
            AdminError: several are served and none is named, or none has this name.
        """
        if name is None:
            if len(self.venues) == 1:
                return next(iter(self.venues.values()))
            raise AdminError(400, "INVALID_REQUEST", f"give ?venue= one of {', '.join(self.venues)}")
        venue = self.venues.get(name)
        if venue is None:
            raise AdminError(404, "UNKNOWN_VENUE", f"venue {name} is not one of {', '.join(self.venues)}")
        return venue

    def chosen(self, name: str | None) -> list[ServedVenue]:
        """Find the venue of a name, or every venue when none is given."""
        return list(self.venues.values()) if name is None else [self.venue(name)]

    @property
    def uptime_seconds(self) -> float:
        """Tell how long this process serves."""
        return round(time.monotonic() - self.started, 3)


WORLD: web.AppKey[World] = web.AppKey("world")
