"""Market data by request: book, trades, bars, tickers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO
from simvenue.venues.binance import decimals, errors, market_data, market_messages, tickers
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.klines import MINUTE_MS
from simvenue.venues.binance.rolling_day import rolling_day
from simvenue.venues.binance_spot.messages import market
from simvenue.venues.binance_spot.rest.general import named_instruments

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Instrument
    from simvenue.venues.binance.endpoint import Call
    from simvenue.venues.binance.parameters import Parameters

DEFAULT_DEPTH = 100
MAX_DEPTH = 5000
MAX_KLINES = 1000
_DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50))
_DEEPEST_WEIGHT = 250
_FEW_SYMBOLS = 20
# Unit of a window to how many there may be, and minutes in one.
_WINDOWS = {"m": (59, 1), "h": (23, 60), "d": (7, 24 * 60)}


def depth_weight(parameters: Parameters) -> int:
    """What a book costs by its depth."""
    limit = parameters.optional_integer("limit") or DEFAULT_DEPTH
    return next((weight for most, weight in _DEPTH_WEIGHTS if limit <= most), _DEEPEST_WEIGHT)


def by_symbols(*, one: int, many: int) -> Callable[[Parameters], int]:
    """The weight of a ticker: of one or few symbols, or of all."""

    def weight(parameters: Parameters) -> int:
        if parameters.optional_text("symbol"):
            return one
        listed = parameters.optional_text("symbols")
        return one if listed and listed.count(",") < _FEW_SYMBOLS else many

    return weight


def depth(call: Call) -> dict[str, Any]:
    """The book's best levels; a limit beyond the most gives the most."""
    instrument = call.instrument()
    limit = call.parameters.optional_integer("limit")
    limit = DEFAULT_DEPTH if limit is None else min(limit, MAX_DEPTH)
    if limit < 1:
        raise errors.malformed("limit", "^[0-9]{1,20}$")
    return market.depth(instrument, *call.venue.exchange.depth(instrument.symbol, limit))


def trades(call: Call) -> list[dict[str, Any]]:
    """The latest trades, oldest first."""
    return [market.trade(call.instrument(), value) for value in market_data.trades(call)]


def historical_trades(call: Call) -> list[dict[str, Any]]:
    """Trades from ``fromId`` on, as far as the exchange remembers them."""
    return [market.trade(call.instrument(), value) for value in market_data.trades_from(call)]


def aggregate_trades(call: Call) -> list[dict[str, Any]]:
    """The same as aggregates."""
    return [market.aggregate_trade(call.instrument(), value) for value in market_data.trades_from(call)]


def klines(call: Call) -> list[list[int | str]]:
    """Bars."""
    return [market_messages.kline(call.instrument(), value) for value in market_data.bars(call, maximum=MAX_KLINES)]


def average(exchange: Exchange, instrument: Instrument, now_ms: int) -> tuple[Decimal, int]:
    """The average price of the last minutes, weighted by quantity, and the time of the last trade."""
    bars = exchange.bars(instrument.symbol, now_ms - market.AVERAGE_MINUTES * MINUTE_MS, None, market.AVERAGE_MINUTES)
    volume = sum((bar.volume for bar in bars), ZERO)
    latest = exchange.recent_trades(instrument.symbol, 1)
    price = sum((bar.quote_volume for bar in bars), ZERO) / volume if volume else exchange.last_price(instrument.symbol)
    return price, latest[0].time_ms if latest else now_ms


def average_price(call: Call) -> dict[str, Any]:
    """The average price."""
    instrument = call.instrument()
    return market.average_price(instrument, *average(call.venue.exchange, instrument, call.venue.clock()))


def _one_or_list(call: Call, row: Callable[[Instrument], dict[str, Any]]) -> object:
    rows = [row(instrument) for instrument in named_instruments(call)]
    return rows[0] if call.parameters.optional_text("symbol") else rows


def _is_whole(call: Call) -> bool:
    kind = call.parameters.optional_text("type") or "FULL"
    if kind not in {"FULL", "MINI"}:
        raise errors.VenueError(-1139, "Invalid ticker type.")
    return kind == "FULL"


