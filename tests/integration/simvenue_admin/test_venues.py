"""One admin API over several venues: which one is meant, and what is about all."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simvenue.venues.catalogue import VENUES

if TYPE_CHECKING:
    from tests.integration.simvenue_admin.process import Simvenue

CHOICES = ", ".join(VENUES)


def test_all_venues_are_listed(everything: Simvenue) -> None:
    """Venues come with address and instruments, in the order of the configuration."""
    _, listed = everything.call("GET", "/admin/v1/venues")
    assert [venue["name"] for venue in listed["venues"]] == list(VENUES)
    assert all(venue["url"].startswith("http://127.0.0.1:") for venue in listed["venues"])
    assert all(venue["instruments"] for venue in listed["venues"])


@pytest.mark.parametrize("path", ["/admin/v1/state", "/admin/v1/ledger?account=node", "/admin/v1/audit"])
def test_a_venue_must_be_named_when_there_are_several(everything: Simvenue, path: str) -> None:
    """Without a venue the answer is 400 and names the choices; with an unknown one it is 404 and names them too."""
    status, refused = everything.call("GET", path)
    assert (status, refused["error"]["detail"]) == (400, f"give ?venue= one of {CHOICES}")
    status, refused = everything.call("GET", f"{path}{'&' if '?' in path else '?'}venue=kraken")
    assert (status, refused["error"]["reason"]) == (404, "UNKNOWN_VENUE")
    assert refused["error"]["detail"] == f"venue kraken is not one of {CHOICES}"


@pytest.mark.parametrize("venue", VENUES)
def test_every_venue_has_a_ledger_of_its_own(everything: Simvenue, venue: str) -> None:
    """An order at one venue stands in that venue's ledger, fills and position included, and in no other's."""
    symbol = next(iter(VENUES[venue].instruments))
    body = {"account": "node", "symbol": symbol, "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    status, order = everything.call("POST", f"/admin/v1/orders?venue={venue}", {**body, "client_order_id": venue})
    assert (status, order["status"]) == (200, "FILLED"), order
    for other in VENUES:
        _, ledger = everything.call("GET", f"/admin/v1/ledger?account=node&venue={other}")
        assert ledger["venue"] == other
        assert [one["client_order_id"] for one in ledger["orders"]].count(venue) == (other == venue)
    filled = [fill for fill in everything.ledger("node", venue)["fills"] if fill["client_order_id"] == venue]
    assert sum(Decimal(fill["quantity"]) for fill in filled) == Decimal("0.01")
    assert everything.run("audit", "--venue", venue).returncode == 0


def test_pausing_is_about_all_venues_unless_one_is_named(everything: Simvenue) -> None:
    """Pause and resume without a venue act on all of them, with one on that one."""

    def paused() -> list[bool]:
        states = [everything.call("GET", f"/admin/v1/state?venue={venue}")[1] for venue in VENUES]
        return [state["market_paused"] for state in states]

    try:
        everything.call("POST", "/admin/v1/market/pause")
        assert paused() == [True] * len(VENUES)
        everything.call("POST", f"/admin/v1/market/resume?venue={next(iter(VENUES))}")
        assert paused() == [False] + [True] * (len(VENUES) - 1)
    finally:
        everything.call("POST", "/admin/v1/market/resume")
    assert paused() == [False] * len(VENUES)


def test_the_command_asks_for_a_venue(everything: Simvenue) -> None:
    """The command says --venue, not ?venue=, when one is needed, and shows the state of all when none is."""
    refused = everything.run("ledger")
    assert (refused.returncode, refused.stderr.strip()) == (1, f"INVALID_REQUEST: give --venue one of {CHOICES}")
    shown = everything.run("state")
    assert shown.returncode == 0, shown.stderr
    assert all(venue in shown.stdout for venue in VENUES)
