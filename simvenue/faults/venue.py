"""The faults of a venue as a whole."""

from typing import Literal

from pydantic import Field

from simvenue.faults.scope import Scope


class ClockOffset(Scope):
    """The venue's clock is off, in what it says and in what it accepts."""

    kind: Literal["clock_offset"]
    ms: int = Field(ge=-86_400_000, le=86_400_000, description="milliseconds ahead; negative for behind")


class ClockDrift(Scope):
    """The venue's clock runs too fast or too slow from now on."""

    kind: Literal["clock_drift"]
    ms_per_second: float = Field(ge=-999, le=10_000, description="milliseconds gained a second; negative for lost")


class Maintenance(Scope):
    """The venue is closed: every request gets its maintenance answer, sockets are closed and refused."""

    kind: Literal["maintenance"]
