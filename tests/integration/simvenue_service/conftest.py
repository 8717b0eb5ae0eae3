"""Every venue in one real process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.simvenue_service.world import Everything

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Everything]:
    """A simvenue that is prepared but not started; ended afterwards if it runs."""
    state = str(tmp_path / "state")
    monkeypatch.setenv("XDG_STATE_HOME", state)
    world = Everything(tmp_path / "state" / "simvenue", {"XDG_STATE_HOME": state, "PATH": "/usr/bin:/bin"})
    yield world
    world.end()


@pytest.fixture
def everything(stopped: Everything) -> Everything:
    """A running simvenue with every venue."""
    return stopped.start()
