"""One round: trade, fault, heal, ready again, market stands still, judge."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from tests.chaos.checkers import differ, judge
from tests.chaos.history import History
from tests.chaos.verdicts import Finding, Verdict, found, unknown, worst
from tests.integration.node.world import API_KEY, API_SECRET, REDIS_PASSWORD
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.chaos.fault import Fault
    from tests.chaos.schedule import Plan
    from tests.chaos.site import Site

SETTLE_SECONDS = 90.0
_STILL_SECONDS = 8.0
_TRADE_SECONDS = 20.0 * PATIENCE
SECRETS = (API_KEY, API_SECRET, REDIS_PASSWORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a round was like.

    Attributes:
        proof: How one knows that the fault took hold; None when one does not.
        site: Where it was played: counts are of the site's whole life.
        to_ready: Seconds from the heal to ready.
        evidence: What was judged; None when the round broke.
    """

    plan: Plan
    proof: str | None
    findings: tuple[Finding, ...]
    site: str
    to_ready: float | None = None
    evidence: History | None = field(default=None, repr=False)

    @property
    def verdict(self) -> Verdict:
        """The round's: false outweighs a fault that did not take hold, that outweighs everything else."""
        wrong = [finding for finding in self.findings if finding.verdict is Verdict.FALSE]
        if wrong:
            return Verdict.FALSE
        return Verdict.UNKNOWN if self.proof is None else worst([f for f in self.findings if _counts(f)])


def _counts(finding: Finding) -> bool:
    # A round without a pause has no pause to look at; that is not a doubt about the round.
    return finding.verdict is not Verdict.UNKNOWN or finding.invariant not in {"I9", "I11", "I12"}


def play(site: Site, fault: Fault, plan: Plan) -> Outcome:
    """Play one round on a site whose node is ready."""
    rng, began = Random(plan.seed), time.time()  # noqa: S311 no secret hangs on it
    logged = len(site.node.log())
    sessions = len(site.supervisor.sessions) - 1
    _market(site, "resume")
    site.wait_ready(site.ready_within, since=began)
    time.sleep(plan.before)
    if plan.halted:
        site.halt()
    before = site.dump()
    token = fault.inject(site, rng)
    time.sleep(plan.lasting)
    proof = fault.took_hold(site, token)
    fault.heal(site, token)
    healed = time.time()
    ready = site.wait_ready(site.ready_within, since=healed)
    still_halted = site.supervisor.state == "HALTED"
    if plan.halted and ready is not None and still_halted:
        site.resume()
        ready = site.supervisor.wait_state("RUNNING", seconds=site.ready_within, since=time.time())
    traded = _trades(site) if ready is not None else None
    ledger, dump = settle(site)
    evidence = History(
        ledger=ledger,
        dump=dump,
        before=before,
        requests=tuple(site.requests(began)),
        contradictions=_contradictions(site),
        polls=tuple(poll for poll in site.supervisor.polls if poll.at > began),
        sessions=(*site.supervisor.sessions[sessions:], *_since(site.others, began)),
        halted=(*_since(site.halted, began), *_since(site.silent, began)),
        broken=_since(site.broken, began),
        paused=_since(site.paused, began),
        healed=healed,
        ready_again=ready,
        ready_within=site.ready_within,
        traded_again=traded,
        log=site.node.log()[logged:],
        secrets=SECRETS,
        forgotten=site.forgotten,
        strategies=frozenset({"MarketMaker-000", "Keeper-777"}),
        clock_slack_ms=site.clock_slack_ms,
    )
    findings = (*judge(evidence), _latch(plan, kept=still_halted))
    to_ready = None if ready is None else ready - healed
    return Outcome(
        plan=plan, proof=proof, findings=findings, site=site.directory.name, to_ready=to_ready, evidence=evidence
    )


def settle(site: Site, seconds: float = SETTLE_SECONDS) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return ledger and cache when they are equal, or when they have not become it; the market stands still then.

    A node that restarts meanwhile needs a market that moves, so it moves between the looks.
    """
    until = time.monotonic() + seconds
    while True:
        _market(site, "pause")
        still = time.monotonic() + _STILL_SECONDS
        while time.monotonic() < still:
            time.sleep(0.3)
            ledger, dump = site.venue.ledger(), site.dump()
            equal = dump is not None and not differ(History(ledger=ledger, dump=dump, forgotten=site.forgotten))
            if equal and site.venue.ledger() == ledger:
                return ledger, dump
        if time.monotonic() > until:
            return ledger, dump
        _market(site, "resume")
        time.sleep(4)
        site.wait_ready(30, since=time.time())


def _trades(site: Site) -> bool:
    before, until = site.orders_at_venue(), time.monotonic() + _TRADE_SECONDS
    while time.monotonic() < until:
        if site.orders_at_venue() > before:
            return True
        time.sleep(0.3)
    return False


def _contradictions(site: Site) -> tuple[str, ...]:
    audit = site.venue.call("GET", "/admin/v1/audit")["contradictions"]
    return tuple(sentence for sentences in audit.values() for sentence in sentences)


def _market(site: Site, verb: str) -> None:
    site.venue.call("POST", f"/admin/v1/market/{verb}")


def _since[T](records: list[T], began: float) -> tuple[T, ...]:
    return tuple(one for one in records if getattr(one, "since", getattr(one, "started", 0.0)) >= began)


def _latch(plan: Plan, *, kept: bool) -> Finding:
    if not plan.halted:
        return unknown("I9", "nobody halted the node in this round")
    return found("I9", [] if kept else ["the halt was over although nobody resumed"], looked_at=True)
