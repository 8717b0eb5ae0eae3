"""What happened at Bybit while its private stream was away is asked for as soon as that is back.

Upstream: `BybitExecutionClient` (nautilus_trader/adapters/bybit/execution.py) is not told when its private socket has
connected again, and asks for nothing; Binance's client asks for a mass status then. A fill in the gap is unknown until
a check of orders or positions finds it, the end of an order until one asks for that order, if any does.

Here: the socket is looked at twenty times a second; one that was away, or has lost its subscriptions, and has them all
again is followed by a mass status, asked for until it is told. It brings orders and fills; none is made up. Upstream
needs about 0.2 s for a new connection, so one is missed only by a loop that stands still for that long, and then the
checks find what was missed.

Shown by: tests/integration/venue_bybit/test_reconnects.py. Can go when upstream reconciles after a reconnect.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.adapters.bybit.execution import BybitExecutionClient

from noderun import logs
from noderun.engine.guards.made_up_positions import without_made_up_fills
from noderun.lines import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_EVERY: Final = 0.05
_ASK_AGAIN: Final = 1.0
_LONGEST_PAUSE: Final = 30.0


def install(client: Any) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Make the client ask after each reconnect; other venues' clients are left alone."""
    if not isinstance(client, BybitExecutionClient):
        return
    connect = client._connect  # noqa: SLF001 the sockets are there behind it

    @wraps(connect)
    async def connect_and_watch() -> None:
        await connect()
        socket = client._ws_private_client  # noqa: SLF001 upstream tells it nowhere else
        client.create_task(_watch(client, socket), log_msg="watch of the private stream")

    setattr(client, connect.__name__, connect_and_watch)


async def _watch(client: Any, socket: Any) -> None:  # noqa: ANN401 upstream's client and socket
    wanted = 0
    gap = False
    while not socket.is_closed():
        count = socket.subscription_count()
        wanted = max(wanted, count)
        whole = socket.is_active() and count == wanted
        if gap and whole:
            await _catch_up(client, lambda: socket.is_closed() or not socket.is_active())
        gap = not whole
        await asyncio.sleep(_LOOK_EVERY)


async def _catch_up(client: Any, gone: Callable[[], bool]) -> None:  # noqa: ANN401 as above
    logs.get().info("the private stream is back: the venue is asked what happened meanwhile", client=str(client.id))
    pause = _ASK_AGAIN
    while not gone():
        try:
            status = await client.generate_mass_status(lookback_mins=None)
        except Exception as error:
            logs.get().warning("the venue did not tell what happened meanwhile", error=one_line(error))
            status = None
        if status is not None:
            with without_made_up_fills():
                client._send_mass_status_report(status)  # noqa: SLF001 as Binance's client does it
            return
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