def window(call: Call) -> object:
    """The last minutes, hours or days, whole or with ``type=MINI``; they begin with a whole minute.

    The exchange remembers a day: longer windows hold no more.
    """
    whole, minutes = _is_whole(call), _window_minutes(call.parameters)
    if not (call.parameters.optional_text("symbol") or call.parameters.optional_text("symbols")):
        raise errors.VenueError(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")
    exchange, now_ms = call.venue.exchange, call.venue.clock()
    start_ms = (now_ms // MINUTE_MS - minutes) * MINUTE_MS

    def row(instrument: Instrument) -> dict[str, Any]:
        value = replace(rolling_day(exchange, instrument.symbol, now_ms, minutes=minutes), open_ms=start_ms)
        fields = tickers.day(instrument, value) if whole else market.mini_day(instrument, value)
        fields.pop("lastQty", None)
        return fields

    return _one_or_list(call, row)


def _window_minutes(parameters: Parameters) -> int:
    text = parameters.optional_text("windowSize") or "1d"
    number, unit = text[:-1], text[-1]
    longest, minutes = _WINDOWS.get(unit, (0, 0))
    if not (number.isascii() and number.isdecimal() and 1 <= int(number[:4]) <= longest):
        raise errors.malformed("windowSize", "1m-59m|1h-23h|1d-7d")
    return int(number) * minutes


def day(call: Call) -> object:
    """The last 24 hours, whole or with ``type=MINI``."""
    whole = _is_whole(call)
    exchange, now_ms = call.venue.exchange, call.venue.clock()

    def row(instrument: Instrument) -> dict[str, Any]:
        value = rolling_day(exchange, instrument.symbol, now_ms)
        return (
            market.day(instrument, value, exchange.top(instrument.symbol))
            if whole
            else market.mini_day(instrument, value)
        )

    return _one_or_list(call, row)


def last_price(call: Call) -> object:
    """The last price."""
    exchange = call.venue.exchange

    def row(instrument: Instrument) -> dict[str, Any]:
        price = decimals.price(instrument, exchange.last_price(instrument.symbol))
        return {"symbol": instrument.symbol, "price": price}

    return _one_or_list(call, row)


def best_prices(call: Call) -> object:
    """The best bid and ask."""
    exchange = call.venue.exchange

    def row(instrument: Instrument) -> dict[str, Any]:
        prices = tickers.best_prices(instrument, exchange.top(instrument.symbol))
        return {name: prices[name] for name in ("symbol", "bidPrice", "bidQty", "askPrice", "askQty")}

    return _one_or_list(call, row)


def window_weight(parameters: Parameters) -> int:
    """Each symbol costs the same, up to a most."""
    listed = parameters.optional_text("symbols")
    return min(4 * (1 + listed.count(",") if listed else 1), 200)


DAY_WEIGHT = by_symbols(one=2, many=80)
TICKER_WEIGHT = by_symbols(one=2, many=4)

ROUTES = (
    Route("GET", "/api/v3/depth", Security.NONE, depth, depth_weight),
    Route("GET", "/api/v3/trades", Security.NONE, trades, 25),
    Route("GET", "/api/v3/historicalTrades", Security.NONE, historical_trades, 25),
    Route("GET", "/api/v3/aggTrades", Security.NONE, aggregate_trades, 4),
    Route("GET", "/api/v3/klines", Security.NONE, klines, 2),
    Route("GET", "/api/v3/uiKlines", Security.NONE, klines, 2),
    Route("GET", "/api/v3/avgPrice", Security.NONE, average_price, 2),
    Route("GET", "/api/v3/ticker", Security.NONE, window, window_weight),
    Route("GET", "/api/v3/ticker/24hr", Security.NONE, day, DAY_WEIGHT),
    Route("GET", "/api/v3/ticker/price", Security.NONE, last_price, TICKER_WEIGHT),
    Route("GET", "/api/v3/ticker/bookTicker", Security.NONE, best_prices, TICKER_WEIGHT),
)
