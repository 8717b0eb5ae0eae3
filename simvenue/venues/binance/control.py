"""What can be done to a running market from behind: its sockets, and the end of its listen keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simvenue.venues.binance.venue import Venue
    from simvenue.venues.transport.connection import Connection


@dataclass(frozen=True, slots=True)
class BinanceControl:
    """The `VenueControl` of both markets."""

    venue: Venue

    def connections(self) -> list[Connection]:
        """Every open socket."""
        return self.venue.hub.connections

    def expire_user_streams(self, account: str | None) -> int:
        """Make listen keys old; within a second their streams say so."""
        return self.venue.listen_keys.expire(account)
