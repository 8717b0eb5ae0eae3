"""What many orders and positions are, told once for the venue's ledger and once more for a node's cache."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

RESTING: Final = Decimal("50.00")
"""Price of the first bid of a symbol, far below a market near 100; the others follow by a tick."""
TAKEN: Final = Decimal("100.00")
QUANTITY: Final = Decimal("0.10")
TICK: Final = Decimal("0.01")
_FIRST_ID: Final = 1_000_000
PER_SYMBOL: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An order that a node sent.

    Attributes:
        price: Of a bid that rests; None where it was a market order, filled whole.
        trade_id: Of that fill.
    """

    number: int
    symbol: str
    price: Decimal | None
    trade_id: int | None = None

    @property
    def order_id(self) -> int:
        """The venue's id."""
        return _FIRST_ID + self.number

    @property
    def client_order_id(self) -> str:
        """The node's id."""
        return f"O-20261121-000000-001-000-{self.number}"


def placed(*, orders: int, positions: int) -> Iterator[Placed]:
    """Gives one filled order for each of ``positions`` symbols, then ``orders`` bids, ten a symbol; T0001USDT first."""
    for number in range(positions):
        yield Placed(number=number, symbol=symbol(number), price=None, trade_id=_FIRST_ID + number)
    for number in range(orders):
        step = number % PER_SYMBOL
        yield Placed(number=positions + number, symbol=symbol(number // PER_SYMBOL), price=RESTING - step * TICK)


def cancelled(count: int, *, after: int, symbols: int) -> Iterator[Placed]:
    """Gives bids of as many symbols, numbered after what was placed before."""
    for number in range(after, after + count):
        yield Placed(number=number, symbol=symbol(number % symbols), price=RESTING)


def symbol(number: int) -> str:
    """Names the symbol that simvenue invents at that place, counted from 0."""
    return f"T{number + 1:04}USDT"
