"""A venue for each test, or one for many generated requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from simvenue.venues.bybit import VenueOptions
from simvenue.venues.bybit.limits import PER_SECOND
from tests.unit.bybit.client import Client, running_venue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

UNHURRIED = VenueOptions(rate_limits=dict.fromkeys(PER_SECOND, 10_000), address_requests=1_000_000)


@pytest.fixture
def options() -> VenueOptions:
    """The venue's limits, except how often one may call; a test module overrides what it needs."""
    return UNHURRIED


@pytest.fixture
async def venue(tmp_path: Path, options: VenueOptions) -> AsyncIterator[Client]:
    """A running venue for one test."""
    async with running_venue(tmp_path, options) as client:
        yield client


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, Client]]:
    """A running venue for many generated requests, and the event loop to send them in."""
    options = VenueOptions(rate_limits=dict.fromkeys([*PER_SECOND], 10**9), address_requests=10**9)
    with asyncio.Runner() as runner:
        context = running_venue(tmp_path_factory.mktemp("venue"), options)
        yield runner, runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))
