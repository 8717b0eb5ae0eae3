"""An exchange for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.simvenue.mixed import Mixed
from tests.unit.simvenue.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """An exchange of its own; closed afterwards."""
    opened = Room(tmp_path / "ledger.sqlite")
    yield opened
    opened.ledger.close()


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[Mixed]:
    """An exchange with spot and contracts over one wallet; closed and audited afterwards."""
    opened = Mixed(tmp_path / "ledger.sqlite")
    yield opened
    assert [opened.exchange.audit(name) for name in "abc"] == [[], [], []]
    opened.ledger.close()
