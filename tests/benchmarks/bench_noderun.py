"""What noderun costs beside upstream's own TradingNode: one run, one venue, one Redis, the same strategy."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from rich.table import Table

from tests.integration.node.callers import METRICS, Callers
from tests.integration.node.conftest import where
from tests.integration.node.world import (
    API_KEY,
    API_SECRET,
    INSTRUMENT,
    REDIS_PASSWORD,
    REDIS_USER,
    TRADER,
    Node,
    Redis,
    Venue,
    eventually,
)
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
_ORDERS = int(os.environ.get("BENCH_ORDERS", "400"))
_REPOSITORY = Path(__file__).parents[2]
_BARE = "bare upstream"
_OURS = "noderun"
_ASKED = "noderun, 1 scrape/s, 200 health calls/s"


@dataclass(frozen=True, slots=True)
class Run:
    """What one process measured of itself, and how long its start and its scrapes took."""

    start: float
    measured: dict[str, Any]
    scrapes: tuple[float, ...] = ()
    calls: tuple[float, ...] = ()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Redis, Venue]]:
    """Redis and venue of all runs."""
    redis, venue = Redis(tmp_path / "redis").start(), Venue(tmp_path / "venue").start()
    yield redis, venue
    venue.stop()
    redis.stop()


def entry(result: Path) -> dict[str, Any]:
    """Returns the entry of strategies.yaml."""
    return {
        "strategy_path": "tests.benchmarks.pacer:Pacer",
        "config_path": "tests.benchmarks.pacer:PacerConfig",
        "config": {"result": str(result), "orders": _ORDERS, "order_id_tag": "000"},
    }


def variables(redis: Redis, venue: Venue, port: int) -> dict[str, str]:
    """Returns the settings, the same for all."""
    return {
        "NAUTILUS_TRADER_ID": TRADER,
        "NAUTILUS_TIMEOUT_POST_STOP": "0.1",
        "REDIS_USERNAME": REDIS_USER,
        "REDIS_PASSWORD": REDIS_PASSWORD,
        "BINANCE_API_KEY": API_KEY,
        "BINANCE_API_SECRET": API_SECRET,
        "BINANCE_TESTNET": "true",
        "BINANCE_INSTRUMENT_IDS": INSTRUMENT,
        "HEALTH_REST_PORT": str(port),
        "HEALTH_GRPC_PORT": "0",
        **where(redis, venue.port),
    }


def measure(kind: str, directory: Path, redis: Redis, venue: Venue) -> Run:
    """Runs one process from its start to the last order."""
    redis.admin("FLUSHALL")
    # The venue counts what an address asks in a minute; what the run before asked shall not be held against this one.
    venue.stop()
    venue.start()
    port, result = free_port(), directory / "result.json"
    node = Node(directory, variables(redis, venue, port), strategies=[entry(result)])
    with ExitStack() as cleanup:
        cleanup.callback(node.stop)
        if kind == _BARE:
            start = start_bare(node)
        else:
            node.start(WATCHDOG_USEC="30000000").wait_ready(60)
            start = float(node.ask("status")["seconds_to_ready"])
        health, scrapes = Callers(port, 200), Callers(port, 1, METRICS, threads=1)
        if kind == _ASKED:
            cleanup.enter_context(health)
            cleanup.enter_context(scrapes)

        def measured() -> bool:
            if kind != _BARE:
                node.listen()
            return result.exists()

        eventually(measured, seconds=180, what=f"the numbers of {kind}\n{node.log()[-2000:]}")
        return Run(start, json.loads(result.read_text()), tuple(scrapes.seconds), tuple(health.seconds))


def start_bare(node: Node, patience: float = 60) -> float:
    """Starts upstream's node with the same files, and returns the seconds until its trader ran."""
    # The files are written by a start that is over before it reads them.
    node.start()
    node.kill()
    with (node.directory / "node.log").open("wb") as log:
        node.process = subprocess.Popen(
            [sys.executable, _REPOSITORY / "tests/benchmarks/bare_node.py", node.directory / "node.env", "--stay"],
            env={"PATH": os.environ["PATH"], "HOME": str(node.directory), "PYTHONPATH": str(_REPOSITORY)},
            cwd=node.directory,
            stdout=log,
            stderr=log,
        )
    eventually(lambda: "\nseconds=" in node.log(), seconds=patience, what="bare upstream runs")
    return float(node.log().split("\nseconds=")[1].split()[0])


def test_cost_of_noderun(world: tuple[Redis, Venue], tmp_path: Path) -> None:
    """Start, order latency, CPU for an order, memory: noderun, quiet and asked all the time, beside bare upstream."""
    redis, venue = world
    runs: dict[str, list[Run]] = {_BARE: [], _OURS: [], _ASKED: []}
    for number in range(_ROUNDS):
        for kind, done in runs.items():
            run = measure(kind, tmp_path / f"{number}-{len(done)}-{list(runs).index(kind)}", redis, venue)
            done.append(run)
    show(runs)
    assert all(len(run.measured["accept_seconds"]) == _ORDERS for done in runs.values() for run in done)


def show(runs: dict[str, list[Run]]) -> None:
    """Prints medians of the rounds, and their ratios to bare upstream's."""
    table = Table("median of rounds", *runs, "ratio", "ratio, asked", title=f"{_ROUNDS} rounds of {_ORDERS} orders")

    def row(name: str, unit: str, factor: float, values: dict[str, list[float]]) -> None:
        medians = {kind: statistics.median(of) for kind, of in values.items()}
        cells = (f"{median * factor:.2f} {unit}" for median in medians.values())
        table.add_row(name, *cells, *(f"{medians[kind] / medians[_BARE]:.2f}" for kind in (_OURS, _ASKED)))

    row("start to trader running (bare), RUNNING (noderun)", "s", 1, {k: [r.start for r in v] for k, v in runs.items()})
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        row(
            f"submit to accept {name}",
            "ms",
            1e3,
            {k: [quantile(r.measured["accept_seconds"], share) for r in v] for k, v in runs.items()},
        )
    for name, key, unit, factor in (
        ("CPU for an order, idle load included", "cpu_per_order", "ms", 1e3),
        ("CPU idle", "idle_cpu", "% of a core", 1e2),
        ("CPU under load", "load_cpu", "% of a core", 1e2),
        ("memory idle", "idle_kib", "MiB", 1 / 1024),
        ("memory under load", "load_kib", "MiB", 1 / 1024),
    ):
        row(name, unit, factor, {k: [r.measured[key] for r in v] for k, v in runs.items()})
    Console(width=150).print(table)
    for name, took in (
        ("scrape", [s for run in runs[_ASKED] for s in run.scrapes]),
        ("health call", [s for run in runs[_ASKED] for s in run.calls]),
    ):
        print(f"{name}: {len(took)}, p50 {quantile(took, 0.5) * 1e3:.2f} ms, p99 {quantile(took, 0.99) * 1e3:.2f} ms")


def quantile(values: list[float], share: float) -> float:
    """Returns the value below which that share lies."""
    return sorted(values)[int(len(values) * share)]
