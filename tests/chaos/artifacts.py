"""Keeps what is needed to understand a round that went wrong, or to play it again."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.rounds import Outcome
    from tests.chaos.site import Site


def keep(outcome: Outcome, site: Site, directory: Path) -> Path:
    """Copy ledger, cache, polls, plan, logs and Redis' files of a round; return where to."""
    place = directory / f"round-{outcome.plan.number}"
    place.mkdir(parents=True, exist_ok=True)
    documents: dict[str, object] = {
        "plan": asdict(outcome.plan),
        "findings": [
            {"invariant": finding.invariant, "verdict": finding.verdict, "why": finding.why}
            for finding in outcome.findings
        ],
    }
    if outcome.evidence is not None:
        evidence = asdict(outcome.evidence)
        evidence.pop("log")
        evidence.pop("secrets")
        documents |= {
            name: evidence[name] for name in ("ledger", "dump", "before", "polls", "sessions", "halted", "broken")
        }
    for name, document in documents.items():
        (place / f"{name}.json").write_text(json.dumps(document, indent=1, default=str))
    if site.redis.directory.exists():
        shutil.copytree(site.redis.directory, place / "redis", dirs_exist_ok=True)
    for path in (*site.node.directory.glob("*.log"), *site.node.directory.glob("*.jsonl")):
        shutil.copy(path, place)
    for path in (*site.venue.directory.glob("*.jsonl"), *site.venue.directory.glob("*.sqlite*")):
        shutil.copy(path, place)
    return place
