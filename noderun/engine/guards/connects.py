"""A client that cannot connect says so at once.

Upstream: the exception of `_connect` is logged (nautilus_trader/live/execution_client.py `connect`), the engine waits
until `timeout_connection` for a connection that nobody makes any more, then logs RUNNING and idles (system/kernel.py
`start_async`).

Here: the first exception is kept, for the start to end with it.

Shown by: tests/integration/node/test_start_failures.py. Can go when upstream's start raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio


def install(client: Any, failed: asyncio.Future[tuple[str, BaseException]]) -> None:  # noqa: ANN401 any of upstream's clients
    """Resolve failed with the client's name and its exception when it cannot connect."""
    connect = client._connect  # noqa: SLF001 upstream awaits it in a task that only logs

    async def watched() -> None:
        try:
            await connect()
        except Exception as error:
            if not failed.done():
                failed.set_result((str(client.id), error))
            raise

    client._connect = watched  # noqa: SLF001 see above
