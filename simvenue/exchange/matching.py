"""Which resting orders an incoming order meets: planned first, without touching the book, so that it can be refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simvenue.exchange.types import MARKET_ACCOUNT, ZERO, Side

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from simvenue.exchange.book import Book, Resting
    from simvenue.exchange.types import PositionSide


@dataclass(frozen=True, slots=True)
class Match:
    """One meeting: ``quantity`` trades at the maker's price, then the maker's rest expires if ``expires``."""

    maker: Resting
    quantity: Decimal
    expires: bool = False


def crosses(side: Side, limit: Decimal | None, price: Decimal) -> bool:
    """Tell whether an order of ``side`` with ``limit`` (None: any price) may trade against a resting ``price``."""
    if limit is None:
        return True
    return price <= limit if side is Side.BUY else price >= limit


def plan(
    book: Book,
    *,
    account: str,
    side: Side,
    quantity: Decimal,
    limit: Decimal | None,
    position: Callable[[str, PositionSide], Decimal],
) -> list[Match]:
    """List what an incoming order would trade, best price first and first come first served within a price.

    A customer never trades with itself: its resting order expires and the incoming one goes on (expire-maker, the
    real venue's default). The market's account stands for many participants and does. A resting reduce-only order
    trades no more than its owner's position at that moment (``position`` gives it, signed) and the rest expires.
    """
    matches: list[Match] = []
    left = quantity
    drift: dict[tuple[str, PositionSide], Decimal] = {}
    for maker in book.walk(side.opposite):
        if not left or not crosses(side, limit, maker.price):
            break
        if maker.account == account != MARKET_ACCOUNT:
            matches.append(Match(maker, ZERO, expires=True))
            continue
        traded = min(left, maker.remaining)
        expires = False
        if maker.account != MARKET_ACCOUNT:
            sign = maker.side.sign
            key = (maker.account, maker.position_side)
            if maker.reduce_only:
                reducible = max(ZERO, -sign * (position(*key) + drift.get(key, ZERO)))
                expires = reducible <= traded and reducible < maker.remaining
                traded = min(traded, reducible)
            drift[key] = drift.get(key, ZERO) + sign * traded
        matches.append(Match(maker, traded, expires))
        left -= traded
    return matches


def traded_quantity(matches: list[Match]) -> Decimal:
    """Sum what a plan trades."""
    return sum((match.quantity for match in matches), ZERO)


def traded_value(matches: list[Match]) -> Decimal:
    """Sum what a plan trades in quote currency."""
    return sum((match.quantity * match.maker.price for match in matches), ZERO)
