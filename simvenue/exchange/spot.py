"""What spot trading does that contracts do not: two balances move, and a market order may say how much to spend."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simvenue.exchange.account import CENT
from simvenue.exchange.matching import Match, traded_quantity
from simvenue.exchange.types import ZERO, Side

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.book import Book
    from simvenue.exchange.types import Instrument


class Exchanged(NamedTuple):
    """What one fill moves: signed amounts of base and quote, commission already taken off what was received."""

    base: Decimal
    quote: Decimal
    commission: Decimal
    commission_asset: str


def exchanged(instrument: Instrument, side: Side, price: Decimal, quantity: Decimal, fee: Decimal) -> Exchanged:
    """Work out what a fill moves; ``fee`` is a share of what is received, base when buying and quote when selling."""
    value = price * quantity
    if side is Side.BUY:
        commission = (quantity * fee).quantize(CENT)
        return Exchanged(quantity - commission, -value, commission, instrument.base)
    commission = (value * fee).quantize(CENT)
    return Exchanged(-quantity, value - commission, commission, instrument.quote)


def plan_amount(book: Book, *, account: str, side: Side, amount: Decimal, step: Decimal) -> tuple[list[Match], Decimal]:
    """List what a market order for ``amount`` of quote currency would trade, in whole steps of base currency.

    Own resting orders expire, as in `simvenue.exchange.matching.plan`.

    Returns:
        The matches, and the quantity of the order: what they trade, and if the book ends before the amount does, what
        the rest would trade at the last price.
    """
    matches: list[Match] = []
    left, price = amount, ZERO
    for maker in book.walk(side.opposite):
        if maker.account == account:
            matches.append(Match(maker, ZERO, expires=True))
            continue
        price = maker.price
        affordable = left // (price * step) * step
        traded = min(maker.remaining, affordable)
        if traded:
            matches.append(Match(maker, traded))
            left -= traded * price
        if affordable <= maker.remaining:
            return matches, traded_quantity(matches).quantize(step)
    rest = left // (price * step) * step if price else ZERO
    return matches, (traded_quantity(matches) + rest).quantize(step)
