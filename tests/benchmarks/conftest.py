"""A lab of its own for measurements, and one table of medians and ratios printed at the end."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from rich.table import Table

from tests.support.lab import Host, clone, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SUBNET = "10.213.50"


class Report:
    """Collects measurements of one run; each row can name the bare thing it is compared with."""

    def __init__(self) -> None:
        """Starts empty."""
        self._rows: list[tuple[str, float, int, float | None, str]] = []

    def add(
        self, what: str, seconds: Sequence[float], *, beside: Sequence[float] | None = None, bare: str = ""
    ) -> None:
        """Adds a row: the median of ``seconds``, and its ratio to the median of ``beside``, both of this run."""
        median = statistics.median(seconds)
        other = statistics.median(beside) if beside else None
        self._rows.append((what, median, len(seconds), other, bare))

    def show(self) -> None:
        """Prints the table."""
        table = Table(
            "measured", "median s", "runs", "bare", "bare s", "ratio", title="benchmarks, one run, one machine"
        )
        for what, median, runs, other, bare in self._rows:
            ratio = f"{median / other:.2f}" if other else ""
            table.add_row(what, f"{median:.2f}", str(runs), bare, f"{other:.2f}" if other else "", ratio)
        Console(width=140).print(table)


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """The table of this run, printed when the last benchmark ended."""
    collected = Report()
    yield collected
    collected.show()


@pytest.fixture(scope="session")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clean clone whose testnet inventory points to a lab for measurements; the lab is removed afterwards."""
    copy = clone(repository, tmp_path_factory.mktemp("bench") / "tradingnode-ops", lab="bench", subnet=SUBNET)
    yield copy
    run(copy, "make", "lab-down")


@pytest.fixture(scope="session")
def host(checkout: Path) -> Host:
    """The measured host."""
    return Host(checkout=checkout, address=f"{SUBNET}.11")
