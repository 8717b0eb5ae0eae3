"""simvenue.yaml: what it may say, and every problem of a file at once."""

from simvenue.config.file import ConfigurationError, load
from simvenue.config.models import (
    OTHER_ACCOUNT,
    AccountConfig,
    Endpoint,
    KeyConfig,
    ReplayConfig,
    SimvenueConfig,
    SyntheticConfig,
    VenueConfig,
)

__all__ = [
    "OTHER_ACCOUNT",
    "AccountConfig",
    "ConfigurationError",
    "Endpoint",
    "KeyConfig",
    "ReplayConfig",
    "SimvenueConfig",
    "SyntheticConfig",
    "VenueConfig",
    "load",
]
