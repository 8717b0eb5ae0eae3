"""A real exchange on a real ledger, a clock that moves when told, and short ways to trade on them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.exchange.types import (
    Account,
    Event,
    MarketStep,
    Order,
    OrderEvent,
    OrderRequest,
    OrderType,
    Rejection,
    Side,
    TimeInForce,
)
from simvenue.venues.binance_futures.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from simvenue.market.runner import Market

SYMBOL = "BTCUSDT"
START_MS = 1_700_000_000_000


@dataclass
class Room:
    """One exchange with customers a, b and c, 100,000 USDT each, and all events since it opened."""

    path: Path
    now_ms: int = START_MS
    events: list[Event] = field(default_factory=list)
    ledger: Ledger = field(init=False)
    exchange: Exchange = field(init=False)

    def __post_init__(self) -> None:
        """Open it."""
        self.open()

    def open(self) -> None:
        """Open the exchange on what the ledger holds."""
        self.ledger = Ledger(self.path)
        self.exchange = Exchange(
            instruments=INSTRUMENTS.values(),
            ledger=self.ledger,
            accounts=[Account(name=name, balances={"USDT": Decimal(100_000)}) for name in "abc"],
            clock=lambda: self.now_ms,
        )
        self.exchange.subscribe(self.events.append)

    def reopen(self) -> None:
        """Close the ledger and start again from the file."""
        self.ledger.close()
        self.now_ms += 1000
        self.open()

    def order(
        self,
        account: str,
        side: str,
        quantity: str,
        price: str | None = None,
        time_in_force: str = "GTC",
        *,
        reduce_only: bool = False,
        client_order_id: str | None = None,
    ) -> Order:
        """Place an order; without a price a market order."""
        return self.exchange.submit(
            OrderRequest(
                account=account,
                symbol=SYMBOL,
                side=Side(side),
                type=OrderType.MARKET if price is None else OrderType.LIMIT,
                quantity=Decimal(quantity),
                price=None if price is None else Decimal(price),
                time_in_force=TimeInForce(time_in_force),
                client_order_id=client_order_id,
                reduce_only=reduce_only,
            )
        )

    def amend(self, order: Order, quantity: str, price: str) -> Order:
        """Amend an order."""
        return self.exchange.amend(
            order.account, SYMBOL, order_id=order.order_id, quantity=Decimal(quantity), price=Decimal(price)
        )

    def look(self, order: Order) -> Order:
        """Read an order as it is now."""
        found = self.exchange.order(order.account, SYMBOL, order_id=order.order_id)
        assert found is not None
        return found

    def quote(self, bid: str, ask: str, quantity: str = "1") -> None:
        """Have the market quote one level on each side."""
        self.exchange.step_market(
            SYMBOL,
            MarketStep(
                reference=(Decimal(bid) + Decimal(ask)) / 2,
                bids=((Decimal(bid), Decimal(quantity)),),
                asks=((Decimal(ask), Decimal(quantity)),),
            ),
        )

    def position(self, account: str) -> Decimal:
        """Read a signed position."""
        return sum((p.quantity for p in self.exchange.positions(account) if p.symbol == SYMBOL), Decimal(0))

    def story(self) -> list[str]:
        """Tell the order events so far as 'account EXECUTION STATUS'."""
        orders = [event for event in self.events if isinstance(event, OrderEvent)]
        return [f"{event.order.account} {event.execution} {event.order.status}" for event in orders]


def play(room: Room, market: Market, seconds: float) -> None:
    """Let a market move for a time of the room's clock."""
    end = room.now_ms + seconds * 1000
    while room.now_ms < end:
        room.now_ms += int(market.wait_ms)
        room.exchange.step_market(SYMBOL, market.advance())


def quote_around(room: Room, basis_points: str) -> None:
    """Renew a customer's post-only orders on both sides of the middle."""
    room.exchange.cancel_all("a", SYMBOL)
    top = room.exchange.top(SYMBOL)
    for side in Side:
        distance = (top.bid + top.ask) / 2 * Decimal(basis_points) / 10_000
        price = ((top.bid + top.ask) / 2 - side.sign * distance).quantize(Decimal("0.1"))
        with suppress(Rejection):  # post-only: the market may stand there already
            room.order("a", side, "0.01", str(price), "GTX")
