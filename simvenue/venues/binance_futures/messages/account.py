"""Balances, margins and positions as REST answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO
from simvenue.venues.binance import decimals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from simvenue.exchange.types import Instrument, Margin, Position
    from simvenue.venues.binance_futures.symbol_settings import SymbolSetting

# No notional bracket is simulated; the text is what the venue allows for BTCUSDT at 20 x.
MAX_NOTIONAL = "80000000"


def account(
    margin: Margin, balances: Mapping[str, Decimal], positions: list[dict[str, Any]], now_ms: int
) -> dict[str, Any]:
    """The document of ``/fapi/v2/account``; margin is used in one asset, the others lie idle."""
    assets = [
        _asset(asset, margin, now_ms) if asset == margin.asset else _idle_asset(asset, wallet, now_ms)
        for asset, wallet in balances.items()
    ]
    equity = decimals.amount(margin.wallet + margin.unrealized)
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "feeBurn": False,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "totalInitialMargin": decimals.amount(margin.position_initial + margin.order_initial),
        "totalMaintMargin": decimals.amount(margin.maintenance),
        "totalWalletBalance": decimals.amount(margin.wallet),
        "totalUnrealizedProfit": decimals.amount(margin.unrealized),
        "totalMarginBalance": equity,
        "totalPositionInitialMargin": decimals.amount(margin.position_initial),
        "totalOpenOrderInitialMargin": decimals.amount(margin.order_initial),
        "totalCrossWalletBalance": decimals.amount(margin.wallet),
        "totalCrossUnPnl": decimals.amount(margin.unrealized),
        "availableBalance": decimals.amount(max(margin.available, ZERO)),
        "maxWithdrawAmount": decimals.amount(max(margin.available, ZERO)),
        "assets": assets,
        "positions": positions,
    }


def _asset(asset: str, margin: Margin, now_ms: int) -> dict[str, Any]:
    available = decimals.amount(max(margin.available, ZERO))
    return {
        "asset": asset,
        "walletBalance": decimals.amount(margin.wallet),
        "unrealizedProfit": decimals.amount(margin.unrealized),
        "marginBalance": decimals.amount(margin.wallet + margin.unrealized),
        "maintMargin": decimals.amount(margin.maintenance),
        "initialMargin": decimals.amount(margin.position_initial + margin.order_initial),
        "positionInitialMargin": decimals.amount(margin.position_initial),
        "openOrderInitialMargin": decimals.amount(margin.order_initial),
        "crossWalletBalance": decimals.amount(margin.wallet),
        "crossUnPnl": decimals.amount(margin.unrealized),
        "availableBalance": available,
        "maxWithdrawAmount": available,
        "marginAvailable": True,
        "updateTime": now_ms,
    }


def _idle_asset(asset: str, wallet: Decimal, now_ms: int) -> dict[str, Any]:
    zero, whole = decimals.amount(ZERO), decimals.amount(wallet)
    return {
        "asset": asset,
        "walletBalance": whole,
        "unrealizedProfit": zero,
        "marginBalance": whole,
        "maintMargin": zero,
        "initialMargin": zero,
        "positionInitialMargin": zero,
        "openOrderInitialMargin": zero,
        "crossWalletBalance": whole,
        "crossUnPnl": zero,
        "availableBalance": whole,
        "maxWithdrawAmount": whole,
        "marginAvailable": False,
        "updateTime": now_ms,
    }


def account_position(
    instrument: Instrument, position: Position, mark: Decimal, setting: SymbolSetting
) -> dict[str, Any]:
    """One position inside ``/fapi/v2/account``."""
    initial = decimals.amount(abs(position.quantity) * mark / setting.leverage)
    return {
        "symbol": position.symbol,
        "initialMargin": initial,
        "maintMargin": decimals.amount(ZERO),
        "unrealizedProfit": decimals.amount((mark - position.entry_price) * position.quantity),
        "positionInitialMargin": initial,
        "openOrderInitialMargin": decimals.amount(ZERO),
        "leverage": str(setting.leverage),
        "isolated": setting.isolated,
        "entryPrice": decimals.amount(position.entry_price),
        "maxNotional": MAX_NOTIONAL,
        "bidNotional": "0",
        "askNotional": "0",
        "positionSide": "BOTH",
        "positionAmt": decimals.quantity(instrument, position.quantity),
        "updateTime": position.updated_ms,
    }


def position_risk(instrument: Instrument, position: Position, mark: Decimal, setting: SymbolSetting) -> dict[str, Any]:
    """One row of ``/fapi/v3/positionRisk``."""
    notional = position.quantity * mark
    initial = decimals.amount(abs(notional) / setting.leverage)
    return {
        "symbol": position.symbol,
        "positionSide": "BOTH",
        "positionAmt": decimals.quantity(instrument, position.quantity),
        "entryPrice": decimals.amount(position.entry_price),
        "breakEvenPrice": decimals.amount(position.entry_price),
        "markPrice": decimals.amount(mark),
        "unRealizedProfit": decimals.amount(notional - position.quantity * position.entry_price),
        "liquidationPrice": "0",
        "isolatedMargin": "0",
        "notional": decimals.amount(notional),
        "marginAsset": instrument.quote,
        "isolatedWallet": "0",
        "initialMargin": initial,
        "maintMargin": decimals.amount(ZERO),
        "positionInitialMargin": initial,
        "openOrderInitialMargin": "0",
        "adl": 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": position.updated_ms,
    }


def symbol_config(instrument: Instrument, setting: SymbolSetting) -> dict[str, Any]:
    """One row of ``/fapi/v1/symbolConfig``."""
    return {
        "symbol": instrument.symbol,
        "marginType": setting.margin_type,
        "isAutoAddMargin": False,
        "leverage": setting.leverage,
        "maxNotionalValue": MAX_NOTIONAL,
    }
