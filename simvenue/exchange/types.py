"""The words of the exchange: orders, fills, positions and the events it tells its subscribers.

Everything is immutable. Money, prices and quantities are ``Decimal``, already rounded to the instrument's decimals
(``str(order.price)`` prints what the venue would print); times are integer milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.exchange.contracts import FundingEvent, SettingEvent

MARKET_ACCOUNT = "market"
"""The account behind the simulated market: trades without limits, stands in no ledger."""

ZERO = Decimal(0)


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> Side:
        """The side this one trades against."""
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 for BUY, -1 for SELL: what a fill does to a signed position."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    """How an order finds its price."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"


class TimeInForce(StrEnum):
    """How long an order may wait; GTX is post-only."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"
    GTD = "GTD"


class InstrumentKind(StrEnum):
    """What a fill changes: a position (PERPETUAL) or two balances (SPOT)."""

    PERPETUAL = "PERPETUAL"
    SPOT = "SPOT"


class PositionSide(StrEnum):
    """Which of an account's positions an order is for: BOTH in one-way mode, LONG or SHORT in hedge mode."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class TriggerKind(StrEnum):
    """Why a conditional order waits; TRAILING follows the best price since its activation."""

    STOP = "STOP"
    TAKE_PROFIT = "TAKE_PROFIT"
    TRAILING = "TRAILING"


class TriggerSource(StrEnum):
    """The price a trigger watches."""

    LAST = "LAST"
    MARK = "MARK"
    INDEX = "INDEX"


class OrderStatus(StrEnum):
    """Where an order is in its life; UNTRIGGERED waits outside the book, the last four are final."""

    UNTRIGGERED = "UNTRIGGERED"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"

    @property
    def is_open(self) -> bool:
        """Whether an order with this status may still trade."""
        return self in OPEN_STATUSES


OPEN_STATUSES = frozenset({OrderStatus.UNTRIGGERED, OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})


class Execution(StrEnum):
    """What just happened to an order."""

    NEW = "NEW"
    TRIGGERED = "TRIGGERED"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    AMENDMENT = "AMENDMENT"
    EXPIRED = "EXPIRED"


class RejectReason(StrEnum):
    """Why a command changed nothing; each venue maps these to its own codes."""

    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    DUPLICATE_CLIENT_ORDER_ID = "DUPLICATE_CLIENT_ORDER_ID"
    PRICE_TICK = "PRICE_TICK"
    PRICE_RANGE = "PRICE_RANGE"
    QUANTITY_STEP = "QUANTITY_STEP"
    QUANTITY_RANGE = "QUANTITY_RANGE"
    MIN_NOTIONAL = "MIN_NOTIONAL"
    WOULD_TAKE = "WOULD_TAKE"
    REDUCE_ONLY = "REDUCE_ONLY"
    INSUFFICIENT_MARGIN = "INSUFFICIENT_MARGIN"
    NO_CHANGE = "NO_CHANGE"
    NO_LIQUIDITY = "NO_LIQUIDITY"
    UNKNOWN_ACCOUNT = "UNKNOWN_ACCOUNT"
    INSUFFICIENT_BALANCE = "INSUFFICIENT_BALANCE"
    WOULD_TRIGGER = "WOULD_TRIGGER"
    POSITION_SIDE = "POSITION_SIDE"
    TRIGGER = "TRIGGER"
    EXPIRY = "EXPIRY"
    LEVERAGE = "LEVERAGE"
    ORDERS_OR_POSITIONS_OPEN = "ORDERS_OR_POSITIONS_OPEN"
    TOO_MANY_ORDERS = "TOO_MANY_ORDERS"
    MARKET_CLOSED = "MARKET_CLOSED"


