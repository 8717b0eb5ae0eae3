"""Restart to READY with thousands of open orders and positions, and as keys in Redis grow, beside bare upstream."""

from __future__ import annotations

import os
import statistics
import time
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from rich.table import Table

from tests.benchmarks.bench_noderun import start_bare
from tests.benchmarks.big_world import Size, Start, big_world, measure, stop_gracefully, used
from tests.integration.node.world import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.node.world import Node

_ROUNDS = int(os.environ.get("BENCH_ROUNDS", "2"))
_ORDERS = int(os.environ.get("BENCH_OPEN_ORDERS", "10000"))
_POSITIONS = int(os.environ.get("BENCH_POSITIONS", "1000"))
_KEYS = [int(number) for number in os.environ.get("BENCH_KEYS", "1000,10000,100000").split(",")]
_WATCHED_SECONDS = 30.0
_KILLED, _STOPPED, _BARE = "noderun, kill -9", "noderun, stopped", "bare upstream"
_LIMITED = "noderun, kill -9, venue's request weight"


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    """The table of all starts, printed when the last one ended."""
    title = f"median of {_ROUNDS} starts to READY, load average {os.getloadavg()[0]:.1f} at first"
    phases = ("imports, proofs", "load cache", "connect", "reconcile")
    rows = Table("state", "process", "seconds", *phases, "CPU s", "MiB", "stop s", "ratio", title=title)
    yield rows
    Console(width=190).print(rows)


def test_restart_with_many_orders_and_positions(tmp_path: Path, table: Table) -> None:
    """A node comes back with every order and position, and its checks keep pace; bare upstream beside it."""
    size = Size(orders=_ORDERS, positions=_POSITIONS)
    starts: dict[str, list[Start]] = {_KILLED: [], _STOPPED: [], _BARE: []}
    with big_world(tmp_path / "ours", size, rate_limits=False) as (_, _, node):
        measure(node)
        for _ in range(_ROUNDS):
            node.kill()
            starts[_KILLED].append(measure(node))
            assert _counts(node) == (_ORDERS, _POSITIONS)
            starts[_STOPPED].append(measure(node, stop_seconds=stop_gracefully(node)))
            assert _counts(node) == (_ORDERS, _POSITIONS)
    for number in range(_ROUNDS):
        # Afresh each time: upstream counts a symbol's fills twice at a warm start, and keeps what it makes up.
        with big_world(tmp_path / f"bare-{number}", size, rate_limits=False) as (_, _, node):
            starts[_BARE].append(_measure_bare(node))
    _add(table, f"{_ORDERS} open orders, {_POSITIONS} positions", starts)


def test_restart_within_the_venues_weight(tmp_path: Path, table: Table) -> None:
    """The same start, where the venue counts request weight and bans who asks too much."""
    size = Size(orders=_ORDERS, positions=_POSITIONS)
    with big_world(tmp_path, size, rate_limits=True) as (_, _, node):
        starts = [measure(node)]
        assert _counts(node) == (_ORDERS, _POSITIONS)
        print(_watched(node))
    _add(table, f"{_ORDERS} open orders, {_POSITIONS} positions", {_LIMITED: starts})


@pytest.mark.parametrize("keys", _KEYS)
def test_restart_as_keys_grow(tmp_path: Path, table: Table, keys: int) -> None:
    """Orders that were cancelled and are kept make a start longer."""
    starts: dict[str, list[Start]] = {_KILLED: [], _BARE: []}
    with big_world(tmp_path, Size(orders=PER_START, history=keys), rate_limits=False) as (redis, _, node):
        found = int(redis.admin("DBSIZE"))
        for _ in range(_ROUNDS):
            starts[_KILLED].append(measure(node))
            node.kill()
        starts[_BARE] += [_measure_bare(node) for _ in range(_ROUNDS)]
    _add(table, f"{found} keys", starts)


PER_START = 10
"""Open orders beside the kept ones, so that something is reconciled."""


def _counts(node: Node) -> tuple[int, int]:
    status = eventually(lambda: (said := node.ask("status"))["reconciled"] and said, seconds=60, what="status")
    return status["orders_open"], len(status["positions"])


def _measure_bare(node: Node) -> Start:
    seconds = start_bare(node, patience=200)
    assert node.process is not None
    cpu, resident = used(node.process.pid)
    node.kill()
    return Start(seconds=seconds, phases={}, cpu_seconds=cpu, resident_mib=resident)


def _watched(node: Node) -> str:
    """Looks at a node that trades: CPU, and how long a comparison with the venue takes."""
    assert node.process is not None
    before, begun = used(node.process.pid)[0], time.monotonic()
    while time.monotonic() < begun + _WATCHED_SECONDS:
        node.listen()
        time.sleep(0.2)
    cpu = (used(node.process.pid)[0] - before) / _WATCHED_SECONDS
    begun = time.monotonic()
    node.act("reconcile", "--dry-run")
    return f"running: {cpu:.0%} of a core; comparison on command {time.monotonic() - begun:.1f} s, its process included"


def _add(table: Table, state: str, starts: dict[str, list[Start]]) -> None:
    bare = [start.seconds for start in starts.get(_BARE, [])]
    for kind, done in starts.items():
        seconds = statistics.median(start.seconds for start in done)
        phases = [statistics.median(start.phases[name] for start in done) for name in done[0].phases] or [0.0] * 4
        table.add_row(
            state,
            kind,
            f"{seconds:.1f}",
            *(f"{phase:.1f}" if done[0].phases else "" for phase in phases),
            f"{statistics.median(start.cpu_seconds for start in done):.1f}",
            f"{statistics.median(start.resident_mib for start in done):.0f}",
            f"{statistics.median(start.stop_seconds for start in done):.1f}" if kind == _STOPPED else "",
            f"{seconds / statistics.median(bare):.2f}" if bare else "",
        )
