"""The words that only contracts with positions need: an account's modes and settings, funding, their events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from simvenue.exchange.types import Position, PositionSide


class PositionMode(StrEnum):
    """Whether an account holds one position per contract (ONE_WAY) or a LONG and a SHORT one (HEDGE)."""

    ONE_WAY = "ONE_WAY"
    HEDGE = "HEDGE"


class MarginType(StrEnum):
    """What backs a position: the whole wallet (CROSSED) or its own initial margin (ISOLATED)."""

    CROSSED = "CROSSED"
    ISOLATED = "ISOLATED"


class Setting(StrEnum):
    """What an account may set; LEVERAGE and MARGIN_TYPE for each symbol, POSITION_MODE for all."""

    LEVERAGE = "LEVERAGE"
    MARGIN_TYPE = "MARGIN_TYPE"
    POSITION_MODE = "POSITION_MODE"


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPayment:
    """What one position paid (``amount`` below 0) or received at one funding time.

    ``quantity`` is the signed position it was for; ``amount`` = -quantity * mark_price * rate, in ``asset``.
    """

    payment_id: int
    account: str
    symbol: str
    position_side: PositionSide
    quantity: Decimal
    mark_price: Decimal
    rate: Decimal
    amount: Decimal
    asset: str
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingEvent:
    """A funding payment was booked; balances (all assets) and position are as of right after it."""

    payment: FundingPayment
    balances: Mapping[str, Decimal]
    position: Position
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingEvent:
    """An account changed a setting; ``symbol`` is empty for what holds for all, ``value`` is as in the ledger."""

    account: str
    symbol: str
    setting: Setting
    value: str
    time_ms: int
