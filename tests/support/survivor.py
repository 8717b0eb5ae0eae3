"""A node caught with a position and open orders, and compared with the ledger after what happened to its host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.checkers import differ
from tests.chaos.history import History
from tests.support.lab import wait_for
from tests.support.ledger import OPEN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.exchange import Exchange
    from tests.support.lab import Host


def exposed(ledger: dict[str, Any]) -> bool:
    """Whether the account holds a position and has orders open."""
    return any(float(position["quantity"]) for position in ledger["positions"]) and bool(open_orders(ledger))


def open_orders(ledger: dict[str, Any]) -> set[str]:
    """The ids of the orders that rest at the venue."""
    return {order["client_order_id"] for order in ledger["orders"] if order["status"] in OPEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A deployed host, and an exchange that is not on it."""

    checkout: Path
    host: Host
    venue: Exchange

    def caught(self) -> dict[str, Any]:
        """Stop the market while node and ledger agree on a position and open orders; the ledger then."""
        wait_for(self.host.is_trading, within=60, what="a node that trades")
        wait_for(self._caught, within=120, what="a position and open orders")
        return self.venue.ledger()

    def _caught(self) -> bool:
        self.venue.ask("market", "pause")
        if exposed(self.venue.ledger()) and not self.venue.differences(self.host):
            return True
        self.venue.ask("market", "resume")
        return False

    def resume(self, *, fills: int = 0) -> None:
        """Let the market move, until orders that rest there have been filled so often."""
        before = len(self.venue.ledger()["fills"])
        self.venue.ask("market", "resume")
        wait_for(lambda: len(self.venue.ledger()["fills"]) >= before + fills, within=120, what=f"{fills} fills")

    def shows(self, *words: str, within: float) -> float:
        """Wait until the node is not ready and its status line has one of these words; the seconds it took."""

        def says() -> bool:
            text = self.host.show("tradingnode", "StatusText")["StatusText"]
            return not text.startswith("RUNNING") and any(word in text for word in words)

        return wait_for(says, within=within, what=f"the node says {' or '.join(words)}")

    def survived(self, before: dict[str, Any], *, within: float, forgotten: bool = False) -> dict[str, Any]:
        """Wait until the node trades by itself, compare it with the ledger, see it trade on; what it said when equal.

        Args:
            before: The ledger before the fault.
            within: Seconds until it trades, on a calm machine.
            forgotten: Whether its memory was destroyed: then what is open and what came later must be there.
        """
        took = wait_for(self.host.is_trading, within=within, what="a node that trades again")
        dump = self._equal_but(before) if forgotten else self.venue.equal_dump(self.host)
        count = len(self.venue.ledger()["fills"])
        assert count >= len(before["fills"])
        wait_for(lambda: len(self.venue.ledger()["fills"]) > count, within=120, what="a fill after the fault")
        print(f"RUNNING {took:.1f} s after the host was whole; {count} fills, none lost, none twice")
        return dump

    def _equal_but(self, before: dict[str, Any]) -> dict[str, Any]:
        lost = frozenset(str(fill["trade_id"]) for fill in before["fills"])

        def agree() -> bool:
            history = History(ledger=self.venue.ledger(), dump=self.host.node("dump"), forgotten=lost)
            return not differ(history)

        self.venue.ask("market", "pause")
        try:
            wait_for(agree, within=60, what="equality of node and ledger")
            return self.host.node("dump")
        finally:
            self.venue.ask("market", "resume")
