"""What a fault is: how it is put in, how one knows that it took hold, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.chaos.site import Site

type Token = Any
"""What a fault has to remember between its beginning and its end."""


def nothing(site: Site, token: Token) -> None:
    """Do nothing: what heals by itself."""
    del site, token


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        row: Its row in the table of faults.
        inject: Begins it; may wait for a barrier. Returns a token.
        took_hold: Called before the heal; a proof in words, None when there is none.
        heal: Ends it.
        seconds: Shortest and longest time between.
        venues: Names of the venues it is made for, all when empty.
        halt: Whether the node may be halted meanwhile.
    """

    name: str
    row: int
    inject: Callable[[Site, Random], Token]
    took_hold: Callable[[Site, Token], str | None]
    heal: Callable[[Site, Token], None] = nothing
    seconds: tuple[float, float] = (0.0, 0.0)
    venues: frozenset[str] = frozenset()
    halt: bool = True
