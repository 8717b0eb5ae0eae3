"""Binance USDⓈ-M futures as its clients see it: REST, market streams and the user data stream."""

from simvenue.venues.binance.venue import VenueOptions
from simvenue.venues.binance_futures.app import create_app

__all__ = ["VenueOptions", "create_app"]
