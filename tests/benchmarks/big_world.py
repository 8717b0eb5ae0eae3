"""Redis, venue and node that hold thousands of orders and positions, for measurements of their start."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration.node.conftest import where
from tests.integration.node.world import API_KEY, API_SECRET, REDIS_PASSWORD, REDIS_USER, TRADER, Node, Redis, Venue
from tests.support.big_cache import cache_in, cancel_in_cache, fill_cache
from tests.support.big_venue import fill_ledger
from tests.support.holder import HOLDER, holder
from tests.support.many import PER_SYMBOL, cancelled, placed, symbol

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG = "300"
_TICKS_PER_SECOND = 100
_PHASES = (("load cache", "building the node"), ("connect", "CONNECTING"), ("reconcile", "RECONCILING"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there is, over as many instruments as that needs.

    Attributes:
        orders: Open, here and at the venue.
        positions: Open, here and there.
        history: Cancelled orders in Redis; the venue has forgotten them.
    """

    orders: int = 0
    positions: int = 0
    history: int = 0

    @property
    def instruments(self) -> int:
        """How many have to be listed."""
        return max(self.positions, -(-max(self.orders, 1) // PER_SYMBOL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start.

    Attributes:
        seconds: From the start of the process.
        phases: Seconds of each, in their order.
        cpu_seconds: What the process used until then.
        resident_mib: Memory then.
        stop_seconds: How long the stop before took; 0 after a kill.
    """

    seconds: float
    phases: dict[str, float]
    cpu_seconds: float
    resident_mib: float
    stop_seconds: float = 0.0


@contextmanager
def big_world(directory: Path, size: Size, *, rate_limits: bool) -> Iterator[tuple[Redis, Venue, Node]]:
    """Gives all three, filled; Redis and venue run, the markets stand still, the node is not started yet."""
    directory.mkdir(exist_ok=True)
    redis = Redis(directory / "redis").start()
    venue = Venue(
        directory / "venue",
        instruments=("BTCUSDT",),
        invented=size.instruments,
        rate_limits=rate_limits,
        # A thousand made-up markets would be the load that is measured.
        market={"kind": "synthetic", "seed": 7, "speed": 0.01},
    )
    node = Node(directory / "node", _variables(redis, venue, size), strategies=[holder()])
    try:
        venue.directory.mkdir()
        both = list(placed(orders=size.orders, positions=size.positions))
        fill_ledger(venue.directory / "binance_futures.sqlite", "node", both)
        with cache_in(redis.port, "admin", "admin", TRADER) as cache:
            fill_cache(cache, TRADER, HOLDER, both)
            over = cancelled(size.history, after=len(both), symbols=size.instruments)
            cancel_in_cache(cache, TRADER, HOLDER, over)
        venue.start()
        venue.call("POST", "/admin/v1/market/pause")
        yield redis, venue, node
    finally:
        node.stop()
        venue.stop()
        redis.stop()


def _variables(redis: Redis, venue: Venue, size: Size) -> dict[str, str]:
    names = ["BTCUSDT", *(symbol(number) for number in range(size.instruments))]
    return {
        "NAUTILUS_TRADER_ID": TRADER,
        "NAUTILUS_TIMEOUT_CONNECTION": _LONG,
        "NAUTILUS_TIMEOUT_RECONCILIATION": _LONG,
        "NAUTILUS_TIMEOUT_PORTFOLIO": _LONG,
        "NAUTILUS_TIMEOUT_POST_STOP": "0.1",
        "READY_TIMEOUT": _LONG,
        "SHUTDOWN_POLICY": "keep",
        "REDIS_USERNAME": REDIS_USER,
        "REDIS_PASSWORD": REDIS_PASSWORD,
        "BINANCE_API_KEY": API_KEY,
        "BINANCE_API_SECRET": API_SECRET,
        "BINANCE_TESTNET": "true",
        "BINANCE_INSTRUMENT_IDS": ",".join(f"{name}-PERP.BINANCE" for name in names),
        "HEALTH_REST_PORT": "0",
        "HEALTH_GRPC_PORT": "0",
        **where(redis, venue.port),
    }


def measure(node: Node, *, stop_seconds: float = 0.0) -> Start:
    """Starts noderun and returns what the start took."""
    node.start(WATCHDOG_USEC="30000000")
    seconds = node.wait_ready(100)
    assert node.process is not None
    began = [next(when for when, line in node.messages if word in line) for _, word in _PHASES]
    ends = [*began[1:], node.started + seconds]
    phases = {name: end - begin for (name, _), begin, end in zip(_PHASES, began, ends, strict=True)}
    phases = {"imports, proofs": began[0] - node.started, **phases}
    cpu, resident = used(node.process.pid)
    return Start(seconds=seconds, phases=phases, cpu_seconds=cpu, resident_mib=resident, stop_seconds=stop_seconds)


def used(pid: int) -> tuple[float, float]:
    """Returns the seconds of CPU a process has used, and its resident memory in MiB."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND, resident / 1024


def stop_gracefully(node: Node) -> float:
    """Stops a node as systemd does and returns the seconds that took."""
    assert node.process is not None
    begun = time.monotonic()
    node.process.terminate()
    assert node.wait_exit(120) == 0
    return time.monotonic() - begun
