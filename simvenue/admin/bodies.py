"""What the admin API's requests may say."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from simvenue.exchange.types import OrderType, Side, TimeInForce


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrderBody(_Body):
    """An order as any account; the fields of `OrderRequest`."""

    account: str
    symbol: str
    side: Side
    type: OrderType = OrderType.LIMIT
    quantity: Decimal
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    client_order_id: Annotated[str, Field(pattern=r"^[.A-Z:/a-z0-9_-]{1,36}$")] | None = None
    reduce_only: bool = False


class ShiftBody(_Body):
    """A jump of the market by ``percent`` of its price."""

    symbol: str
    percent: Annotated[Decimal, Field(gt=-100, le=1000)]
