"""Thousands of open orders: a stop that cancels them stays within the venue's request weight, and gets done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.big_world import Size, big_world, measure, stop_gracefully

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_stop_cancels_thousands(tmp_path: Path) -> None:
    """The policy cancel leaves none of 2,000 orders at the venue, and the process ends with 0."""
    with big_world(tmp_path, Size(orders=2_000), rate_limits=True) as (_, venue, node):
        node.variables["SHUTDOWN_POLICY"] = "cancel"
        measure(node)
        assert len(venue.open_orders()) == 2_000
        stop_gracefully(node)
        assert venue.open_orders() == []
