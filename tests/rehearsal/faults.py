"""Every failure that can be rehearsed, in the order in which they are played."""

from __future__ import annotations

from tests.rehearsal.host_faults import HOST_FAULTS
from tests.rehearsal.memory import MEMORY_FAULTS
from tests.rehearsal.node_faults import NODE_FAULTS
from tests.rehearsal.redis_faults import REDIS_FAULTS
from tests.rehearsal.venue_faults import VENUE_FAULTS

_ALL = (*NODE_FAULTS, *MEMORY_FAULTS, *VENUE_FAULTS, *HOST_FAULTS, *REDIS_FAULTS)

FAULTS = {fault.name: fault for fault in sorted(_ALL, key=lambda fault: fault.forgets)}
"""What the node may have forgotten afterwards cannot be compared any more: those come last."""
