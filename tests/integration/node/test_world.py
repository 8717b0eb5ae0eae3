"""The processes beside a node say at once why they did not start."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import Redis, Venue

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", [Redis, Venue])
def test_a_process_that_ended_is_not_waited_for(kind: type[Redis | Venue], tmp_path: Path) -> None:
    """A server whose port is taken ends, and the test that wanted it does not wait for minutes."""
    process = kind(tmp_path / "place")
    with socket.create_server(("127.0.0.1", process.port)), pytest.raises(AssertionError, match="exit code"):
        process.start()
    process.stop()
