"""The table of exit codes is whole."""

from __future__ import annotations

from noderun.states import MEANING, STAY_DOWN, Exit


def test_every_code_has_a_meaning() -> None:
    """Each exit code is explained, and the codes that systemd must not restart on are the known three."""
    assert set(MEANING) == set(Exit)
    assert sorted(STAY_DOWN) == [0, 76, 78]
