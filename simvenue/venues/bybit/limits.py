"""How often an account may call an endpoint, and an address the venue at all.

Sources: Bybit's v5 rate limit page, default level of a unified account; 600 requests in 5 seconds an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simvenue.venues.bybit import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

SECOND_MS = 1000
ADDRESS_WINDOW_MS = 5000
OTHERS_PER_SECOND = 50
PER_SECOND: Mapping[str, int] = {
    "/v5/order/create": 20,
    "/v5/order/amend": 10,
    "/v5/order/cancel": 20,
    "/v5/order/cancel-all": 20,
    "/v5/order/create-batch": 20,
    "/v5/order/amend-batch": 20,
    "/v5/order/cancel-batch": 20,
    "/v5/position/set-leverage": 10,
    "/v5/position/switch-mode": 10,
    "/v5/position/switch-isolated": 10,
    "/v5/position/trading-stop": 10,
    "/v5/account/fee-rate": 10,
    "/v5/account/set-margin-mode": 10,
    "/v5/user/query-api": 10,
}
"""Calls a second by endpoint; every other one has ``OTHERS_PER_SECOND``. Batches count each of their orders."""
_MOST_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of an account's calls to one endpoint."""

    limit: int
    left: int
    resets_ms: int

    def headers(self) -> dict[str, str]:
        """Give the reply headers that tell it."""
        return {
            "X-Bapi-Limit": str(self.limit),
            "X-Bapi-Limit-Status": str(self.left),
            "X-Bapi-Limit-Reset-Timestamp": str(self.resets_ms),
        }


class Limits:
    """Counts calls in windows of a second (accounts) and five (addresses).

    Args:
        per_second: Calls a second by endpoint, over `PER_SECOND`; ``*`` is every endpoint that stands in neither.
        address_requests: Calls an address may send in five seconds.
    """

    def __init__(self, per_second: Mapping[str, int], address_requests: int) -> None:
        """Start with nothing counted."""
        self._per_second = {**PER_SECOND, **per_second}
        self._others = per_second.get("*", OTHERS_PER_SECOND)
        self._address_requests = address_requests
        self._calls: dict[tuple[str, str], tuple[int, int]] = {}
        self._addresses: dict[str, tuple[int, int]] = {}

    def take(self, account: str, path: str, now_ms: int, cost: int = 1) -> tuple[Quota, bool]:
        """Count a call; give what is left, and whether the call may be served. A refused one is not counted."""
        limit = self._per_second.get(path, self._others)
        window = now_ms // SECOND_MS
        start, used = self._calls.get((account, path), (window, 0))
        used = used if start == window else 0
        allowed = used + cost <= limit
        if allowed:
            used += cost
        self._calls[account, path] = (window, used)
        return Quota(limit, limit - used, (window + 1) * SECOND_MS), allowed

    def take_address(self, address: str, now_ms: int) -> None:
        """Count a call of an address.

        Raises:
            VenueError: HTTP 403 when it called too often.
        """
        window = now_ms // ADDRESS_WINDOW_MS
        start, used = self._addresses.get(address, (window, 0))
        used = used + 1 if start == window else 1
        if len(self._addresses) > _MOST_ADDRESSES:
            self._addresses.clear()
        self._addresses[address] = (window, used)
        if used > self._address_requests:
            raise errors.too_many_from_address()
