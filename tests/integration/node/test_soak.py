"""A node that trades for a long time under scrapes and health calls grows in nothing and misses nothing."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.node.callers import METRICS, Callers
from tests.integration.node.world import MARKET_MAKER, eventually, free_port
from tests.support.ledger import differences

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

SECONDS = float(os.environ.get("SOAK_SECONDS", "1800"))
_WARM_UP = 0.25
_KIB_PER_ORDER = 12
"""What upstream's cache keeps of each order and its events, and the venue's acks with them; nothing purges here."""
_KIB_OF_NOISE = 6 * 1024
_BUSY = {**MARKET_MAKER, "config": {**MARKET_MAKER["config"], "half_spread_bps": 0.5, "requote_bps": 0.1}}


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process held at one moment."""

    rss_kib: int
    fds: int
    orders: int


def look(node: Node, venue: Venue) -> Sample:
    """Asks the kernel what the process holds, and the venue how many orders there were."""
    assert node.process is not None
    own = Path("/proc", str(node.process.pid))
    pages = int((own / "statm").read_text().split()[1])
    fds = len(list((own / "fd").iterdir()))
    return Sample(pages * os.sysconf("SC_PAGESIZE") // 1024, fds, len(venue.ledger()["orders"]))


def median(samples: list[Sample]) -> tuple[float, float, float]:
    """Returns the medians of memory, descriptors and orders."""
    return (
        statistics.median(s.rss_kib for s in samples),
        statistics.median(s.fds for s in samples),
        statistics.median(s.orders for s in samples),
    )


@pytest.mark.nightly
def test_soak(node: Node, venue: Venue) -> None:
    """Memory and descriptors stay, every health call is answered, and node and ledger hold the same fills."""
    port = free_port()
    node.strategies = [_BUSY]
    node.variables |= {"HEALTH_REST_PORT": str(port), "NAUTILUS_LOG_LEVEL": "WARNING"}
    node.start(WATCHDOG_USEC="30000000").wait_ready(60)
    samples: list[Sample] = []
    with Callers(port, 200) as health, Callers(port, 1, METRICS, threads=1) as scrapes:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            node.listen()
            samples.append(look(node, venue))
            if len(samples) % 6 == 1:
                print(f"{SECONDS - until + time.monotonic():6.0f} s  {samples[-1]}", flush=True)
            time.sleep(min(10.0, SECONDS / 40))
    venue.call("POST", "/admin/v1/market/pause")
    warm = samples[int(len(samples) * _WARM_UP) :]
    third = len(warm) // 3
    (rss, fds, orders), (rss_end, fds_end, orders_end) = median(warm[:third]), median(warm[-third:])
    print(
        f"memory {rss:.0f} -> {rss_end:.0f} KiB over {orders_end - orders:.0f} orders, descriptors {fds} -> {fds_end}"
    )
    for name, calls in (("health", health), ("scrape", scrapes)):
        took = sorted(calls.seconds)
        p50, p99 = took[len(took) // 2] * 1e3, took[int(len(took) * 0.99)] * 1e3
        rate = len(took) / SECONDS
        print(f"{name}: {len(took)} answers, {rate:.1f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms, failed {calls.failed}")
    left: list[str] = []

    def equal() -> bool:
        left[:] = differences(node.ask("dump"), venue.ledger())
        return not left

    eventually(equal, seconds=30, what=f"node equals ledger {left}")
    ledger: dict[str, Any] = venue.ledger()
    print(f"{len(ledger['orders'])} orders, {len(ledger['fills'])} fills, equal at the node")
    assert ledger["fills"]
    assert health.failed + scrapes.failed == []
    assert fds_end <= fds + 2
    assert rss_end - rss <= _KIB_OF_NOISE + _KIB_PER_ORDER * (orders_end - orders)
