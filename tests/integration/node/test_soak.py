"""A node that trades for a long time under scrapes and health calls grows in nothing and misses nothing."""

from __future__ import annotations

import os
import re
import statistics
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.node.callers import METRICS, Callers
from tests.integration.node.world import MARKET_MAKER
from tests.support.ledger import differences
from tests.support.ports import free_port

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Venue

SECONDS = float(os.environ.get("SOAK_SECONDS", "1800"))
_WARM_UP = 0.25
_KIB_OF_NOISE = 6 * 1024
"""What an allocator needs for its gaps; what upstream's native code keeps of each order for ever, its ids, is in it."""
_PURGE = {
    f"RECONCILIATION_PURGE_CLOSED_{kind}_{what}_MINS": "1"
    for kind in ("ORDERS", "POSITIONS")
    for what in ("INTERVAL", "BUFFER")
}
"""Without it upstream keeps every order it ever had, and memory grows with their number."""
_BUSY = {**MARKET_MAKER, "config": {**MARKET_MAKER["config"], "half_spread_bps": 0.5, "requote_bps": 0.1}}


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process held at one moment.

    Attributes:
        memory_kib: Its own; pages of files, which the kernel keeps or drops as it likes, are not counted.
    """

    memory_kib: int
    fds: int
    orders: int


def look(node: Node, venue: Venue) -> Sample:
    """Asks the kernel what the process holds, and the venue how many orders there were."""
    assert node.process is not None
    own = Path("/proc", str(node.process.pid))
    line = next(line for line in (own / "status").read_text().splitlines() if line.startswith("RssAnon"))
    fds = len(list((own / "fd").iterdir()))
    return Sample(int(line.split()[1]), fds, len(venue.ledger()["orders"]))


def median(samples: list[Sample]) -> tuple[float, float, float]:
    """Returns the medians of memory, descriptors and orders."""
    return (
        statistics.median(s.memory_kib for s in samples),
        statistics.median(s.fds for s in samples),
        statistics.median(s.orders for s in samples),
    )


def counted(port: int) -> Counter[str]:
    """Returns how many order events of each kind the node has counted, as its metrics say."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found: Counter[str] = Counter()
    line = r'^tradingnode_order_events_total\{.*?event="(\w+)".*?\} ([0-9.e+]+)$'
    for event, count in re.findall(line, text, re.MULTILINE):
        found[event] += int(float(count))
    return found


def told(ledger: dict[str, Any]) -> Counter[str]:
    """Returns the order events that the venue has told."""
    orders = Counter(order["status"] for order in ledger["orders"])
    return Counter(
        Accepted=orders.total() - orders["REJECTED"], Canceled=orders["CANCELED"], Filled=len(ledger["fills"])
    )


def still_kept(ledger: dict[str, Any], dump: dict[str, Any]) -> dict[str, Any]:
    """Returns the ledger without what the node has purged: closed orders it no longer holds, and their fills."""
    held = {order["client_order_id"] for order in dump["orders"]}
    held |= {o["client_order_id"] for o in ledger["orders"] if o["status"] in {"NEW", "PARTIALLY_FILLED"}}
    return {
        **ledger,
        "orders": [order for order in ledger["orders"] if order["client_order_id"] in held],
        "fills": [fill for fill in ledger["fills"] if fill["client_order_id"] in held],
    }


def missed(node: Node, venue: Venue, port: int) -> list[str]:
    """Says what the venue told and the node did not hear, and what of the rest the node holds differently."""
    dump, ledger = node.ask("dump"), venue.ledger()
    heard = counted(port)
    # An acceptance can be heard twice, once from a check of open orders; a fill and a cancel count once.
    lost = [
        f"{kind}: told {n}, heard {heard[kind]}"
        for kind, n in told(ledger).items()
        if heard[kind] < n or (kind != "Accepted" and heard[kind] > n)
    ]
    return lost + differences(dump, still_kept(ledger, dump))


@pytest.mark.nightly
def test_soak(node: Node, venue: Venue) -> None:
    """Memory and descriptors stay, every health call is answered, and the node heard each event of the venue."""
    port = free_port()
    node.strategies = [_BUSY]
    node.variables |= {"HEALTH_REST_PORT": str(port), "NAUTILUS_LOG_LEVEL": "WARNING", "READY_TIMEOUT": "120", **_PURGE}
    node.start(WATCHDOG_USEC="30000000").wait_ready(150)
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
    (memory, fds, orders), (memory_end, fds_end, orders_end) = median(warm[:third]), median(warm[-third:])
    print(
        f"memory {memory:.0f} -> {memory_end:.0f} KiB over {orders_end - orders:.0f} orders, "
        f"descriptors {fds} -> {fds_end}"
    )
    for name, calls in (("health", health), ("scrape", scrapes)):
        took = sorted(calls.seconds)
        p50, p99 = took[len(took) // 2] * 1e3, took[int(len(took) * 0.99)] * 1e3
        rate = len(took) / SECONDS
        print(f"{name}: {len(took)} answers, {rate:.1f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms, failed {calls.failed}")
    until = time.monotonic() + 30
    while (left := missed(node, venue, port)) and time.monotonic() < until:
        time.sleep(0.5)
    assert left == []
    ledger: dict[str, Any] = venue.ledger()
    purged = len(ledger["orders"]) - len(node.ask("dump")["orders"])
    print(f"{len(ledger['orders'])} orders ({purged} of them purged), {len(ledger['fills'])} fills, each event heard")
    assert ledger["fills"]
    assert purged > 0, "nothing was purged: was this long enough?"
    assert health.failed + scrapes.failed == []
    assert fds_end <= fds + 2
    assert memory_end - memory <= _KIB_OF_NOISE
