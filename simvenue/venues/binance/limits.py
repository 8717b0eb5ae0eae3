"""Rate limits as the venue counts them: request weight by address, orders by account, and bans for not listening."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simvenue.venues.binance import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

SECOND_MS = 1000


class Counted(StrEnum):
    """What a limit counts."""

    REQUEST_WEIGHT = "REQUEST_WEIGHT"
    ORDERS = "ORDERS"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most ``limit`` of something in each window of the clock.

    Args:
        counted: Request weight (by address) or orders (by account).
        interval: The venue's word, SECOND, MINUTE or DAY.
        count: How many of them make a window.
        limit: What fits into one.
    """

    counted: Counted
    interval: str
    count: int
    limit: int

    @property
    def window_ms(self) -> int:
        """Length of a window."""
        return {"SECOND": 1, "MINUTE": 60, "DAY": 86_400}[self.interval] * self.count * SECOND_MS

    @property
    def suffix(self) -> str:
        """How a header names the window, e.g. ``1M``."""
        return f"{self.count}{self.interval[0]}"

    def document(self) -> dict[str, str | int]:
        """The row of ``exchangeInfo``."""
        return {
            "rateLimitType": self.counted.value,
            "interval": self.interval,
            "intervalNum": self.count,
            "limit": self.limit,
        }


@dataclass(slots=True)
class _Window:
    start: int
    used: dict[str, int]


class Limiter:
    """The counts of one venue. An address that goes on after refusals is banned, each time for twice as long.

    Args:
        limits: What is limited.
        ban_after: Refusals of an address in one window after which it is banned.
        ban_seconds: How long the first ban lasts.
    """

    MAX_BAN_SECONDS = 3 * 86_400

    def __init__(self, limits: Iterable[RateLimit], *, ban_after: int, ban_seconds: int) -> None:
        """Start with nothing used."""
        self.limits = tuple(limits)
        self._windows = {limit: _Window(0, {}) for limit in self.limits}
        self._ban_after = ban_after
        self._ban_seconds = ban_seconds
        self._refusals: dict[str, int] = {}
        self._bans: dict[str, tuple[int, int]] = {}

    def spend(self, address: str, weight: int, now_ms: int) -> None:
        """Count a request.

        Raises:
            VenueError: -1003, with HTTP 429 over the limit and 418 while banned; ``Retry-After`` says when to go on.
        """
        until, times = self._bans.get(address, (0, 0))
        if now_ms < until:
            raise errors.banned(until, now_ms)
        for limit in self._of(Counted.REQUEST_WEIGHT):
            window = self._window(limit, now_ms)
            used = window.used[address] = window.used.get(address, 0) + weight
            if used <= limit.limit:
                continue
            refusals = self._refusals[address] = self._refusals.get(address, 0) + 1
            if refusals > self._ban_after:
                seconds = min(self._ban_seconds * 2**times, self.MAX_BAN_SECONDS)
                self._refusals.pop(address)
                self._bans[address] = (now_ms + seconds * SECOND_MS, times + 1)
                raise errors.banned(now_ms + seconds * SECOND_MS, now_ms)
            raise errors.too_much_weight(limit.limit, self._seconds_left(limit, window, now_ms))

    def count_orders(self, account: str, orders: int, now_ms: int) -> None:
        """Count new orders of an account.

        Raises:
            VenueError: -1015 with HTTP 429.
        """
        for limit in self._of(Counted.ORDERS):
            window = self._window(limit, now_ms)
            used = window.used.get(account, 0) + orders
            if used > limit.limit:
                window_text = f"{limit.count} {limit.interval}"
                raise errors.too_many_orders(limit.limit, window_text, self._seconds_left(limit, window, now_ms))
        for limit in self._of(Counted.ORDERS):
            window = self._window(limit, now_ms)
            window.used[account] = window.used.get(account, 0) + orders

    def forgive_orders(self, account: str, orders: int, now_ms: int) -> None:
        """Count fewer orders of an account, never below none."""
        for limit in self._of(Counted.ORDERS):
            window = self._window(limit, now_ms)
            window.used[account] = max(0, window.used.get(account, 0) - orders)

    def used(self, counted: Counted, who: str, now_ms: int) -> list[tuple[RateLimit, int]]:
        """What an address or account has used of each limit."""
        return [(limit, self._window(limit, now_ms).used.get(who, 0)) for limit in self._of(counted)]

    def documents(self, counted: Counted, who: str, now_ms: int) -> list[dict[str, str | int]]:
        """The same as rows of a WebSocket reply's ``rateLimits``."""
        return [limit.document() | {"count": used} for limit, used in self.used(counted, who, now_ms)]

    def headers(self, address: str, account: str, *, orders: bool, now_ms: int) -> dict[str, str]:
        """The counts as response headers; those of orders only in replies to orders."""
        headers = {
            f"X-MBX-USED-WEIGHT-{limit.suffix}": str(used)
            for limit, used in self.used(Counted.REQUEST_WEIGHT, address, now_ms)
        }
        if orders and account:
            headers |= {
                f"X-MBX-ORDER-COUNT-{limit.suffix}": str(used)
                for limit, used in self.used(Counted.ORDERS, account, now_ms)
            }
        return headers

    def _of(self, counted: Counted) -> list[RateLimit]:
        return [limit for limit in self.limits if limit.counted is counted]

    def _window(self, limit: RateLimit, now_ms: int) -> _Window:
        window = self._windows[limit]
        start = now_ms - now_ms % limit.window_ms
        if window.start != start:
            window.start = start
            window.used.clear()
            if limit.counted is Counted.REQUEST_WEIGHT:
                self._refusals.clear()
        return window

    @staticmethod
    def _seconds_left(limit: RateLimit, window: _Window, now_ms: int) -> int:
        return -(-(window.start + limit.window_ms - now_ms) // SECOND_MS)
