"""A mass status shows one moment.

Upstream: `LiveExecutionClient.generate_mass_status` (nautilus_trader/live/execution_client.py) asks for orders, fills
and positions one beside the other. When an order that rests at the venue is filled in between, the position has the
fill and the list of fills has not; the engine books the difference as a made-up fill, and counts the real one again
when its event arrives. A start after a crash, with quotes still in a moving market, meets this often.

Here: what is open is looked at before and after, and only a mass status in whose time nothing was filled, placed or
cancelled is handed on.

Shown by: tests/integration/node/test_guards.py. Can go when the venue answers all three questions at once: never.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from noderun.engine.guards.asked_symbols import Sparing
    from noderun.snapshot import Snapshot

_TRIES = 6
_PAUSE = 0.1
"""Seconds before the second try, doubled for each that follows: a venue counts what is asked of it."""


def install(client: Any, look: Callable[[], Awaitable[Snapshot]], sparing: Sparing) -> None:  # noqa: ANN401 untyped upstream
    """Make the client's mass status consistent, or None, upstream's word for failed.

    Args:
        client: Any.
        look: Asks what is open now.
        sparing: Restricts what is asked for after the first look.
    """
    generate = client.generate_mass_status

    @wraps(generate)
    async def consistent(lookback_mins: int | None = None) -> Any:  # noqa: ANN401 upstream's ExecutionMassStatus
        for count in range(_TRIES):
            before = await look()
            with sparing(before):
                status = await generate(lookback_mins)
            if status is None or await look() == before:
                return status
            await asyncio.sleep(_PAUSE * 2**count)
        return None

    client.generate_mass_status = consistent
