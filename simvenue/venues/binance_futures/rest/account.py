"""The account: balances, positions, fees, income."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from simvenue.exchange.contracts import PositionMode
from simvenue.exchange.types import ZERO, Position, PositionSide
from simvenue.venues.binance import decimals, errors
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance_futures.messages import account as messages
from simvenue.venues.binance_futures.messages import income, positions
from simvenue.venues.binance_futures.rest.order_lists import MAX_RANGE_MS, time_range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simvenue.exchange.types import Fill, Margin
    from simvenue.venues.binance.endpoint import Call

DEFAULT_INCOME = 100
MAX_INCOME = 1000


def account_v2(call: Call) -> dict[str, Any]:
    """Balances and margins of all assets, and every symbol's position, flat ones too."""
    rows = [positions.account_v2(value) for value in _holdings(call, _with_flat(call))]
    return messages.account_v2(_settlement(call), _margins(call), rows, call.venue.clock())


def account_v3(call: Call) -> dict[str, Any]:
    """Balances and margins of all assets, and open positions."""
    rows = [positions.account_v3(value) for value in _holdings(call, _open(call))]
    return messages.account_v3(_settlement(call), _margins(call), rows, call.venue.clock())


def balance(call: Call) -> list[dict[str, Any]]:
    """The wallet, asset by asset."""
    now_ms = call.venue.clock()
    return [messages.balance(call.account, margin, now_ms) for margin in _margins(call)]


def position_risk_v2(call: Call) -> list[dict[str, Any]]:
    """Positions of one symbol or of all, flat ones too."""
    return [positions.risk_v2(value) for value in _holdings(call, _with_flat(call))]


def position_risk_v3(call: Call) -> list[dict[str, Any]]:
    """Open positions, of one symbol or of all."""
    return [positions.risk_v3(value) for value in _holdings(call, _open(call))]


def commission_rate(call: Call) -> dict[str, str]:
    """What the account pays for trading one symbol."""
    instrument = call.instrument()
    return {
        "symbol": instrument.symbol,
        "makerCommissionRate": decimals.rate(instrument.maker_fee),
        "takerCommissionRate": decimals.rate(instrument.taker_fee),
    }


def list_income(call: Call) -> list[dict[str, Any]]:
    """What changed the wallet, oldest first: profits, fees, funding; the last week when no time is given."""
    only, kind = call.optional_instrument(), call.parameters.optional_text("incomeType")
    if kind is not None and kind not in income.TYPES:
        raise errors.invalid_value("incomeType")
    limit = call.parameters.limit(default=DEFAULT_INCOME, maximum=MAX_INCOME)
    start, end = time_range(call.parameters)
    if start is None:
        start = (call.venue.clock() if end is None else end) - MAX_RANGE_MS
    symbol, exchange = only.symbol if only else None, call.venue.exchange
    payments = exchange.funding(call.account, symbol, start_ms=start, end_ms=end, limit=None)
    rows = [
        *_wanted(income.of_fills(_fills(call, symbol, start, end)), kind, limit),
        *_wanted(income.of_funding(payments), kind, limit),
    ]
    return sorted(rows, key=lambda row: row["time"])[:limit]


def _wanted(rows: Iterable[dict[str, Any]], kind: str | None, limit: int) -> Iterable[dict[str, Any]]:
    return islice((row for row in rows if kind in {None, row["incomeType"]}), limit)


def _fills(call: Call, symbol: str | None, start: int, end: int | None) -> Iterator[Fill]:
    # Page by page: an account may have more fills than anybody wants to read at once.
    next_id = 0
    while True:
        page = call.venue.exchange.fills(
            call.account, symbol, start_ms=start, end_ms=end, from_id=next_id, limit=MAX_INCOME
        )
        yield from page
        if len(page) < MAX_INCOME:
            return
        next_id = page[-1].trade_id + 1


def _settlement(call: Call) -> Margin:
    return call.venue.exchange.margin(call.account, messages.SETTLEMENT_ASSET)


def _margins(call: Call) -> list[Margin]:
    exchange = call.venue.exchange
    return [exchange.margin(call.account, asset) for asset in exchange.balances(call.account)]


def _open(call: Call) -> list[Position]:
    only = call.optional_instrument()
    return [
        position
        for position in call.venue.exchange.positions(call.account)
        if position.quantity and (only is None or position.symbol == only.symbol)
    ]


def _with_flat(call: Call) -> list[Position]:
    exchange, only = call.venue.exchange, call.optional_instrument()
    hedge = exchange.position_mode(call.account) is PositionMode.HEDGE
    sides = (PositionSide.LONG, PositionSide.SHORT) if hedge else (PositionSide.BOTH,)
    held = {(position.symbol, position.position_side): position for position in exchange.positions(call.account)}

    def flat(symbol: str, side: PositionSide) -> Position:
        return Position(
            account=call.account,
            symbol=symbol,
            quantity=ZERO,
            entry_price=ZERO,
            realized_pnl=ZERO,
            updated_ms=0,
            position_side=side,
        )

    return [
        held.get((symbol, side)) or flat(symbol, side)
        for symbol in ([only.symbol] if only else exchange.instruments)
        for side in sides
    ]


def _holdings(call: Call, held: Iterable[Position]) -> list[positions.Holding]:
    exchange = call.venue.exchange
    return [
        positions.Holding(
            instrument=exchange.instruments[position.symbol],
            position=position,
            mark=exchange.mark_price(position.symbol),
            leverage=exchange.leverage(call.account, position.symbol),
            margin_type=exchange.margin_type(call.account, position.symbol),
        )
        for position in held
    ]


ROUTES = (
    Route("GET", "/fapi/v2/account", Security.SIGNED, account_v2, weight=5),
    Route("GET", "/fapi/v3/account", Security.SIGNED, account_v3, weight=5),
    Route("GET", "/fapi/v2/balance", Security.SIGNED, balance, weight=5),
    Route("GET", "/fapi/v3/balance", Security.SIGNED, balance, weight=5),
    Route("GET", "/fapi/v2/positionRisk", Security.SIGNED, position_risk_v2, weight=5),
    Route("GET", "/fapi/v3/positionRisk", Security.SIGNED, position_risk_v3, weight=5),
    Route("GET", "/fapi/v1/commissionRate", Security.SIGNED, commission_rate, weight=20),
    Route("GET", "/fapi/v1/income", Security.SIGNED, list_income, weight=30),
)
