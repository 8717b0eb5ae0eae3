"""What can be done to the running spot market from behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simvenue.venues.binance.venue import VENUE
from simvenue.venues.binance.ws_api import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from simvenue.venues.transport.connection import Connection


@dataclass(frozen=True, slots=True)
class SpotControl:
    """The `VenueControl` of this market, whose user streams are sessions' subscriptions as well as listen keys."""

    app: web.Application

    def connections(self) -> Sequence[Connection]:
        """Every open socket: streams and WebSocket API."""
        return self.app[VENUE].hub.connections

    def expire_user_streams(self, account: str | None) -> int:
        """End subscriptions with ``eventStreamTerminated`` and make listen keys old."""
        venue = self.app[VENUE]
        ended = venue.listen_keys.expire(account)
        for session in self.app[SESSIONS]:
            numbers = [number for number, wanted in session.subscriptions.items() if account in {None, wanted.account}]
            session.end(numbers, venue.clock())
            ended += len(numbers)
        return ended
