"""Which market moves which symbol, as a configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.config import ReplayConfig
from simvenue.market.recordings import Recording
from simvenue.market.replay import ReplayMarket
from simvenue.market.synthetic import SyntheticMarket
from simvenue.venues.catalogue import listed

if TYPE_CHECKING:
    from simvenue.config import SimvenueConfig
    from simvenue.market.runner import Market


def markets(config: SimvenueConfig, venue: str) -> list[Market]:
    """Make the markets of a venue, one for each of its instruments.

    Raises:
        RecordingError: a recording cannot be used.
    """
    chosen = config.market
    recorded = None
    if isinstance(chosen, ReplayConfig) and (chosen.venue or next(iter(config.venues))) == venue:
        recorded = chosen
    made: list[Market] = []
    for instrument in listed(venue, config.venues[venue]):
        if recorded and recorded.symbol == instrument.symbol:
            made.append(ReplayMarket(instrument, Recording(recorded.files), recorded.at_end))
        else:
            made.append(SyntheticMarket(instrument, chosen.seed))
    return made
