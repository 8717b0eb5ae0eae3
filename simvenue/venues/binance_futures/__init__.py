"""Binance USDⓈ-M futures as its clients see it: REST, market streams, user data stream and WebSocket API.

Not there, and answered as an unknown path (-5000): bars of mark and index price, isolated margin by hand, amendment
history, downloads, multi-asset margin, convert, portfolio margin. Funding and liquidation happen on command only, there
is one leverage bracket, and no liquidation price is told.
"""

from simvenue.venues.binance.venue import VenueOptions
from simvenue.venues.binance_futures.app import create_app

__all__ = ["VenueOptions", "create_app"]
