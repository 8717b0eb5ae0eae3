"""What Binance says of its request weight is kept, and what asks for history waits for the next minute by it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from nautilus_trader.adapters.binance.http import client
from nautilus_trader.core.nautilus_pyo3 import HttpMethod

from noderun.engine.guards import request_weight

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MOST = 1800
UPSTREAM: Any = client


@pytest.fixture
async def venue() -> AsyncIterator[str]:
    """A server that says of every request that as much weight is used as its path names."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="{}", headers={"X-MBX-USED-WEIGHT-1M": request.match_info["used"]})

    app = web.Application()
    app.router.add_get("/{used}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_used_weight_makes_history_wait(venue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the limit nothing waits; above it everything does until a moment into the next minute, then no more."""
    monkeypatch.setattr(UPSTREAM, "HttpClient", UPSTREAM.HttpClient)
    request_weight.keep_headers()
    weighing = request_weight._Weighing(UPSTREAM.HttpClient())
    assert weighing.pause(MOST) == 0
    await weighing.request(HttpMethod.GET, url=f"{venue}/{MOST - 1}")
    assert weighing.pause(MOST) == 0
    await weighing.request(HttpMethod.GET, url=f"{venue}/{MOST}")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    assert weighing.pause(MOST) == pytest.approx(60 - now % 60 + 1.5)
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert weighing.pause(MOST) == 0