class Rejection(Exception):  # noqa: N818 - a refusal is an answer of the exchange, not a failure of it
    """A command the exchange refused; nothing changed and nothing was recorded.

    Attributes:
        reason: the cause, for the venue's error table.
        detail: one sentence with the values involved, for people.
    """

    def __init__(self, reason: RejectReason, detail: str) -> None:
        """Keep the reason and the sentence."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What is traded, as the real venue lists it; ``tick_size`` and ``step_size`` carry the venue's own decimals.

    ``symbol`` is unique within its exchange; ``name`` is what the venue's messages call it (the symbol, unless two
    kinds share a name, as Bybit's BTCUSDT does). ``price_band`` is the fraction by which a buy may stand above, or a
    sell below, the mark price.
    """

    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    step_size: Decimal
    min_price: Decimal
    max_price: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    max_market_quantity: Decimal
    min_notional: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    reference_price: Decimal
    price_places: int
    quantity_places: int
    price_band: Decimal = Decimal("0.05")
    kind: InstrumentKind = InstrumentKind.PERPETUAL
    name: str = ""
    max_leverage: int = 125

    @property
    def wire_name(self) -> str:
        """What the venue's messages call it."""
        return self.name or self.symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What a conditional order waits for.

    Attributes:
        kind: for the venue's words; matching looks at ``rises`` only.
        rises: True when it fires at a price at or above ``price``, False at or below.
        price: the trigger price; None for TRAILING, whose price follows from the best price seen.
        source: the price that is watched.
        activation_price: TRAILING starts to follow when this is reached; None: at once.
        callback_rate: TRAILING distance as a share of the best price (0.01 is 1 %).
        callback_offset: TRAILING distance in quote currency; exactly one of the two is given.
        extreme: TRAILING's best price since its activation; kept by the exchange, None before.
    """

    kind: TriggerKind
    rises: bool
    price: Decimal | None = None
    source: TriggerSource = TriggerSource.LAST
    activation_price: Decimal | None = None
    callback_rate: Decimal | None = None
    callback_offset: Decimal | None = None
    extreme: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer of the exchange and what it owned on its first day (asset to amount)."""

    name: str
    balances: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a customer asks for. Without ``client_order_id`` the exchange makes one.

    ``quote_quantity`` replaces ``quantity`` (which is 0 then) in a spot MARKET order that says how much to spend or to
    receive. ``expires_ms`` belongs to GTD. ``close_position`` means the whole position at the moment of the trigger.
    """

    account: str
    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    client_order_id: str | None = None
    reduce_only: bool = False
    position_side: PositionSide = PositionSide.BOTH
    trigger: Trigger | None = None
    expires_ms: int | None = None
    quote_quantity: Decimal | None = None
    close_position: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order at one moment. ``average_price`` is 0 while nothing is filled; ``price`` is None for MARKET.

    A conditional order is UNTRIGGERED until its ``trigger`` fires, then goes on under the same id as the LIMIT or
    MARKET order it is (``triggered_ms`` says when).

    ``priority`` is its place in the queue at its price, lowest first; it rises when an amendment loses the place.
    """

    order_id: int
    account: str
    symbol: str
    client_order_id: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: Decimal | None
    quantity: Decimal
    filled: Decimal
    quote_filled: Decimal
    average_price: Decimal
    reduce_only: bool
    status: OrderStatus
    created_ms: int
    updated_ms: int
    priority: int = 0
    position_side: PositionSide = PositionSide.BOTH
    trigger: Trigger | None = None
    triggered_ms: int | None = None
    expires_ms: int | None = None
    quote_quantity: Decimal | None = None
    close_position: bool = False

    @property
    def remaining(self) -> Decimal:
        """The quantity that is not filled yet."""
        return self.quantity - self.filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One customer's side of one trade. ``commission`` is positive when paid; ``realized_pnl`` is before fees."""

    trade_id: int
    order_id: int
    client_order_id: str
    account: str
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    is_maker: bool
    commission: Decimal
    commission_asset: str
    realized_pnl: Decimal
    time_ms: int
    position_side: PositionSide = PositionSide.BOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """An account's net holding in one contract; ``quantity`` is signed, ``realized_pnl`` is the sum since ever."""

    account: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal
    realized_pnl: Decimal
    updated_ms: int
    position_side: PositionSide = PositionSide.BOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What an account may still spend, in ``asset``: ``available`` = wallet + unrealized - initial margins.

    ``position_initial`` + ``order_initial`` is all the initial margin in use.
    """

    asset: str
    wallet: Decimal
    unrealized: Decimal
    position_initial: Decimal
    order_initial: Decimal
    maintenance: Decimal
    available: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """Something happened to a customer's order; balances (all assets) and position are as of right after it.

    ``reason`` says why a triggered order could not be placed and went EXPIRED or REJECTED instead.
    """

    execution: Execution
    order: Order
    fill: Fill | None
    balances: Mapping[str, Decimal]
    position: Position | None
    time_ms: int
    reason: RejectReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTrade:
    """A trade as everybody sees it; ``aggressor`` is the side of the order that took."""

    symbol: str
    trade_id: int
    price: Decimal
    quantity: Decimal
    aggressor: Side
    buyer_order_id: int
    seller_order_id: int
    time_ms: int


type Levels = tuple[tuple[Decimal, Decimal], ...]
"""(price, total quantity) pairs; in a change a quantity of 0 means that the level is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookChange:
    """Every level one operation changed; ``previous_update_id`` is the last id of the change before, without a gap."""

    symbol: str
    bids: Levels
    asks: Levels
    first_update_id: int
    last_update_id: int
    previous_update_id: int
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TopOfBook:
    """The best prices, sent when one of the four values changed; an empty side has price and quantity 0."""

    symbol: str
    bid: Decimal
    bid_quantity: Decimal
    ask: Decimal
    ask_quantity: Decimal
    update_id: int
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A one-minute bar of public trades; sent on every change with ``closed=False`` and once with ``closed=True``.

    ``close_ms`` is the last millisecond inside the bar. A minute without trades repeats the last price, with volume 0
    and trade ids -1.
    """

    symbol: str
    interval: str
    open_ms: int
    close_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote_volume: Decimal
    trades: int
    taker_buy_base: Decimal
    taker_buy_quote: Decimal
    first_trade_id: int
    last_trade_id: int
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """An aggressive order of the market: what is not filled at once, at ``limit`` or better, is dropped."""

    side: Side
    quantity: Decimal
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketStep:
    """One move of the simulated market: its whole ladder (best level first) at the new reference price, then takers.

    A level that crosses a customer's order fills it at the customer's price, and rests with what is left.
    """

    reference: Decimal
    bids: Levels
    asks: Levels
    takes: tuple[Take, ...] = ()


type Event = OrderEvent | FundingEvent | SettingEvent | PublicTrade | BookChange | TopOfBook | Bar
