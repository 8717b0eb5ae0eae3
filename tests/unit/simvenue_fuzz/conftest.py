"""All venues for many generated requests, with and without faults that look on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.unit.simvenue_fuzz.rig import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.simvenue_fuzz.rig import Target

type Rig = tuple[asyncio.Runner, dict[str, Target]]


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "watched"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """An event loop and every venue running in it; their books must add up at the end."""
    with asyncio.Runner() as runner:
        context = running(tmp_path_factory.mktemp("venues"), faulty=request.param)
        targets = runner.run(context.__aenter__())
        yield runner, targets
        for target in targets.values():
            target.check_books()
        runner.run(context.__aexit__(None, None, None))
