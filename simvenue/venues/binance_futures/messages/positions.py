"""Positions and the settings of their symbols as REST answers them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simvenue.exchange.contracts import MarginType
from simvenue.exchange.types import ZERO
from simvenue.venues.binance import decimals

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument, Position

# One bracket for all sizes: no notional is too large for any leverage.
MAX_NOTIONAL = "80000000"
MAINTENANCE_SHARE = Decimal("0.4")
"""Maintenance over initial margin, as the exchange's own margin rule has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A position and what its value depends on."""

    instrument: Instrument
    position: Position
    mark: Decimal
    leverage: int
    margin_type: MarginType

    @property
    def notional(self) -> Decimal:
        """Signed value at the mark price."""
        return self.position.quantity * self.mark

    @property
    def profit(self) -> Decimal:
        """Unrealized profit at the mark price."""
        return self.notional - self.position.quantity * self.position.entry_price

    @property
    def isolated(self) -> bool:
        """Whether only its own margin backs it."""
        return self.margin_type is MarginType.ISOLATED

    @property
    def initial_margin(self) -> Decimal:
        """What it binds: of an isolated one the share of its value at entry, else of its value now."""
        value = self.position.quantity * self.position.entry_price if self.isolated else self.notional
        return abs(value) / self.leverage

    @property
    def isolated_margin(self) -> Decimal:
        """What backs it alone: its margin and its profit; 0 for a crossed one."""
        return self.initial_margin + self.profit if self.isolated and self.position.quantity else ZERO


def account_v2(value: Holding) -> dict[str, Any]:
    """One position inside ``/fapi/v2/account``."""
    position, initial = value.position, decimals.amount(value.initial_margin)
    return {
        "symbol": position.symbol,
        "initialMargin": initial,
        "maintMargin": decimals.amount(value.initial_margin * MAINTENANCE_SHARE),
        "unrealizedProfit": decimals.amount(value.profit),
        "positionInitialMargin": initial,
        "openOrderInitialMargin": decimals.amount(ZERO),
        "leverage": str(value.leverage),
        "isolated": value.isolated,
        "entryPrice": decimals.amount(position.entry_price),
        "breakEvenPrice": decimals.amount(position.entry_price),
        "maxNotional": MAX_NOTIONAL,
        "bidNotional": "0",
        "askNotional": "0",
        "positionSide": position.position_side.value,
        "positionAmt": decimals.quantity(value.instrument, position.quantity),
        "notional": decimals.amount(value.notional),
        "isolatedWallet": decimals.amount(value.isolated_margin - value.profit if value.isolated else ZERO),
        "updateTime": position.updated_ms,
    }


def account_v3(value: Holding) -> dict[str, Any]:
    """One position inside ``/fapi/v3/account``."""
    position = value.position
    return {
        "symbol": position.symbol,
        "positionSide": position.position_side.value,
        "positionAmt": decimals.quantity(value.instrument, position.quantity),
        "unrealizedProfit": decimals.amount(value.profit),
        "isolatedMargin": decimals.amount(value.isolated_margin),
        "notional": decimals.amount(value.notional),
        "isolatedWallet": decimals.amount(value.initial_margin if value.isolated else ZERO),
        "initialMargin": decimals.amount(value.initial_margin),
        "maintMargin": decimals.amount(value.initial_margin * MAINTENANCE_SHARE),
        "updateTime": position.updated_ms,
    }


def risk_v2(value: Holding) -> dict[str, Any]:
    """One row of ``/fapi/v2/positionRisk``."""
    position = value.position
    return {
        "symbol": position.symbol,
        "positionSide": position.position_side.value,
        "positionAmt": decimals.quantity(value.instrument, position.quantity),
        "entryPrice": decimals.amount(position.entry_price),
        "breakEvenPrice": decimals.amount(position.entry_price),
        "markPrice": decimals.amount(value.mark),
        "unRealizedProfit": decimals.amount(value.profit),
        "liquidationPrice": "0",
        "leverage": str(value.leverage),
        "maxNotionalValue": MAX_NOTIONAL,
        "marginType": "isolated" if value.isolated else "cross",
        "isolatedMargin": decimals.amount(value.isolated_margin),
        "isAutoAddMargin": "false",
        "notional": decimals.amount(value.notional),
        "isolatedWallet": decimals.amount(value.initial_margin if value.isolated else ZERO),
        "updateTime": position.updated_ms,
    }


def risk_v3(value: Holding) -> dict[str, Any]:
    """One row of ``/fapi/v3/positionRisk``."""
    position, initial = value.position, decimals.amount(value.initial_margin)
    return {
        "symbol": position.symbol,
        "positionSide": position.position_side.value,
        "positionAmt": decimals.quantity(value.instrument, position.quantity),
        "entryPrice": decimals.amount(position.entry_price),
        "breakEvenPrice": decimals.amount(position.entry_price),
        "markPrice": decimals.amount(value.mark),
        "unRealizedProfit": decimals.amount(value.profit),
        "liquidationPrice": "0",
        "isolatedMargin": decimals.amount(value.isolated_margin),
        "notional": decimals.amount(value.notional),
        "marginAsset": value.instrument.quote,
        "isolatedWallet": decimals.amount(value.initial_margin if value.isolated else ZERO),
        "initialMargin": initial,
        "maintMargin": decimals.amount(value.initial_margin * MAINTENANCE_SHARE),
        "positionInitialMargin": initial,
        "openOrderInitialMargin": "0",
        "adl": 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": position.updated_ms,
    }


def symbol_config(instrument: Instrument, leverage: int, margin_type: MarginType) -> dict[str, Any]:
    """One row of ``/fapi/v1/symbolConfig``."""
    return {
        "symbol": instrument.symbol,
        "marginType": margin_type.value,
        "isAutoAddMargin": False,
        "leverage": leverage,
        "maxNotionalValue": MAX_NOTIONAL,
    }


def leverage_bracket(instrument: Instrument) -> dict[str, Any]:
    """One row of ``/fapi/v1/leverageBracket``: a single bracket."""
    return {
        "symbol": instrument.symbol,
        "brackets": [
            {
                "bracket": 1,
                "initialLeverage": instrument.max_leverage,
                "notionalCap": int(MAX_NOTIONAL),
                "notionalFloor": 0,
                "maintMarginRatio": float(round(MAINTENANCE_SHARE / instrument.max_leverage, 6)),
                "cum": 0.0,
            }
        ],
    }
