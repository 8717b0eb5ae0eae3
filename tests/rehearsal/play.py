"""One failure from beginning to end: catch the node with something to lose, strike, heal, READY by itself, judge."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.checkers import differ, judge
from tests.chaos.history import History
from tests.chaos.verdicts import Finding, Verdict, worst
from tests.rehearsal.fault import NotHere, Scene, undisturbed
from tests.rehearsal.watch import Watch, look
from tests.support.lab import wait_for
from tests.support.ledger import venue_trade_id
from tests.support.patience import PATIENCE
from tests.support.survivor import exposed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.rehearsal.fault import Fault
    from tests.rehearsal.target import Target
    from tests.support.lab import Host

DECISIVE = frozenset({"I1", "I2", "I3", "I4", "I5", "I6", "I10", "I14"})
"""Without an answer to one of these nothing is true; the others have something to look at in some failures only."""
_MARKET_MAKER = "MarketMaker-"
_PURGED_SECONDS = 3600
"""What was closed so long ago may be purged: the shortest `purge_closed_orders_buffer_mins` of nodecfg/presets.py."""
_SETTLE_SECONDS = 60.0
_STILL_SECONDS = 15.0
_TRADE_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one failure.

    Attributes:
        proof: How one knows that it took hold; None when one does not.
        meanwhile: The states that were seen.
        reason: What the node said first while it was not READY.
        to_ready: Seconds from the end of the failure to READY; None when it never was.
        fills: Of the node's account at the venue, at the end.
        forgotten: Fills of before that the node need not know.
    """

    fault: str
    proof: str | None
    findings: tuple[Finding, ...]
    meanwhile: str = ""
    reason: str = ""
    to_ready: float | None = None
    fills: int = 0
    forgotten: int = 0

    @property
    def verdict(self) -> Verdict:
        """False outweighs a failure that did not take hold, that outweighs everything else."""
        if any(finding.verdict is Verdict.FALSE for finding in self.findings):
            return Verdict.FALSE
        if self.proof is None:
            return Verdict.UNKNOWN
        return worst([one for one in self.findings if one.verdict is Verdict.TRUE or one.invariant in DECISIVE])

    @property
    def counts(self) -> Counter[str]:
        """Fills by kind: lost, duplicated, phantom, inferred."""
        return sum((finding.counts for finding in self.findings), Counter())


def play(fault: Fault, target: Target) -> Outcome:
    """Play one failure on a host whose node is READY, and leave the host as it was, whatever happens."""
    host = target.host
    first = look(host)
    assert first is not None, f"{target.name} does not answer"
    assert first.ready, f"the node is not READY before anything is done: {first.says}"
    before, forgotten = _agreed(host)
    strategies = frozenset(str(one["id"]) for one in host.node("status")["strategies"])
    wait_for(lambda: exposed(host.ledger()), within=60, what="a position and open orders, something to lose")
    # As after 15 min of trading (tradingnode-calm-main.timer): systemd's pauses would grow from failure to failure.
    host.ssh("systemctl reset-failed tradingnode redis-server")
    scene = Scene(target=target, began=time.time(), first=first)
    try:
        with Watch(host) as watch:
            try:
                proof = fault.play(scene)
            except NotHere as why:
                return Outcome(fault=fault.name, proof=None, findings=(), reason=str(why), meanwhile="not done")
            healed = time.time()
            if fault.forgets:
                forgotten |= {str(fill["trade_id"]) for fill in host.ledger()["fills"]}
            ready = _ready_again(scene, fault)
            traded = ready is not None and _trades(host)
        ledger, dump = settle(host, forgotten)
        evidence = History(
            ledger=ledger,
            dump=dump,
            before=before,
            requests=tuple(_requests(ledger, scene.began)),
            contradictions=contradictions(host),
            polls=watch.polls(),
            halted=tuple(scene.halted),
            broken=tuple(scene.broken),
            healed=healed,
            ready_again=ready,
            ready_within=fault.within * PATIENCE,
            traded_again=traded,
            forgotten=forgotten | _purged(ledger, dump),
            strategies=strategies,
        )
        return Outcome(
            fault=fault.name,
            proof=proof(),
            findings=(*_judged(evidence, strategies), *scene.findings),
            meanwhile=watch.meanwhile(),
            reason=watch.reason(),
            to_ready=None if ready is None else max(0.0, ready - healed),
            fills=len(ledger["fills"]),
            forgotten=len(forgotten),
        )
    finally:
        with undisturbed():
            scene.afterwards.close()


