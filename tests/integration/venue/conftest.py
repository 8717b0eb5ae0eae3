"""The real simvenue process on free ports, and real nodes beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.venue.processes import Simvenue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def simvenue(tmp_path: Path) -> Iterator[Simvenue]:
    """A running ``simvenue serve`` with one customer."""
    venue = Simvenue.start(tmp_path)
    yield venue
    venue.stop()
