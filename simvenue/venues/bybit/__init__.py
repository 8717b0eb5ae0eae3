"""Bybit v5 as its clients see it: REST, public and private topics, the trade socket; linear and spot."""

from simvenue.venues.bybit.app import create_app
from simvenue.venues.bybit.fault_form import fault_form
from simvenue.venues.bybit.venue import VenueOptions

__all__ = ["VenueOptions", "create_app", "fault_form"]
