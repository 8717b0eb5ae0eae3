"""The spot market in a real simvenue process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.venue_spot.world import SpotVenue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def spot(tmp_path: Path) -> Iterator[SpotVenue]:
    """A running ``simvenue serve`` with one customer."""
    venue = SpotVenue.start(tmp_path)
    yield venue
    venue.stop()
