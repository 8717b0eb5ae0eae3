"""A venue for each test, or one for many generated requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from simvenue.venues.binance_spot import VenueOptions
from tests.unit.binance_spot.client import Client, running_venue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture
def options() -> VenueOptions:
    """The real venue's limits; a test module overrides what it needs shorter."""
    return VenueOptions()


@pytest.fixture
async def venue(tmp_path: Path, options: VenueOptions) -> AsyncIterator[Client]:
    """A running venue for one test."""
    async with running_venue(tmp_path, options) as client:
        yield client


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, Client]]:
    """A running venue for many generated requests, and the event loop to send them in."""
    with asyncio.Runner() as runner:
        context = running_venue(tmp_path_factory.mktemp("venue"), VenueOptions(limits=()))
        yield runner, runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))
