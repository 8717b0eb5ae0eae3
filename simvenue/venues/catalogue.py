"""Every venue simvenue can be: its name in the configuration, its application and its instruments."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from simvenue.venues import binance_futures, binance_spot, bybit
from simvenue.venues.binance.fault_form import fault_form as binance_form
from simvenue.venues.binance.venue import VenueOptions as BinanceOptions
from simvenue.venues.binance_futures.instruments import INSTRUMENTS as BINANCE_FUTURES
from simvenue.venues.binance_futures.instruments import invented
from simvenue.venues.binance_spot.instruments import INSTRUMENTS as BINANCE_SPOT
from simvenue.venues.bybit.instruments import INSTRUMENTS as BYBIT
from simvenue.venues.bybit.limits import PER_SECOND
from simvenue.venues.bybit.venue import VenueOptions as BybitOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from simvenue.config.models import VenueConfig
    from simvenue.exchange.types import Instrument
    from simvenue.venues.transport.fault_form import FaultForm


type Options = BinanceOptions | BybitOptions
_MANY = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A venue's protocol.

    Attributes:
        create_app: makes its application over an exchange.
        instruments: what it may list.
        form: its words for faults.
        unlimited: options under which clients may ask as often as they like; the venue's own limits are the default.
        conditional_locks: whether an untriggered spot order holds money back there.
        invented: makes a number of contracts that no real venue lists; None where nobody needed any yet.
    """

    create_app: Callable[..., web.Application]
    instruments: Mapping[str, Instrument]
    form: FaultForm
    unlimited: Options
    conditional_locks: bool
    invented: Callable[[int], Mapping[str, Instrument]] | None = None


VENUES: Mapping[str, Kind] = MappingProxyType(
    {
        "binance_futures": Kind(
            create_app=binance_futures.create_app,
            instruments=BINANCE_FUTURES,
            form=binance_form,
            unlimited=BinanceOptions(limits=()),
            conditional_locks=True,
            invented=invented,
        ),
        "binance_spot": Kind(
            create_app=binance_spot.create_app,
            instruments=BINANCE_SPOT,
            form=binance_spot.fault_form,
            unlimited=BinanceOptions(limits=()),
            conditional_locks=True,
        ),
        "bybit": Kind(
            create_app=bybit.create_app,
            instruments=BYBIT,
            form=bybit.fault_form,
            unlimited=BybitOptions(
                rate_limits=dict.fromkeys([*PER_SECOND, "*"], _MANY),
                address_requests=_MANY,
            ),
            conditional_locks=False,
        ),
    }
)
"""By name, in the order they are shown."""


def listed(name: str, chosen: VenueConfig) -> list[Instrument]:
    """Give what a venue trades as its configuration says: the instruments named, then those invented."""
    kind = VENUES[name]
    made_up = kind.invented(chosen.invented) if kind.invented else {}
    return [*(kind.instruments[symbol] for symbol in chosen.instruments), *made_up.values()]
