"""What a deploy says about a node that does not come up, also when systemd has begun to try again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from noderun.states import Exit
from tests.unit.roles.conftest import load

if TYPE_CHECKING:
    from pathlib import Path

ENDED = json.dumps(
    {
        "state": "STOPPING",
        "code": int(Exit.STRATEGY_START),
        "meaning": "a strategy failed to start",
        "reason": "strategy MarketMaker-000 raised in on_start: RuntimeError: cannot start",
        "event": "ended",
        "level": "error",
    }
)
SECOND_TRY = {
    "ActiveState": "activating",
    "SubState": "start",
    "Result": "success",
    "ExecMainStatus": "0",
    "NRestarts": "1",
    "InvocationID": "b5390f1dbfd446bc8c514ccb8a567788",
}


def test_the_reason_survives_systemd_s_second_try(repository: Path) -> None:
    """While the next try starts, the journal of the unit still gives the code and the reason of the one before."""
    state = load(repository / "roles/tradingnode/library/tradingnode_state.py")
    assert state.tries_again(SECOND_TRY)
    assert not state.tries_again(SECOND_TRY | {"NRestarts": "0"})
    assert not state.tries_again(SECOND_TRY | {"ActiveState": "active"})
    lines = ["Starting tradingnode.service", ENDED, '{"event": "no code"}', "[1, 2]", "Starting tradingnode.service"]
    assert state.last_words(lines) == (
        "74 a strategy failed to start: strategy MarketMaker-000 raised in on_start: RuntimeError: cannot start"
    )
    assert state.last_words(["Starting tradingnode.service"]) == ""
    assert state.last_words([ENDED, '{"code": 0, "meaning": "asked to stop", "reason": "SIGTERM"}', "Starting"]) == ""
