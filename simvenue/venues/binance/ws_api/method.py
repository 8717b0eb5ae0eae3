"""One method of the WebSocket API: its name, what a caller must prove, what it costs, what carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from simvenue.credentials import Permission
from simvenue.venues.binance.endpoint import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from simvenue.credentials import Credential
    from simvenue.venues.binance.endpoint import Weight
    from simvenue.venues.binance.ws_api.session import Session


class Access(Enum):
    """What a caller must prove: nothing, an API key, an API key and a signature, or both in the request itself.

    A logged-in session stands for key and signature, except with OWN_SIGNATURE.
    """

    NONE = "none"
    KEY = "key"
    SIGNED = "signed"
    OWN_SIGNATURE = "own signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Call):
    """A call that came over a session; ``credential`` is None where none was asked for."""

    session: Session
    credential: Credential | None
    api_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method.

    Args:
        name: As the client writes it, e.g. ``order.place``.
        handler: Makes the reply's ``result``; those of REST endpoints fit.
        access: What a caller must prove.
        permission: What the key must allow.
        weight: What a request counts against its address's limit.
        orders: How many orders it counts against its account's limits.
    """

    name: str
    handler: Callable[[Request], Any]
    access: Access = Access.NONE
    permission: Permission = Permission.READ
    weight: Weight = 1
    orders: Weight = 0


def trade(name: str, handler: Callable[[Request], Any], *, weight: Weight = 1, orders: Weight = 0) -> Method:
    """A signed method that needs the permission to trade."""
    return Method(
        name=name,
        handler=handler,
        access=Access.SIGNED,
        permission=Permission.TRADE,
        weight=weight,
        orders=orders,
    )


def account(name: str, handler: Callable[[Request], Any], *, weight: Weight = 1) -> Method:
    """A signed method that only looks."""
    return Method(name=name, handler=handler, access=Access.SIGNED, weight=weight)


def public(name: str, handler: Callable[[Request], Any], *, weight: Weight = 1) -> Method:
    """A method for everybody."""
    return Method(name=name, handler=handler, weight=weight)
