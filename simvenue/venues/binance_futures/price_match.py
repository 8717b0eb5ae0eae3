"""``priceMatch``: a limit price that the venue reads from its book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import Side
from simvenue.venues.binance import errors

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.exchange import Exchange

_LEVELS = {"": 1, "_5": 5, "_10": 10, "_20": 20}
WORDS = {f"{queue}{suffix}": (queue, level) for queue in ("OPPONENT", "QUEUE") for suffix, level in _LEVELS.items()}


def price(exchange: Exchange, symbol: str, side: Side, word: str) -> Decimal:
    """The price that is matched: the n-th best of the other side (OPPONENT) or of one's own (QUEUE).

    Raises:
        VenueError: -5037 for a word the venue does not know, -5041 when the book has no such level.
    """
    if word not in WORDS:
        raise errors.VenueError(-5037, "Invalid price match")
    queue, level = WORDS[word]
    _, bids, asks = exchange.depth(symbol, level)
    levels = bids if (side is Side.BUY) is (queue == "QUEUE") else asks
    if len(levels) < level:
        raise errors.VenueError(-5041, "No depth matches this BBO order")
    return levels[level - 1][0]
