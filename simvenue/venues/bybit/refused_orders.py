"""Orders the venue acknowledged and then refused: it answers first and says later, on the order topic and in lists."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

KEPT = 500
"""Per process, the newest; as many closed orders the real venue keeps in its open-order query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedOrder:
    """An order that reached no book: whose, in which symbol, and the document that clients see."""

    account: str
    symbol: str
    document: dict[str, Any]


class RefusedOrders:
    """The newest ones, in memory: they stand in no ledger, because nothing happened; a restart forgets them."""

    def __init__(self) -> None:
        """Start without any."""
        self._orders: deque[RefusedOrder] = deque(maxlen=KEPT)

    def add(self, order: RefusedOrder) -> None:
        """Remember one."""
        self._orders.append(order)

    def of(self, account: str, symbols: Iterable[str]) -> list[dict[str, Any]]:
        """Give an account's in these symbols, newest first."""
        wanted = set(symbols)
        return [o.document for o in reversed(self._orders) if o.account == account and o.symbol in wanted]
