"""The numbers of a running node at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Plain numbers, safe to read on any thread.

    Attributes:
        orders: Count by what they are: open, inflight, emulated, external (open, of no strategy here).
        quantities: Signed position by instrument and strategy.
        exposures: Value of the open positions by instrument, in its quote or settlement currency.
        unrealized: Unrealized PnL by instrument and currency.
        realized: Realized PnL by instrument and currency, since the cache began.
        balances: Amount by account, currency and kind (total, free, locked).
        queues: Length of each of upstream's queues.
    """

    orders: Mapping[str, int] = field(default_factory=dict)
    quantities: Mapping[tuple[str, str], float] = field(default_factory=dict)
    exposures: Mapping[str, float] = field(default_factory=dict)
    unrealized: Mapping[tuple[str, str], float] = field(default_factory=dict)
    realized: Mapping[tuple[str, str], float] = field(default_factory=dict)
    balances: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    queues: Mapping[str, int] = field(default_factory=dict)
