"""Every fault under its name, and those that come with a kill."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.chaos.crowd_faults import CROWD_FAULTS
from tests.chaos.fault import Fault, Token
from tests.chaos.hook_faults import HOOK_FAULTS
from tests.chaos.name_faults import NAME_FAULTS
from tests.chaos.packet_faults import PACKET_FAULTS
from tests.chaos.process_faults import PROCESS_FAULTS
from tests.chaos.redis_damage import REDIS_DAMAGE
from tests.chaos.redis_faults import REDIS_FAULTS
from tests.chaos.redis_refusals import REDIS_REFUSALS
from tests.chaos.venue_faults import VENUE_FAULTS
from tests.chaos.want_faults import WANT_FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.chaos.site import Site


def _with_kill(**body: Any) -> Callable[[Site, Random], Token]:  # noqa: ANN401 JSON
    def inject(site: Site, rng: Random) -> Token:
        del rng
        number = site.add_fault(**body)
        site.supervisor.kill()
        # The start asks for the history; the fault stays until it has.
        site.wait_ready(45, since=time.time())
        return number

    return inject


def _struck(site: Site, token: Token) -> str | None:
    hits = int(site.fault(token)["hits"])
    return f"{hits} hits during the start after a kill" if hits else None


def _clear(site: Site, token: Token) -> None:
    del token
    site.clear_faults()


HISTORY_FAULTS: tuple[Fault, ...] = (
    Fault(
        name="kill -9, history forgets the last minute and before",
        row=20,
        inject=_with_kill(kind="missing_history", older_than_seconds=30),
        took_hold=_struck,
        heal=_clear,
    ),
    Fault(
        name="kill -9, history tells rows twice",
        row=20,
        inject=_with_kill(kind="duplicate_rows", rows=3),
        took_hold=_struck,
        heal=_clear,
    ),
)
FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *PROCESS_FAULTS,
        *HOOK_FAULTS,
        *REDIS_FAULTS,
        *REDIS_REFUSALS,
        *REDIS_DAMAGE,
        *VENUE_FAULTS,
        *HISTORY_FAULTS,
        *PACKET_FAULTS,
        *NAME_FAULTS,
        *WANT_FAULTS,
        *CROWD_FAULTS,
    )
}


def made_for(venue: str) -> list[Fault]:
    """Return the faults of one venue."""
    return [fault for fault in FAULTS.values() if not fault.venues or venue in fault.venues]
