"""What the admin API answers about orders, fills, positions and accounts; numbers are plain decimal strings."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer, WithJsonSchema

from simvenue.admin.route import Answer
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.types import (
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    TriggerKind,
    TriggerSource,
)


def plain(value: Decimal) -> str:
    """Print a number with the decimals it carries, never with an exponent."""
    return format(value, "f")


Number = Annotated[
    Decimal,
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["60000.10"]}),
]
"""A price, quantity or amount, with the decimals the exchange keeps."""

Milliseconds = Annotated[int, Field(description="Since the epoch.", examples=[1700000000000])]


class TriggerDocument(Answer):
    """What a conditional order waits for."""

    kind: TriggerKind
    rises: bool
    price: Number | None
    source: TriggerSource
    activation_price: Number | None
    callback_rate: Number | None
    callback_offset: Number | None
    extreme: Number | None


class OrderDocument(Answer):
    """An order at one moment."""

    order_id: int
    client_order_id: str
    account: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: Number | None
    quantity: Number
    filled: Number
    average_price: Number
    reduce_only: bool
    status: OrderStatus
    created_ms: Milliseconds
    updated_ms: Milliseconds
    position_side: PositionSide
    trigger: TriggerDocument | None
    triggered_ms: Milliseconds | None
    expires_ms: Milliseconds | None
    quote_quantity: Number | None
    close_position: bool


class FillDocument(Answer):
    """One account's side of a trade; ``commission`` is positive when paid."""

    trade_id: int
    order_id: int
    client_order_id: str
    account: str
    symbol: str
    side: Side
    price: Number
    quantity: Number
    commission: Number
    commission_asset: str
    realized_pnl: Number
    is_maker: bool
    time: Annotated[Milliseconds, Field(validation_alias="time_ms")]
    position_side: PositionSide


class PositionDocument(Answer):
    """A holding in one contract; ``quantity`` is signed, ``realized_pnl`` is the sum since ever, before fees."""

    symbol: str
    position_side: PositionSide
    quantity: Number
    entry_price: Annotated[
        Decimal,
        PlainSerializer(lambda value: plain(value.normalize()), return_type=str),
        WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["60000.1"]}),
    ]
    realized_pnl: Number


class FundingDocument(Answer):
    """What one position paid (``amount`` below 0) or received at one funding time."""

    payment_id: int
    account: str
    symbol: str
    position_side: PositionSide
    quantity: Number
    mark_price: Number
    rate: Number
    amount: Number
    asset: str
    time: Annotated[Milliseconds, Field(validation_alias="time_ms")]


class AccountDocument(Answer):
    """What an account has at this moment; ``unrealized_pnl`` and ``available`` are in USDT.

    ``locked`` is the part of the balances that open spot orders hold back.
    """

    name: str
    balances: dict[str, Number]
    locked: dict[str, Number]
    unrealized_pnl: Number
    available: Number
    open_orders: int
    positions: list[PositionDocument]


def account(exchange: Exchange, name: str) -> AccountDocument:
    """Describe what an account has at this moment; flat positions are left out."""
    margin = exchange.margin(name)
    return AccountDocument(
        name=name,
        balances=exchange.balances(name),
        locked={asset: amount for asset, amount in exchange.locked(name).items() if amount},
        unrealized_pnl=margin.unrealized,
        available=margin.available,
        open_orders=len(exchange.open_orders(name)),
        positions=[PositionDocument.model_validate(p) for p in exchange.positions(name) if p.quantity],
    )
