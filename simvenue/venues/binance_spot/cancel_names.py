"""The client ids of cancel requests, which this venue tells in the event of the canceled order."""

from __future__ import annotations

import secrets
import string
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 22


def made_up() -> str:
    """A client id as the venue makes one for a cancel without."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


class CancelName:
    """The name of the cancel that is being carried out; empty in between."""

    def __init__(self) -> None:
        """Start with none."""
        self.current = ""

    @contextmanager
    def during(self, name: str | None) -> Iterator[str]:
        """Have ``name``, or one made up, told in the events of what happens inside."""
        self.current = name or made_up()
        try:
            yield self.current
        finally:
            self.current = ""


CANCEL_NAME: web.AppKey[CancelName] = web.AppKey("binance_spot_cancel_name", CancelName)
