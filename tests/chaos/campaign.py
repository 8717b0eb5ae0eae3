"""Round after round until time or rounds are used up; a site lives for some rounds, and not past a false one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chaos.artifacts import keep
from tests.chaos.faults import FAULTS
from tests.chaos.rounds import Outcome, play
from tests.chaos.site import Site
from tests.chaos.verdicts import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.chaos.schedule import Plan
    from tests.chaos.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a campaign is over (seconds or rounds), and how long a node may take to be ready again.

    Attributes:
        per_site: Rounds that one venue, Redis and node live, with the state that they gather; fewer after a false one.
    """

    seconds: float | None = None
    rounds: int | None = None
    ready_within: float = 60.0
    per_site: int = 15


def run(
    wire: Wire,
    plans: Iterable[Plan],
    limits: Limits,
    directory: Path,
    tell: Callable[[Outcome, Path | None], None],
) -> tuple[list[Outcome], int]:
    """Play rounds; return their outcomes and how many fills the venues had.

    Args:
        wire: The venue.
        plans: What to play.
        limits: When to end.
        directory: Where the sites live; artifacts of rounds that are not true stay in it.
        tell: Called after each round, with where its artifacts are.
    """
    outcomes: list[Outcome] = []
    fills, site, lived = 0, None, 0
    until = time.monotonic() + limits.seconds if limits.seconds is not None else float("inf")
    try:
        for plan in plans:
            if time.monotonic() > until or (limits.rounds is not None and len(outcomes) >= limits.rounds):
                break
            if site is None:
                site, lived = _fresh(wire, directory, plan, limits), 0
            outcome = _play(site, plan)
            outcomes.append(outcome)
            lived += 1
            place = keep(outcome, site, directory) if outcome.verdict is not Verdict.TRUE else None
            tell(outcome, place)
            if lived >= limits.per_site or outcome.verdict is Verdict.FALSE:
                fills += _end(site)
                site = None
    except KeyboardInterrupt:
        pass  # What was played is told.
    finally:
        if site is not None:
            fills += _end(site)
    return outcomes, fills


def _fresh(wire: Wire, directory: Path, plan: Plan, limits: Limits) -> Site:
    site = Site(directory / f"site-{plan.number}", wire, seed=plan.seed % 10_000, ready_within=limits.ready_within)
    try:
        return site.start()
    except BaseException:
        site.close()
        raise


def _play(site: Site, plan: Plan) -> Outcome:
    try:
        return play(site, FAULTS[plan.fault], plan)
    except Exception as error:
        why = f"the round broke: {type(error).__name__}: {error}"
        broken = Finding(invariant="-", verdict=Verdict.FALSE, why=(why,))
        return Outcome(plan=plan, proof=None, findings=(broken,), site=site.directory.name)


def _end(site: Site) -> int:
    try:
        return len(site.venue.ledger()["fills"])
    except OSError:
        return 0
    finally:
        site.close()
