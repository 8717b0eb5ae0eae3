"""What may stand between a venue and its sockets: the place where faults are put in, empty in ordinary service."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

    from simvenue.venues.transport.connection import Connection
    from simvenue.venues.transport.fault_form import Answer
    from simvenue.venues.transport.frame import Frame


class SocketKind(StrEnum):
    """What a socket is for: market data, an account's events, or orders and queries."""

    PUBLIC = "PUBLIC"
    USER = "USER"
    API = "API"


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketCall:
    """A request that came as a frame: an order, an amendment, a login.

    Attributes:
        name: the method or op in the venue's words, e.g. ``order.create``.
        execute: carries it out and returns the reply's text; called at most once.
        refuse: the reply's text, in the same envelope, for a refusal that was put in.
        account: who calls; empty before a login.
        symbol: the instrument's symbol in the exchange; empty when it is about none.
        side: BUY or SELL where it is about an order; empty otherwise.
        signed: whether it carries a signature.
    """

    name: str
    execute: Callable[[], str]
    refuse: Callable[[Answer], str]
    account: str = ""
    symbol: str = ""
    side: str = ""
    signed: bool = False


class Gate(Protocol):
    """Sees what passes a venue's sockets, and decides what becomes of it.

    ``Connection`` asks only while ``busy`` is true, so that an idle gate costs one look.
    """

    busy: bool

    def accept(self, connection: Connection) -> None:
        """See a socket that was just accepted."""

    def frame(self, connection: Connection, text: str, frame: Frame) -> None:
        """Take a frame over; what goes out leaves by ``connection.deliver``."""

    def perform(self, connection: Connection, call: SocketCall) -> None:
        """Take a call over; its reply leaves by ``connection.send``."""

    def count(self, method: str, path: str, account: str) -> None:
        """Count a request, also while not busy."""


GATE: web.AppKey[Gate] = web.AppKey("gate")
"""The application's gate; none in an application that no faults are put into."""
