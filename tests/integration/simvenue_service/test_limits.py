"""Rate limits are each venue's own unless the configuration says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

if TYPE_CHECKING:
    from tests.integration.simvenue_service.world import Everything

# More than the venue lets an address ask for: 2400 of weight a minute, 6000, 600 requests in five seconds.
_CALLS = {
    "binance_futures": (130, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000"),
    "binance_spot": (130, "/api/v3/depth?symbol=BTCUSDT&limit=1000"),
    "bybit": (1300, "/v5/market/time"),
}


@pytest.mark.parametrize("limited", [True, False])
async def test_limits_hold_unless_switched_off(stopped: Everything, *, limited: bool) -> None:
    """Who asks too often is refused by the venue's limit, and served with `rate_limits: false`."""
    if not limited:
        for venue in stopped.document["venues"].values():
            venue["rate_limits"] = False
        stopped.write()
    stopped.start()
    async with aiohttp.ClientSession() as session:
        for venue, (count, path) in _CALLS.items():
            statuses = set()
            for _ in range(count):
                async with session.get(stopped.url(venue) + path) as response:
                    statuses.add(response.status)
            assert statuses == ({200, 403 if venue == "bybit" else 429} if limited else {200}), venue
