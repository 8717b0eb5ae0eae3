"""An exchange with contracts and spot over one wallet, in debug mode, and short ways to ask it for any order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.exchange.types import (
    Account,
    InstrumentKind,
    MarketStep,
    Order,
    OrderEvent,
    OrderRequest,
    OrderType,
    PositionSide,
    Side,
    Take,
    Trigger,
    TriggerKind,
    TriggerSource,
)
from simvenue.venues.binance_futures.instruments import INSTRUMENTS
from tests.unit.simvenue.room import Room

PERPETUAL = "BTCUSDT"
SPOT = "BTCUSDT-SPOT"
CONTRACT = replace(INSTRUMENTS[PERPETUAL], min_notional=Decimal(10))
PAIR = replace(
    CONTRACT,
    symbol=SPOT,
    name=PERPETUAL,
    kind=InstrumentKind.SPOT,
    step_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    maker_fee=Decimal("0.001"),
    taker_fee=Decimal("0.001"),
)
ALL = (CONTRACT, PAIR)
START = {"USDT": Decimal(100_000), "BTC": Decimal(2)}


def decimal(text: str | None) -> Decimal | None:
    """Read a number that may be absent."""
    return None if text is None else Decimal(text)


def stop(price: str, *, rises: bool, kind: str = "STOP", source: str = "LAST") -> Trigger:
    """Make a trigger with a price."""
    return Trigger(kind=TriggerKind(kind), rises=rises, price=Decimal(price), source=TriggerSource(source))


def trailing(*, rises: bool, **distances: str) -> Trigger:
    """Make a trigger that trails."""
    decimals: dict[str, Any] = {name: Decimal(value) for name, value in distances.items()}
    return Trigger(kind=TriggerKind.TRAILING, rises=rises, **decimals)


@dataclass
class Mixed(Room):
    """Customers a, b and c with 100,000 USDT and 2 BTC each."""

    instruments: tuple[Any, ...] = ALL
    conditional_locks: bool = False

    def open(self) -> None:
        """Open the exchange on what the ledger holds."""
        self.ledger = Ledger(self.path)
        self.exchange = Exchange(
            instruments=self.instruments,
            ledger=self.ledger,
            accounts=[Account(name=name, balances=START) for name in "abc"],
            clock=lambda: self.now_ms,
            conditional_locks=self.conditional_locks,
            debug=True,
        )
        self.exchange.subscribe(self.events.append)

    def ask(
        self,
        account: str,
        side: str,
        quantity: str,
        price: str | None = None,
        *,
        symbol: str = PERPETUAL,
        position_side: str = "BOTH",
        **more: Any,  # noqa: ANN401 - the other fields of an OrderRequest
    ) -> Order:
        """Place any order; without a price a market order."""
        return self.exchange.submit(
            OrderRequest(
                account=account,
                symbol=symbol,
                side=Side(side),
                type=OrderType.MARKET if price is None else OrderType.LIMIT,
                quantity=Decimal(quantity),
                price=decimal(price),
                position_side=PositionSide(position_side),
                **more,
            )
        )

    def now(self, order: Order) -> Order:
        """Read an order as it is now."""
        found = self.exchange.order(order.account, order.symbol, order_id=order.order_id)
        assert found is not None
        return found

    def told(self, order: Order) -> list[str]:
        """Tell an order's events so far as 'EXECUTION STATUS', and the reason where there is one."""
        heard = [e for e in self.events if isinstance(e, OrderEvent) and e.order.order_id == order.order_id]
        return [f"{event.execution} {event.order.status} {event.reason or ''}".strip() for event in heard]

    def market(
        self, bid: str, ask: str, quantity: str = "10", *, symbol: str = PERPETUAL, take: tuple[str, str] | None = None
    ) -> None:
        """Have the market quote one level on each side, then take (side, quantity)."""
        takes = (Take(side=Side(take[0]), quantity=Decimal(take[1])),) if take else ()
        self.exchange.step_market(
            symbol,
            MarketStep(
                reference=(Decimal(bid) + Decimal(ask)) / 2,
                bids=((Decimal(bid), Decimal(quantity)),),
                asks=((Decimal(ask), Decimal(quantity)),),
                takes=takes,
            ),
        )

    def trade_at(self, price: str, *, symbol: str = PERPETUAL) -> None:
        """Have the market trade at a price: it quotes around it and somebody buys there."""
        low = str(Decimal(price) - 1)
        self.market(low, price, symbol=symbol, take=("BUY", "0.001"))

    def held(self, account: str, position_side: str = "BOTH") -> Decimal:
        """Read a signed position of the contract."""
        wanted = (PERPETUAL, PositionSide(position_side))
        found = [p.quantity for p in self.exchange.positions(account) if (p.symbol, p.position_side) == wanted]
        return found[0] if found else Decimal(0)
