"""Every venue, each running under faults for one test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.faults.rig import running
from tests.integration.faults.wires import WIRES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.integration.faults.rig import Rig


@pytest.fixture(params=sorted(WIRES))
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    """Each venue in turn."""
    async with running(WIRES[request.param], tmp_path) as running_rig:
        yield running_rig
