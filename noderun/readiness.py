"""Watches a start until the node trades: data for every subscription, within its time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from noderun.engine.feeds import Feeds

_LOOK_EVERY = 0.05
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One subscription.

    Attributes:
        topic: Where upstream publishes it on its message bus.
        kind: quotes, trades, book, …
        interval: Seconds between two messages where that is fixed (bars), else None.
        bar_type: Upstream's name of the bars, None for anything else.
    """

    topic: str
    kind: str
    instrument_id: str
    interval: float | None = None
    bar_type: str | None = None

    def __str__(self) -> str:
        """Return what people call it."""
        return f"{self.kind} of {self.instrument_id}"


def awaited(feeds: Collection[Feed], *, quiet: Collection[str], seconds: float) -> set[Feed]:
    """Return the feeds whose data a start has to wait for.

    Args:
        feeds: What the strategies subscribed to.
        quiet: Instruments that may be silent.
        seconds: How long the start waits; a bar that takes more than half of it to close proves nothing in time.
    """
    return {
        feed
        for feed in feeds
        if feed.instrument_id not in quiet and (feed.interval is None or feed.interval <= seconds / 2)
    }


async def data_flows(feeds: Feeds, *, quiet: Collection[str], seconds: float, tell: Callable[[str], None]) -> None:
    """Wait until every subscription of every strategy has brought data.

    Raises:
        Failure: 73, naming what is silent.
    """
    missing: set[Feed] = set()
    try:
        async with asyncio.timeout(seconds):
            # Polled: upstream tells nobody when its queue of subscription commands is done.
            while (missing := awaited(feeds.wanted(), quiet=quiet, seconds=seconds) - feeds.seen) or not feeds.settled:
                tell(f"waiting for data: {_names(missing)}" if missing else "waiting for subscriptions")
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError:
        raise Failure(
            Exit.NOT_CONNECTED,
            f"no {_names(missing)} within {seconds:g} s; check the venue's stream address, "
            "or name quiet instruments in READY_DATA_EXCEPT",
        ) from None
    finally:
        feeds.close()


def _names(feeds: Collection[Feed]) -> str:
    names = sorted(str(feed) for feed in feeds)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "") if names else "data"
