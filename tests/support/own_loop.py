"""An event loop for client libraries that look for one even when they are not asynchronous, and leave theirs open."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def own_loop() -> Iterator[None]:
    """Gives this thread a loop that is closed at the end; one left open fails whatever test it is collected in."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()
