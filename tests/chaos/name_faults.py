"""Faults of names: the venue's cannot be looked up, or only late, while connections break or the node starts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.chaos.fault import Fault, Token
from tests.chaos.names import Mood

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.chaos.site import Site


def _become(mood: Mood, begin: Callable[[Site], None]) -> Callable[[Site, Random], Token]:
    def inject(site: Site, rng: Random) -> Token:
        del rng
        if site.names is not None:
            site.names.become(mood)
            begin(site)
        return mood

    return inject


def _cut(site: Site) -> None:
    # Whoever is connected asks for no name.
    site.add_fault(kind="cut_socket")
    site.add_fault(kind="reset", method="GET", path="/*", count=3)


def _kill(site: Site) -> None:
    site.supervisor.kill()


def _asked(site: Site, token: Token) -> str | None:
    asked = 0 if site.names is None else site.names.asked
    return f"the resolver was asked {asked} times: {token}" if asked else None


def _answer(site: Site, token: Token) -> None:
    del token
    if site.names is not None:
        site.names.become(Mood.WELL)
    site.clear_faults()


_names = partial(Fault, row=23, took_hold=_asked, heal=_answer)

NAME_FAULTS: tuple[Fault, ...] = (
    _names(name="no name, sockets cut", inject=_become(Mood.REFUSES, _cut), seconds=(5, 30)),
    _names(name="resolver mute, sockets cut", inject=_become(Mood.MUTE, _cut), seconds=(12, 30)),
    _names(name="resolver 4 s late, sockets cut", inject=_become(Mood.LATE, _cut), seconds=(8, 20)),
    _names(name="kill -9, no name", inject=_become(Mood.REFUSES, _kill), seconds=(5, 30)),
    _names(name="kill -9, resolver mute", inject=_become(Mood.MUTE, _kill), seconds=(15, 30)),
)
