"""Every venue simvenue can be: its name in the configuration, its application and its instruments."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from simvenue.venues import binance_futures
from simvenue.venues.binance_futures.instruments import INSTRUMENTS as BINANCE_FUTURES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from simvenue.exchange.types import Instrument


@dataclass(frozen=True, slots=True)
class Kind:
    """A venue's protocol: what makes its application over an exchange, and the instruments it may list."""

    create_app: Callable[..., web.Application]
    instruments: Mapping[str, Instrument]


VENUES: Mapping[str, Kind] = MappingProxyType(
    {
        "binance_futures": Kind(binance_futures.create_app, BINANCE_FUTURES),
    }
)
"""By name, in the order they are shown."""
