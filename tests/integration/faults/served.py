"""What tests take from every venue's package, and the signature that all venues share."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simvenue.venues.catalogue import VENUES
from tests.integration.faults.rig import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from simvenue.credentials import Credential
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Instrument
    from simvenue.venues.transport.fault_form import FaultForm


def sign(payload: str) -> str:
    """Lowercase hex HMAC-SHA256 with the customer's secret."""
    return hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Served:
    """What every venue's package gives."""

    name: str
    symbol: str

    @property
    def form(self) -> FaultForm:
        """The venue's own words."""
        return VENUES[self.name].form

    def create_app(
        self,
        exchange: Exchange,
        credentials: Mapping[str, Credential],
        clock: Callable[[], int],
        options: object = None,
    ) -> web.Application:
        """The venue's application, with the real venue's limits unless options say otherwise."""
        return VENUES[self.name].create_app(exchange, credentials, clock, options)

    def instruments(self) -> list[Instrument]:
        """The one that is traded."""
        return [VENUES[self.name].instruments[self.symbol]]
