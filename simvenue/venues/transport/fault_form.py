"""A venue's own words for refusals that are put in, and what one of its requests is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from simvenue.venues.transport.gate import SocketKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A refusal as the venue would send it.

    Attributes:
        code: the venue's error code.
        message: the venue's text.
        status: HTTP status of the reply.
        body: the reply's whole JSON text.
        headers: the reply's further headers, e.g. ``Retry-After``.
    """

    code: int
    message: str
    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a request is about, as far as it says.

    Attributes:
        account: whose key it carries, whether or not it proves it; empty without a known key.
        symbol: the instrument's symbol in the exchange (Bybit's ``BTCUSDT-LINEAR``), or what it names when unknown.
        side: BUY or SELL; empty when it names none.
        signed: whether it carries a signature.
        socket: for an upgrade, what the socket is for.
    """

    account: str = ""
    symbol: str = ""
    side: str = ""
    signed: bool = False
    socket: SocketKind | None = None


class FaultForm(Protocol):
    """What each venue package implements as ``fault_form``; nothing in it may raise, whatever the request holds."""

    def error(self, code: int, message: str | None) -> Answer:
        """Any error code; without a message in the venue's words where they are known."""

    def rate_limited(self, *, banned: bool, retry_after: int | None) -> Answer:
        """Too many requests; ``banned`` for an address that went on regardless."""

    def maintenance(self) -> Answer:
        """The venue is closed for everybody."""

    def signature_rejected(self) -> Answer:
        """The signature is not valid."""

    def subject(self, request: web.Request, body: bytes) -> Subject:
        """Read who and what a request is about, without proving anything."""
