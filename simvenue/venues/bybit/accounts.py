"""An account's wallet and positions as of now, put together from what the exchange knows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simvenue.exchange.contracts import MarginType
from simvenue.exchange.types import Position, PositionSide, Side, TriggerKind
from simvenue.venues.bybit.messages import account as documents

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument, Order
    from simvenue.venues.bybit.venue import Venue

SETTLE = "USDT"
"""What all contracts here settle in, and what the wallet's totals are counted in."""


def wallet(venue: Venue, account: str, coins: tuple[str, ...] = ()) -> dict[str, Any]:
    """Describe an account's wallet."""
    prices = {SETTLE: Decimal(1)}
    for instrument in venue.exchange.instruments.values():
        if instrument.quote == SETTLE:
            prices.setdefault(instrument.base, venue.exchange.mark_price(instrument.symbol))
    balances = venue.exchange.balances(account)
    value = documents.Wallet(
        balances={SETTLE: Decimal(0)} | balances,
        locked=venue.exchange.locked(account),
        margin=venue.exchange.margin(account, SETTLE),
        prices=prices,
    )
    return documents.wallet(value, coins)


def position(venue: Venue, instrument: Instrument, value: Position) -> dict[str, Any]:
    """Describe a position with the protective orders that hang on it."""
    stops = protective_orders(venue, value.account, instrument, value.position_side)
    take_profit, stop_loss, trailing = (stops.get(kind) for kind in _PROTECTIVE)
    context = documents.PositionContext(
        mark=venue.exchange.mark_price(instrument.symbol),
        leverage=venue.exchange.leverage(value.account, instrument.symbol),
        isolated=venue.exchange.margin_type(value.account, instrument.symbol) is MarginType.ISOLATED,
        take_profit=take_profit.trigger.price if take_profit and take_profit.trigger else None,
        stop_loss=stop_loss.trigger.price if stop_loss and stop_loss.trigger else None,
        trailing=trailing.trigger.callback_offset if trailing and trailing.trigger else None,
    )
    side = None if not value.quantity else Side.BUY if value.quantity > 0 else Side.SELL
    return documents.position(instrument, value, side, context)


def flat(account: str, instrument: Instrument, side: PositionSide) -> Position:
    """Give the position of an account that never traded an instrument."""
    zero = Decimal(0)
    return Position(
        account=account,
        symbol=instrument.symbol,
        quantity=zero,
        entry_price=zero,
        realized_pnl=zero,
        updated_ms=0,
        position_side=side,
    )


_PROTECTIVE = (TriggerKind.TAKE_PROFIT, TriggerKind.STOP, TriggerKind.TRAILING)


def protective_orders(
    venue: Venue, account: str, instrument: Instrument, side: PositionSide
) -> dict[TriggerKind, Order]:
    """Give the waiting orders that close a whole position, by kind."""
    return {
        order.trigger.kind: order
        for order in venue.exchange.open_orders(account, instrument.symbol)
        if order.trigger and order.close_position and order.position_side is side
    }
