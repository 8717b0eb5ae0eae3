"""Compares upstream's clock with the host's: it never goes back, so after the host's did it stands still.

Rust's AtomicTime gives each caller a later time than the one before (crates/core/src/time.rs of 1.231.0). When the
host's clock is set back, by chrony after a wrong hour or by hand, upstream stamps and signs with the last time it gave
until the host's clock has come there again, and the venue refuses every signed request meanwhile.

"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nautilus_trader.system.kernel import NautilusKernel

_NS = 1e9


def seconds_ahead(kernel: NautilusKernel) -> float:
    """Return by how many seconds upstream's clock is ahead of the host's; a few nanoseconds while all is well."""
    host = time.time_ns()
    ahead: int = kernel.clock.timestamp_ns() - host
    return max(0.0, ahead / _NS)
