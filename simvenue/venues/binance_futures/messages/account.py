"""Balances and margins as REST answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO
from simvenue.venues.binance import decimals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simvenue.exchange.types import Margin

SETTLEMENT_ASSET = "USDT"


def account_v2(
    settlement: Margin, margins: Sequence[Margin], positions: list[dict[str, Any]], now_ms: int
) -> dict[str, Any]:
    """The document of ``/fapi/v2/account``: one row an asset, totals in the settlement asset."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "feeBurn": False,
        "tradeGroupId": -1,
        "updateTime": 0,
        "multiAssetsMargin": False,
        **_totals(settlement),
        "assets": [asset(margin, now_ms) for margin in margins],
        "positions": positions,
    }


def account_v3(
    settlement: Margin, margins: Sequence[Margin], positions: list[dict[str, Any]], now_ms: int
) -> dict[str, Any]:
    """The document of ``/fapi/v3/account``: as v2, without what is not about money."""
    return {**_totals(settlement), "assets": [asset(margin, now_ms) for margin in margins], "positions": positions}


def _totals(value: Margin) -> dict[str, str]:
    available = decimals.amount(max(value.available, ZERO))
    return {
        "totalInitialMargin": decimals.amount(value.position_initial + value.order_initial),
        "totalMaintMargin": decimals.amount(value.maintenance),
        "totalWalletBalance": decimals.amount(value.wallet),
        "totalUnrealizedProfit": decimals.amount(value.unrealized),
        "totalMarginBalance": decimals.amount(value.wallet + value.unrealized),
        "totalPositionInitialMargin": decimals.amount(value.position_initial),
        "totalOpenOrderInitialMargin": decimals.amount(value.order_initial),
        "totalCrossWalletBalance": decimals.amount(value.wallet),
        "totalCrossUnPnl": decimals.amount(value.unrealized),
        "availableBalance": available,
        "maxWithdrawAmount": available,
    }


def asset(value: Margin, now_ms: int) -> dict[str, Any]:
    """One asset inside the account documents."""
    available = decimals.amount(max(value.available, ZERO))
    return {
        "asset": value.asset,
        "walletBalance": decimals.amount(value.wallet),
        "unrealizedProfit": decimals.amount(value.unrealized),
        "marginBalance": decimals.amount(value.wallet + value.unrealized),
        "maintMargin": decimals.amount(value.maintenance),
        "initialMargin": decimals.amount(value.position_initial + value.order_initial),
        "positionInitialMargin": decimals.amount(value.position_initial),
        "openOrderInitialMargin": decimals.amount(value.order_initial),
        "crossWalletBalance": decimals.amount(value.wallet),
        "crossUnPnl": decimals.amount(value.unrealized),
        "availableBalance": available,
        "maxWithdrawAmount": available,
        "marginAvailable": value.asset == SETTLEMENT_ASSET,
        "updateTime": now_ms,
    }


def balance(account: str, value: Margin, now_ms: int) -> dict[str, Any]:
    """One row of ``/fapi/v2/balance`` and ``/fapi/v3/balance``."""
    available = decimals.amount(max(value.available, ZERO))
    return {
        "accountAlias": account,
        "asset": value.asset,
        "balance": decimals.amount(value.wallet),
        "crossWalletBalance": decimals.amount(value.wallet),
        "crossUnPnl": decimals.amount(value.unrealized),
        "availableBalance": available,
        "maxWithdrawAmount": available,
        "marginAvailable": value.asset == SETTLEMENT_ASSET,
        "updateTime": now_ms,
    }
