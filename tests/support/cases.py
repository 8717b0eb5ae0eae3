"""How many cases the generated tests try: few usually, many with HYPOTHESIS_PROFILE=nightly."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
_SLOW = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large)


def cases(usual: int, nightly: int = 2000, *, steps: int = 50) -> settings:
    """Make a test's settings.

    Args:
        usual: cases without the profile.
        nightly: cases with it.
        steps: at most so many rules of a state machine; other tests have none.
    """
    return settings(
        max_examples=nightly if NIGHTLY else usual,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=_SLOW,
    )
