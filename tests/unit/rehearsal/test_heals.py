"""A failure is healed whatever happens in it: an error, Ctrl-C, Ctrl-C again in the middle of the heal."""

from __future__ import annotations

import os
import signal

import pytest

from tests.rehearsal.fault import healed


def test_ctrl_c_heals_everything_in_order() -> None:
    """Ctrl-C in the block still runs every heal, first to last, and is told to the caller afterwards."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt), healed(lambda: done.append("first"), lambda: done.append("second")):
        raise KeyboardInterrupt
    assert done == ["first", "second"]


def test_a_heal_that_fails_does_not_keep_the_next_from_running() -> None:
    """The first heal breaks, the second is done nevertheless, and the error is told."""
    done: list[str] = []

    def broken() -> None:
        raise AssertionError("the host does not answer")

    with pytest.raises(AssertionError, match="does not answer"), healed(broken, lambda: done.append("second")):
        pass
    assert done == ["second"]


def test_ctrl_c_does_not_break_a_heal_off() -> None:
    """A second Ctrl-C while it heals is not heard; the first handler is back afterwards."""
    done: list[str] = []
    former = signal.getsignal(signal.SIGINT)

    def heal() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        done.append("whole")

    with healed(heal):
        pass
    assert done == ["whole"]
    assert signal.getsignal(signal.SIGINT) is former
