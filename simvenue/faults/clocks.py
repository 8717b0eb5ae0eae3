"""How far a fault puts a venue's clock out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from simvenue.faults.venue import ClockOffset

if TYPE_CHECKING:
    from simvenue.faults.active import Active
    from simvenue.faults.venue import ClockDrift


def skew(active: Active[ClockOffset | ClockDrift]) -> int:
    """Milliseconds that a fault adds to the clock now."""
    if isinstance(active.fault, ClockOffset):
        return active.fault.ms
    return int(active.fault.ms_per_second * (time.monotonic() - active.started))
