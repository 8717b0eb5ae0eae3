"""A node's state in Redis with thousands of orders and positions, by upstream's own cache and serializer."""

from __future__ import annotations

import time
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec
from nautilus_trader.cache.cache import Cache
from nautilus_trader.cache.config import CacheConfig
from nautilus_trader.cache.database import CacheDatabaseAdapter
from nautilus_trader.common.config import DatabaseConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model import Currency, InstrumentId, Money, Position, Price, Quantity, Symbol
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.enums import CurrencyType, LiquiditySide, OmsType, OrderSide, OrderType, TimeInForce
from nautilus_trader.model.events import OrderAccepted, OrderCanceled, OrderFilled, OrderSubmitted
from nautilus_trader.model.identifiers import (
    AccountId,
    ClientOrderId,
    PositionId,
    StrategyId,
    TradeId,
    TraderId,
    VenueOrderId,
)
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.orders import LimitOrder, MarketOrder
from nautilus_trader.serialization.serializer import MsgSpecSerializer

from tests.support.many import QUANTITY, TAKEN, TICK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.many import Placed

_ACCOUNT: Final = AccountId("BINANCE-USDT_FUTURES-master")
_AT_ONCE_MS: Final = 20
"""Writes are sent by blocks: what is slow is the node's caution, one transaction a write, not the records."""


@contextmanager
def cache_in(port: int, user: str, password: str, trader: str) -> Iterator[Cache]:
    """Opens upstream's cache over Redis, with nodecfg's key layout; everything is written when this is left."""
    database = CacheDatabaseAdapter(
        trader_id=TraderId(trader),
        instance_id=UUID4(),
        serializer=MsgSpecSerializer(encoding=msgspec.msgpack, timestamps_as_str=True),
        config=CacheConfig(
            database=DatabaseConfig(type="redis", host="127.0.0.1", port=port, username=user, password=password),
            encoding="msgpack",
            use_trader_prefix=True,
            use_instance_id=False,
            buffer_interval_ms=_AT_ONCE_MS,
        ),
    )
    cache = Cache(database=database)
    try:
        yield cache
    finally:
        cache.dispose()


def fill_cache(cache: Cache, trader: str, strategy: str, placed: Iterable[Placed]) -> None:
    """Writes every order as a strategy that sent it leaves it, and the position of each that was filled."""
    writer = _Writer(cache, trader, strategy)
    for one in placed:
        writer.accept(one)
        if one.price is None:
            writer.fill(one)


def cancel_in_cache(cache: Cache, trader: str, strategy: str, placed: Iterable[Placed]) -> None:
    """Writes every order as one that was cancelled a moment ago."""
    writer = _Writer(cache, trader, strategy)
    for one in placed:
        writer.cancel(writer.accept(one))


class _Writer:
    def __init__(self, cache: Cache, trader: str, strategy: str) -> None:
        self._cache = cache
        self._ids = {"trader_id": TraderId(trader), "strategy_id": StrategyId(strategy)}
        self._now = time.time_ns()
        self._instruments: dict[str, CryptoPerpetual] = {}

    def accept(self, one: Placed) -> Any:  # noqa: ANN401 upstream's order
        instrument = self._instrument(one.symbol)
        said = {
            **self._ids,
            "instrument_id": instrument.id,
            "client_order_id": ClientOrderId(one.client_order_id),
            "order_side": OrderSide.BUY,
            "quantity": Quantity(QUANTITY, 2),
            "init_id": UUID4(),
            "ts_init": self._now,
        }
        order = (
            MarketOrder(**said)
            if one.price is None
            else LimitOrder(**said, price=Price(one.price, 2), time_in_force=TimeInForce.GTC)
        )
        self._cache.add_order(order, None)
        self._tell(order, OrderSubmitted, account_id=_ACCOUNT)
        self._tell(order, OrderAccepted, account_id=_ACCOUNT, venue_order_id=VenueOrderId(str(one.order_id)))
        return order

    def cancel(self, order: Any) -> None:  # noqa: ANN401 as above
        self._tell(order, OrderCanceled, account_id=_ACCOUNT, venue_order_id=order.venue_order_id)

    def fill(self, one: Placed) -> None:
        instrument = self._instrument(one.symbol)
        order = self._cache.order(ClientOrderId(one.client_order_id))
        position_id = PositionId(f"{instrument.id}-BOTH")
        self._cache.add_position_id(position_id, instrument.id.venue, order.client_order_id, order.strategy_id)
        fill = self._tell(
            order,
            OrderFilled,
            account_id=_ACCOUNT,
            venue_order_id=order.venue_order_id,
            trade_id=TradeId(str(one.trade_id)),
            position_id=position_id,
            order_side=OrderSide.BUY,
            order_type=OrderType.MARKET,
            last_qty=order.quantity,
            last_px=Price(TAKEN, 2),
            currency=USDT,
            commission=Money(0, USDT),
            liquidity_side=LiquiditySide.TAKER,
        )
        self._cache.add_position(Position(instrument, fill), OmsType.HEDGING)

    def _tell(self, order: Any, kind: type, **said: Any) -> Any:  # noqa: ANN401 as above; fields of upstream's events
        event = kind(
            **self._ids,
            instrument_id=order.instrument_id,
            client_order_id=order.client_order_id,
            event_id=UUID4(),
            ts_event=self._now,
            ts_init=self._now,
            **said,
        )
        order.apply(event)
        self._cache.update_order(order)
        return event

    def _instrument(self, symbol: str) -> CryptoPerpetual:
        if symbol not in self._instruments:
            instrument = _contract(symbol, self._now)
            self._cache.add_currency(instrument.base_currency)
            self._cache.add_instrument(instrument)
            self._instruments[symbol] = instrument
        return self._instruments[symbol]


def _contract(symbol: str, now: int) -> CryptoPerpetual:
    base = symbol.removesuffix("USDT")
    return CryptoPerpetual(
        instrument_id=InstrumentId.from_str(f"{symbol}-PERP.BINANCE"),
        raw_symbol=Symbol(symbol),
        base_currency=Currency(base, 8, 0, base, CurrencyType.CRYPTO),
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=2,
        size_precision=2,
        price_increment=Price(TICK, 2),
        size_increment=Quantity(TICK, 2),
        ts_event=now,
        ts_init=now,
        margin_init=Decimal(1),
        margin_maint=Decimal(1),
        maker_fee=Decimal("0.0002"),
        taker_fee=Decimal("0.0005"),
    )
