"""What a recording holds, whatever file it came from; prices and quantities as they were recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Levels, Side


class RecordingError(Exception):
    """A recording cannot be used; the message names the file, the problem and the fix."""


@dataclass(frozen=True, slots=True)
class RecordedTrade:
    """One trade; ``side`` is the aggressor's. Times are milliseconds since the epoch, here and below."""

    time_ms: int
    side: Side
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class QuoteUpdate:
    """The best prices and what stands there."""

    time_ms: int
    bid: Decimal
    bid_quantity: Decimal
    ask: Decimal
    ask_quantity: Decimal


@dataclass(frozen=True, slots=True)
class BookUpdate:
    """Levels of the book: all there are (``snapshot``) or those that changed, with quantity 0 where one went."""

    time_ms: int
    snapshot: bool
    bids: Levels
    asks: Levels


type Record = RecordedTrade | QuoteUpdate | BookUpdate
