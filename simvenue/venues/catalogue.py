"""Every venue simvenue can be: its name in the configuration, its application and its instruments."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from simvenue.venues import binance_futures, bybit
from simvenue.venues.binance.fault_form import fault_form as binance_form
from simvenue.venues.binance_futures.instruments import INSTRUMENTS as BINANCE_FUTURES
from simvenue.venues.bybit.instruments import INSTRUMENTS as BYBIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from simvenue.exchange.types import Instrument
    from simvenue.venues.transport.fault_form import FaultForm


@dataclass(frozen=True, slots=True)
class Kind:
    """A venue's protocol: its application over an exchange, the instruments it may list, its words for faults."""

    create_app: Callable[..., web.Application]
    instruments: Mapping[str, Instrument]
    form: FaultForm


VENUES: Mapping[str, Kind] = MappingProxyType(
    {
        "binance_futures": Kind(binance_futures.create_app, BINANCE_FUTURES, binance_form),
        "bybit": Kind(bybit.create_app, BYBIT, bybit.fault_form),
    }
)
"""By name, in the order they are shown."""
