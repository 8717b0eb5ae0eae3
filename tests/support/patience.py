"""How much longer than on a calm machine tests wait for what must come."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 3.0
"""Factor. What comes in time costs nothing, and neither CI nor a developer's machine is calm."""
