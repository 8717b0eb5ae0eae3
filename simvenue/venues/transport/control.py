"""What can be done to a running venue from behind: who is connected, and whose user streams end now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simvenue.venues.transport.connection import Connection


class VenueControl(Protocol):
    """The verbs every venue's application offers under ``app[CONTROL]``."""

    def connections(self) -> Sequence[Connection]:
        """Every open socket of the venue, oldest first."""

    def expire_user_streams(self, account: str | None) -> int:
        """End user streams as the venue itself does when a listen key's time is over.

        Args:
            account: Whose; None for everybody's.

        Returns:
            How many ended. A venue without listen keys ends its user sockets, or answers 0 where nothing expires.
        """


CONTROL: web.AppKey[VenueControl] = web.AppKey("control")
