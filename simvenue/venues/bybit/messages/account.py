"""The account: wallet and positions, for REST and for the private topics."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO
from simvenue.venues.bybit import decimals
from simvenue.venues.bybit.messages.instruments import RISK_LIMIT
from simvenue.venues.bybit.messages.orders import POSITION_INDEX, SIDES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.exchange.types import Instrument, Margin, Position, Side

_CENT = Decimal("0.0001")
_MAINTENANCE_RATE = Decimal("0.005")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """What a wallet document is made of.

    Attributes:
        balances: Asset to amount, without unrealised profit.
        locked: Asset to amount that open spot orders hold.
        margin: The derivatives' margin, in their quote currency.
        prices: Asset to its price in USDT.
    """

    balances: Mapping[str, Decimal]
    locked: Mapping[str, Decimal]
    margin: Margin
    prices: Mapping[str, Decimal]


def wallet(value: Wallet, coins: tuple[str, ...] = ()) -> dict[str, Any]:
    """Describe a unified account's wallet; ``coins`` limits the list of coins, not the totals."""
    margin = value.margin
    # An asset nothing is listed in is worth nothing to the venue's margin either.
    worth = {asset: amount * value.prices.get(asset, ZERO) for asset, amount in value.balances.items()}
    total = sum(worth.values(), ZERO)
    equity = total + margin.unrealized
    initial = margin.position_initial + margin.order_initial
    return {
        "accountType": "UNIFIED",
        "accountIMRate": _share(initial, equity),
        "accountMMRate": _share(margin.maintenance, equity),
        "accountLTV": "",
        "totalEquity": decimals.plain(equity),
        "totalWalletBalance": decimals.plain(total),
        "totalMarginBalance": decimals.plain(equity),
        "totalAvailableBalance": decimals.plain(max(ZERO, margin.available)),
        "totalPerpUPL": decimals.plain(margin.unrealized),
        "totalInitialMargin": decimals.plain(initial),
        "totalMaintenanceMargin": decimals.plain(margin.maintenance),
        "coin": [
            _coin(value, asset, worth[asset])
            for asset in sorted(value.balances)
            if asset and (not coins or asset in coins)
        ],
    }


def _share(part: Decimal, whole: Decimal) -> str:
    return decimals.plain((part / whole).quantize(_CENT)) if whole else "0"


def _coin(value: Wallet, asset: str, worth: Decimal) -> dict[str, Any]:
    margin = value.margin
    settles = asset == margin.asset
    amount = value.balances[asset]
    unrealized = margin.unrealized if settles else ZERO
    return {
        "coin": asset,
        "equity": decimals.plain(amount + unrealized),
        "usdValue": decimals.plain(worth + unrealized),
        "walletBalance": decimals.plain(amount),
        "free": "",
        "locked": decimals.plain(value.locked.get(asset, ZERO)),
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "spotBorrow": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "accruedInterest": "0",
        "totalOrderIM": decimals.plain(margin.order_initial if settles else ZERO),
        "totalPositionIM": decimals.plain(margin.position_initial if settles else ZERO),
        "totalPositionMM": decimals.plain(margin.maintenance if settles else ZERO),
        "unrealisedPnl": decimals.plain(unrealized),
        "cumRealisedPnl": "0",
        "bonus": "0",
        "collateralSwitch": True,
        "marginCollateral": True,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionContext:
    """What a position document needs beside the position.

    Attributes:
        mark: The mark price.
        leverage: The account's leverage in the instrument.
        isolated: Whether its margin is its own.
        take_profit: Trigger price of the position's take-profit order, None without one.
        stop_loss: The same of its stop-loss.
        trailing: Distance of its trailing stop.
    """

    mark: Decimal
    leverage: int
    isolated: bool
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing: Decimal | None = None


def position(instrument: Instrument, value: Position, side: Side | None, context: PositionContext) -> dict[str, Any]:
    """Describe a position; ``side`` is None when it is flat. The size never has a sign."""
    size = abs(value.quantity)
    worth = size * context.mark
    initial = worth / context.leverage
    entry = decimals.plain(value.entry_price) if size else "0"
    return {
        "category": "linear",
        "positionIdx": POSITION_INDEX[value.position_side],
        "riskId": 1,
        "riskLimitValue": RISK_LIMIT,
        "symbol": instrument.wire_name,
        "side": SIDES[side] if side else "",
        "size": decimals.quantity(instrument, size),
        "avgPrice": entry,
        "entryPrice": entry,
        "sessionAvgPrice": "",
        "positionValue": decimals.plain(size * value.entry_price),
        "tradeMode": 1 if context.isolated else 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 2 if size else 0,
        "leverage": str(context.leverage),
        "positionBalance": decimals.plain(initial),
        "markPrice": decimals.price(instrument, context.mark),
        "liqPrice": "",
        "bustPrice": "",
        "positionMM": decimals.plain(worth * _MAINTENANCE_RATE),
        "positionIM": decimals.plain(initial),
        "positionMMByMp": decimals.plain(worth * _MAINTENANCE_RATE),
        "positionIMByMp": decimals.plain(initial),
        "tpslMode": "Full",
        "takeProfit": decimals.price_or_empty(instrument, context.take_profit),
        "stopLoss": decimals.price_or_empty(instrument, context.stop_loss),
        "trailingStop": decimals.price(instrument, context.trailing),
        "unrealisedPnl": decimals.plain((context.mark - value.entry_price) * value.quantity) if size else "",
        "curRealisedPnl": decimals.plain(value.realized_pnl),
        "cumRealisedPnl": decimals.plain(value.realized_pnl),
        "createdTime": str(value.updated_ms),
        "updatedTime": str(value.updated_ms),
        "seq": value.updated_ms,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
    }
