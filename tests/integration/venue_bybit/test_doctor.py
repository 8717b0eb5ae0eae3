"""The doctor's questions are answered by Bybit's venue, and its refusals are told in the venue's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.nodecfg_command.conftest import Command
from tests.integration.venue_bybit.world import node_variables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.node.world import Redis, Venue


@pytest.fixture
def command(shared_redis: Redis, shared_venue: Venue, tmp_path: Path) -> Command:
    """The command, with settings that lead to both."""
    return Command(tmp_path, node_variables(shared_redis, shared_venue.port))


def test_all_is_well(command: Command) -> None:
    """Name, address, clock and signed call are ok; the key works from everywhere, which is told."""
    code, found = command.doctor()
    verdicts = {check: finding["verdict"] for check, finding in found.items() if check.startswith("BYBIT")}
    assert verdicts == {
        "BYBIT DNS": "ok",
        "BYBIT reach": "ok",
        "BYBIT clock": "ok",
        "BYBIT key": "ok",
        "BYBIT key permissions": "warning",
    }
    assert code in {0, 70}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"BYBIT_API_KEY": "another-key-that-nobody-holds"}, "10003"),
        ({"BYBIT_API_SECRET": "another-secret-of-nobody-at-all"}, "10004"),
    ],
)
def test_a_wrong_key(command: Command, changes: dict[str, str], said: str) -> None:
    """An unknown key, and a secret that is not the key's, fail with the venue's own code."""
    code, found = command.doctor(**changes)
    assert (code, found["BYBIT key"]["verdict"]) == (73, "failed")
    assert said in found["BYBIT key"]["detail"]