def missing(ledger: Mapping[str, Any], dump: Mapping[str, Any] | None) -> frozenset[str]:
    """Return the venue's fills that the node does not know: forgotten with an emptied Redis, or purged as old."""
    known = {venue_trade_id(fill["trade_id"]) for fill in (dump or {"fills": []})["fills"]}
    return frozenset(str(fill["trade_id"]) for fill in ledger["fills"] if str(fill["trade_id"]) not in known)


def settle(host: Host, forgotten: frozenset[str] | None) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return ledger and cache when they are equal, or when they have not become it; the market stands still then.

    A node that restarts meanwhile needs a market that moves, so it moves between the looks.

    Args:
        host: The lab host.
        forgotten: The fills that the node need not know; None for any of them.
    """
    until = time.monotonic() + _SETTLE_SECONDS * PATIENCE
    while True:
        host.ssh("simvenue market pause")
        try:
            still = time.monotonic() + _STILL_SECONDS
            while time.monotonic() < still:
                ledger, dump = host.ledger(), _dump(host)
                any_fill = missing(ledger, dump) if forgotten is None else forgotten | _purged(ledger, dump)
                if dump is not None and not differ(History(ledger=ledger, dump=dump, forgotten=any_fill)):
                    return ledger, dump
                time.sleep(0.5)
        finally:
            with undisturbed():
                host.ssh("simvenue market resume")
        if time.monotonic() > until:
            return ledger, dump
        time.sleep(4)


def contradictions(host: Host) -> tuple[str, ...]:
    """Return what the venue's own audit says against its books."""
    done = host.ssh("simvenue audit --venue binance_futures", check=False)
    return () if done.returncode == 0 else tuple(done.stdout.splitlines())


def _agreed(host: Host) -> tuple[dict[str, Any], frozenset[str]]:
    # What a Redis emptied earlier has lost is not this failure's doing; everything else must be equal before it.
    ledger, dump = settle(host, None)
    gone = missing(ledger, dump)
    assert dump is not None, "the node does not answer"
    assert not differ(History(ledger=ledger, dump=dump, forgotten=gone)), (
        "node and venue differ before anything was done: see `noderun reconcile --dry-run` on the host"
    )
    return dump, gone


def _ready_again(scene: Scene, fault: Fault) -> float | None:
    until = time.monotonic() + fault.within * PATIENCE
    while time.monotonic() < until:
        now = look(scene.host)
        another = now is not None and (now.pid != scene.first.pid or not fault.restarts)
        # systemd has the last word of a process that hangs too, so the node is asked itself.
        if now is not None and now.ready and another and scene.host.is_trading():
            return time.time()
        time.sleep(0.3)
    return None


def _trades(host: Host) -> bool:
    before, until = len(host.ledger()["orders"]), time.monotonic() + _TRADE_SECONDS * PATIENCE
    while time.monotonic() < until:
        if len(host.ledger()["orders"]) > before:
            return True
        time.sleep(0.5)
    return False


def _dump(host: Host) -> dict[str, Any] | None:
    try:
        return host.node("dump")
    except AssertionError:
        return None


def _purged(ledger: Mapping[str, Any], dump: Mapping[str, Any] | None) -> frozenset[str]:
    oldest = (time.time() - _PURGED_SECONDS) * 1000
    return missing(ledger, dump) & {str(fill["trade_id"]) for fill in ledger["fills"] if fill["time"] < oldest}


def _requests(ledger: Mapping[str, Any], since: float) -> list[dict[str, Any]]:
    # The host's exchange keeps no log of requests; an order in its ledger is one that arrived.
    return [
        {"method": "POST", "path": "/fapi/v1/order", "time_ms": order["created_ms"]}
        for order in ledger["orders"]
        if order["created_ms"] / 1000 > since
    ]


def _judged(evidence: History, strategies: frozenset[str]) -> list[Finding]:
    # One order on each side at a time is the market maker's promise, not every strategy's.
    promised = all(name.startswith(_MARKET_MAKER) for name in strategies)
    return [finding for finding in judge(evidence) if promised or finding.invariant != "I7"]
