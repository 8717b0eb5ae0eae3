"""The harness is tested first: a node that is broken on purpose makes its checker say false."""

from __future__ import annotations

import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.chaos import broken
from tests.chaos.checkers import CHECKERS
from tests.chaos.history import History, Window
from tests.chaos.site import Site
from tests.chaos.verdicts import Verdict
from tests.chaos.wire import BINANCE_FUTURES
from tests.integration.node.world import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

UNWATCHED = {
    "RECONCILIATION_OPEN_CHECK_INTERVAL_SECS": "off",
    "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": "off",
    "RECONCILIATION_INFLIGHT_CHECK_INTERVAL_MS": "0",
    "HEALTH_COMPARE_INTERVAL": "3600",
}
"""Nobody mends what the build breaks before the checkers see it."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site whose node is not started yet."""
    site = Site(tmp_path / "site", BINANCE_FUTURES)
    site.node.variables |= UNWATCHED
    yield site
    site.close()


def looked_at(site: Site, *, halted: tuple[Window, ...] = ()) -> History:
    """Returns what is known after the market has stood still for a moment."""
    site.venue.call("POST", "/admin/v1/market/pause")
    time.sleep(2)
    return History(
        ledger=site.venue.ledger(), dump=site.dump(), requests=tuple(site.requests(0)), halted=halted, contradictions=()
    )


def traded(site: Site, fills: int = 14) -> History:
    """Returns what is known after so many fills."""
    eventually(lambda: len(site.venue.ledger()["fills"]) >= fills, seconds=60, what=f"{fills} fills")
    return looked_at(site)


def halted(site: Site) -> History:
    """Returns what is known after a halt of three seconds."""
    subprocess.run(site.node.line("halt", "--why", "the build ignores it"), check=False)
    since = time.time()
    time.sleep(3)
    return looked_at(site, halted=(Window(since=since, until=time.time(), what="halted"),))


@pytest.mark.parametrize(
    ("way", "act", "caught_by"),
    [
        ("drop_fills", traded, {"I1", "I5"}),
        ("apply_fills_twice", traded, {"I2", "I4"}),
        ("forget_orders", partial(traded, fills=8), {"I5"}),
        ("ignore_halt", halted, {"I8"}),
    ],
)
def test_broken_build_is_caught(site: Site, way: str, act: Callable[[Site], History], caught_by: set[str]) -> None:
    """A build that drops fills, applies them twice, forgets an order or ignores a halt is false in its checkers."""
    site.node.command = broken.command(way)
    site.start()
    history = act(site)
    verdicts = {name: check(history) for name, check in CHECKERS.items()}
    false = {name for name, finding in verdicts.items() if finding.verdict is Verdict.FALSE}
    assert caught_by <= false, verdicts


def test_sound_build_passes_them_all(site: Site) -> None:
    """Nothing is false of the build that is not broken, looked at in the same way."""
    site.start()
    history = traded(site)
    assert [finding for check in CHECKERS.values() if (finding := check(history)).verdict is Verdict.FALSE] in (
        [],
        [CHECKERS["I10"](history)],
    )
