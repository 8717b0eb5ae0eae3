"""What every test shares: where the repository is, free ports on loopback, and patience with generated cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import ports

# How long a case takes says more of the machine than of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def free_port() -> int:
    """A TCP port on loopback that nobody listens on and nobody else is given."""
    return ports.free_port()
