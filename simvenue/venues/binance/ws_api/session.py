"""One client of the WebSocket API: who it is logged in as, and whose events it wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simvenue.venues.transport.frame import Frame, FrameKind
from simvenue.venues.transport.hub import encode

if TYPE_CHECKING:
    from simvenue.credentials import Credential
    from simvenue.venues.transport.connection import Connection

MAX_SUBSCRIPTIONS = 1000


@dataclass(frozen=True, slots=True)
class Login:
    """The key a session is logged in with, and since when."""

    api_key: str
    credential: Credential
    since_ms: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose events are sent; ``own`` when it belongs to the login and ends with it."""

    account: str
    own: bool


@dataclass(slots=True, eq=False)
class Session:
    """A connection and what was agreed on it."""

    connection: Connection
    connected_ms: int
    return_rate_limits: bool = True
    login: Login | None = None
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    next_subscription: int = 0

    def status(self, now_ms: int) -> dict[str, Any]:
        """The result of ``session.status``."""
        return {
            "apiKey": self.login.api_key if self.login else None,
            "authorizedSince": self.login.since_ms if self.login else None,
            "connectedSince": self.connected_ms,
            "returnRateLimits": self.return_rate_limits,
            "serverTime": now_ms,
            "userDataStream": bool(self.subscriptions),
        }

    def subscribe(self, account: str, *, own: bool) -> int:
        """Want an account's events; the subscription's id."""
        number = self.next_subscription
        self.next_subscription += 1
        self.subscriptions[number] = Subscription(account, own)
        return number

    def tell(self, account: str, event: dict[str, Any], *, symbol: str = "", side: str = "") -> None:
        """Send an account's event to each subscription that wants it."""
        for number, subscription in self.subscriptions.items():
            if subscription.account == account:
                self._send(number, account, event, symbol=symbol, side=side)

    def end(self, numbers: list[int], now_ms: int) -> None:
        """End subscriptions, and say so on each."""
        for number in numbers:
            subscription = self.subscriptions.pop(number)
            self._send(number, subscription.account, {"e": "eventStreamTerminated", "E": now_ms})

    def _send(self, number: int, account: str, event: dict[str, Any], *, symbol: str = "", side: str = "") -> None:
        frame = Frame(kind=FrameKind.USER, name=event["e"], account=account, symbol=symbol, side=side)
        self.connection.send(encode({"subscriptionId": number, "event": event}), frame)
