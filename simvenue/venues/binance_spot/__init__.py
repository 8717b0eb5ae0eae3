"""Binance spot as its clients see it: REST, market streams and the WebSocket API with its user data streams."""

from simvenue.venues.binance.fault_form import fault_form
from simvenue.venues.binance.venue import VenueOptions
from simvenue.venues.binance_spot.app import create_app

__all__ = ["VenueOptions", "create_app", "fault_form"]
