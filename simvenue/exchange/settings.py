"""What an account may set for its contracts, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.margin import margin
from simvenue.exchange.types import InstrumentKind, Rejection, RejectReason

if TYPE_CHECKING:
    from simvenue.exchange.account import Customer
    from simvenue.exchange.contracts import MarginType, PositionMode
    from simvenue.exchange.state import State, SymbolState


def check_leverage(state: State, customer: Customer, market: SymbolState, leverage: int) -> None:
    """Refuse a leverage the contract does not have, or one so low that what is open could not be held.

    Raises:
        Rejection: LEVERAGE, INSUFFICIENT_MARGIN, UNKNOWN_SYMBOL for spot.
    """
    _check_contract(market)
    instrument = market.instrument
    if not 1 <= leverage <= instrument.max_leverage:
        detail = f"leverage {leverage} of {instrument.symbol} must be 1 to {instrument.max_leverage}"
        raise Rejection(RejectReason.LEVERAGE, detail)
    present = margin(state, customer, instrument.quote)
    after = margin(state, customer, instrument.quote, leverage=(instrument.symbol, leverage))
    if after.available < 0 and after.available < present.available:
        detail = f"leverage {leverage} needs {-after.available} {instrument.quote} more than is available"
        raise Rejection(RejectReason.INSUFFICIENT_MARGIN, detail)


def check_margin_type(customer: Customer, market: SymbolState, margin_type: MarginType) -> None:
    """Refuse a margin type that is set already, or while orders or a position are open in the symbol.

    Raises:
        Rejection: NO_CHANGE, ORDERS_OR_POSITIONS_OPEN, UNKNOWN_SYMBOL for spot.
    """
    _check_contract(market)
    symbol = market.instrument.symbol
    if customer.margin_type(symbol) is margin_type:
        raise Rejection(RejectReason.NO_CHANGE, f"margin type of {symbol} already is {margin_type}")
    _check_flat(customer, {symbol})


def check_position_mode(state: State, customer: Customer, mode: PositionMode) -> None:
    """Refuse a position mode that is set already, or while orders or positions are open in any contract.

    Raises:
        Rejection: NO_CHANGE, ORDERS_OR_POSITIONS_OPEN.
    """
    if customer.position_mode is mode:
        raise Rejection(RejectReason.NO_CHANGE, f"position mode already is {mode}")
    kinds = {symbol: market.instrument.kind for symbol, market in state.symbols.items()}
    _check_flat(customer, {symbol for symbol, kind in kinds.items() if kind is InstrumentKind.PERPETUAL})


def _check_contract(market: SymbolState) -> None:
    if market.instrument.kind is not InstrumentKind.PERPETUAL:
        raise Rejection(RejectReason.UNKNOWN_SYMBOL, f"{market.instrument.symbol} is spot, not a contract")


def _check_flat(customer: Customer, symbols: set[str]) -> None:
    orders = sorted({order.symbol for order in customer.open_orders.values()} & symbols)
    held = sorted({symbol for (symbol, _), position in customer.positions.items() if position.quantity} & symbols)
    if orders or held:
        detail = f"open orders in {', '.join(orders) or 'nothing'}, open positions in {', '.join(held) or 'nothing'}"
        raise Rejection(RejectReason.ORDERS_OR_POSITIONS_OPEN, detail)
