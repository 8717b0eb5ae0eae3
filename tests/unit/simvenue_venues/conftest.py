"""A venue for each test, or one for many generated requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.types import Side
from simvenue.venues.binance_futures import VenueOptions
from tests.unit.simvenue_venues.client import Client, running_venue

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


@pytest.fixture
async def quoted(venue: Client) -> Client:
    """A venue with a bid, an ask and a last price of 60000."""
    venue.quote(Side.SELL, "60000.00", "1.010")
    venue.take(Side.BUY, "0.010")
    venue.quote(Side.BUY, "59990.00", "1.000")
    return venue


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, Client]]:
    """A running venue for many generated requests, and the event loop to send them in."""
    with asyncio.Runner() as runner:
        # Without rate limits, which would soon answer everything alike.
        context = running_venue(tmp_path_factory.mktemp("venue"), VenueOptions(limits=()))
        yield runner, runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))
