"""The exchange: commands in, answers and events out, each change in the ledger before anybody hears of it."""

from __future__ import annotations

import logging
from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from simvenue.exchange import trading
from simvenue.exchange.account import Customer, margin
from simvenue.exchange.audit import audit
from simvenue.exchange.filters import check_notional, checked_price, checked_quantity
from simvenue.exchange.ledger import Ledger, LedgerError
from simvenue.exchange.matching import traded_quantity, traded_value
from simvenue.exchange.operation import Operation
from simvenue.exchange.state import Ids, State, SymbolState
from simvenue.exchange.types import (
    MARKET_ACCOUNT,
    ZERO,
    Execution,
    Margin,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Position,
    Rejection,
    RejectReason,
    Side,
    TimeInForce,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from decimal import Decimal

    from simvenue.exchange.types import (
        Account,
        Bar,
        Event,
        Fill,
        Instrument,
        Levels,
        MarketStep,
        PublicTrade,
        TopOfBook,
    )

log = logging.getLogger(__name__)

DEFAULT_LEVERAGE = 20


class ExchangeFailed(Exception):  # noqa: N818 - says what state the exchange is in
    """An operation broke off half-way; memory may differ from the ledger, so that only a restart can go on."""


class Exchange:
    """One exchange over one ledger, for use from one thread.

    Events reach subscribers synchronously, in order, before the command that caused them returns, and after they are
    in the ledger. A subscriber may call the exchange; the events of such a call follow those being delivered.
    """

    def __init__(
        self,
        *,
        instruments: Iterable[Instrument],
        ledger: Ledger,
        accounts: Iterable[Account],
        clock: Callable[[], int],
        leverage: int = DEFAULT_LEVERAGE,
    ) -> None:
        """Open the exchange on what the ledger holds; resting orders are back in the book when this returns.

        Args:
            instruments: what may be traded.
            ledger: durable state; accounts it does not know yet are opened in it.
            accounts: who may trade. An account of the ledger keeps the balances it has there.
            clock: milliseconds since the epoch; may jump.
            leverage: of every position, for the margin check.

        Raises:
            LedgerError: the ledger cannot be read, or holds what ``instruments`` does not list.
        """
        self.instruments: Mapping[str, Instrument] = MappingProxyType({i.symbol: i for i in instruments})
        self._ledger = ledger
        self._clock = clock
        self._leverage = leverage
        self._subscribers: list[Callable[[Event], None]] = []
        self._outbox: deque[Event] = deque()
        self._delivering = False
        self._failure: Exception | None = None
        # Update ids only ever rise, over restarts too: they start where no earlier process can have come.
        first_update_id = clock() * 1000
        self._state = State(
            symbols={
                symbol: SymbolState(instrument, reference=instrument.reference_price, update_id=first_update_id)
                for symbol, instrument in self.instruments.items()
            },
            customers={},
            order_ids=Ids(lambda count: ledger.reserve("orders", count)),
            trade_ids=Ids(lambda count: ledger.reserve("trades", count)),
        )
        self._restore(accounts)

    def _restore(self, accounts: Iterable[Account]) -> None:
        for account in accounts:
            self._ledger.open_account(account.name, account.balances)
        for name in self._ledger.accounts():
            positions = {position.symbol: position for position in self._ledger.positions(name)}
            self._check_listed({symbol for symbol, position in positions.items() if position.quantity})
            self._state.customers[name] = Customer(name, self._ledger.balances(name), positions)
        orders = self._ledger.open_orders()
        self._check_listed({order.symbol for order in orders})
        for order in orders:
            self._state.customers[order.account].keep(order)
            self._state.rest(order)
        for market in self._state.symbols.values():
            market.book.drain_changes()
            market.top = market.read_top(self._clock())

    def _check_listed(self, symbols: set[str]) -> None:
        missing = ", ".join(sorted(symbols - self.instruments.keys()))
        if missing:
            raise LedgerError(
                f"ledger {self._ledger.path} holds open orders or positions of {missing}; "
                "add it to instruments or set another data_dir"
            )

    # Commands

    def submit(self, request: OrderRequest) -> Order:
        """Take an order; what happened to it so far is in the events and in the order returned.

        Raises:
            Rejection: nothing happened.
        """
        customer, market = self._customer(request.account), self._market(request.symbol)
        if (
            request.client_order_id is not None
            and (request.symbol, request.client_order_id) in customer.client_order_ids
        ):
            detail = f"client order id {request.client_order_id} belongs to an open order"
            raise Rejection(RejectReason.DUPLICATE_CLIENT_ORDER_ID, detail)
        now = self._clock()
        price = None
        if request.type is OrderType.LIMIT:
            price = self._limit_price(request)
        quantity = checked_quantity(market.instrument, request.quantity, request.type)
        if request.reduce_only:
            quantity = min(quantity, customer.reducible(request.symbol, request.side))
            if not quantity:
                detail = f"{request.side} would not reduce the position of {customer.quantity(request.symbol)}"
                raise Rejection(RejectReason.REDUCE_ONLY, detail)
        else:
            check_notional(market.instrument, quantity, price or self.mark_price(request.symbol))
        matches = trading.plan_for(
            self._state, market, account=customer.name, side=request.side, quantity=quantity, limit=price
        )
        if matches and request.time_in_force is TimeInForce.GTX:
            detail = f"post-only {request.side} at {price} would take at {matches[0].maker.price}"
            raise Rejection(RejectReason.WOULD_TAKE, detail)
        if price is None and not matches:
            raise Rejection(RejectReason.NO_LIQUIDITY, f"nobody stands against a {request.side} of {request.symbol}")
        if not request.reduce_only:
            traded = traded_value(matches)
            rest = (quantity - traded_quantity(matches)) * price if price else ZERO
            self._check_margin(customer, market, request.side, traded + rest)
        with self._operation(market, now) as operation:
            order_id = self._state.order_ids.take()
            order = Order(
                order_id=order_id,
                account=request.account,
                symbol=request.symbol,
                client_order_id=request.client_order_id if request.client_order_id is not None else f"x-{order_id}",
                side=request.side,
                type=request.type,
                time_in_force=request.time_in_force,
                price=price,
                quantity=quantity,
                filled=ZERO.quantize(market.instrument.step_size),
                quote_filled=ZERO,
                average_price=ZERO,
                reduce_only=request.reduce_only,
                status=OrderStatus.NEW,
                created_ms=now,
                updated_ms=now,
                priority=order_id,
            )
            return trading.place(self._state, operation, order, matches)

    def amend(
        self,
        account: str,
        symbol: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        quantity: Decimal,
        price: Decimal,
    ) -> Order:
        """Change an open limit order's quantity and price.

        A smaller quantity at the same price keeps the place in the queue; anything else goes to its end. As at the
        real venue, a quantity not above what is filled, or a post-only order that would now take, cancels the order.

        Raises:
            Rejection: nothing happened; the order is as it was.
        """
        order = self._open_order(account, symbol, order_id, client_order_id)
        customer, market = self._customer(account), self._market(symbol)
        price = checked_price(market.instrument, price, side=order.side, mark=self.mark_price(symbol))
        quantity = checked_quantity(market.instrument, quantity, order.type)
        if price == order.price and quantity == order.quantity:
            raise Rejection(RejectReason.NO_CHANGE, f"order {order.order_id} already is {quantity} at {price}")
        if order.reduce_only:
            quantity = min(quantity, order.filled + customer.reducible(symbol, order.side))
        else:
            check_notional(market.instrument, quantity, price)
        now = self._clock()
        left = quantity - order.filled
        if left <= 0:
            return self._cancel(order, now)
        matches = (
            trading.plan_for(self._state, market, account=account, side=order.side, quantity=left, limit=price)
            if price != order.price
            else []
        )
        if matches and order.time_in_force is TimeInForce.GTX:
            return self._cancel(order, now)
        if not order.reduce_only:
            added = left * price - order.remaining * (order.price or ZERO)
            self._check_margin(customer, market, order.side, added)
        with self._operation(market, now) as operation:
            amended = replace(order, price=price, quantity=quantity, updated_ms=now)
            resting = market.book.get(order.order_id)
            if resting and price == order.price and quantity < order.quantity:
                market.book.reduce(resting, order.quantity - quantity)
                customer.add_resting(order, quantity - order.quantity)
                customer.keep(amended)
                operation.tell(Execution.AMENDMENT, amended, customer)
                return amended
            self._state.unrest(order)
            amended = replace(amended, priority=self._state.order_ids.take())
            customer.keep(amended)
            operation.tell(Execution.AMENDMENT, amended, customer)
            return trading.settle(self._state, operation, amended, matches)

    def cancel(
        self, account: str, symbol: str, *, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        """Cancel an open order.

        Raises:
            Rejection: UNKNOWN_ORDER, also when it is final already.
        """
        return self._cancel(self._open_order(account, symbol, order_id, client_order_id), self._clock())

    def cancel_all(self, account: str, symbol: str) -> list[Order]:
        """Cancel every open order of an account in a symbol, oldest first, as one operation; give them."""
        market = self._market(symbol)
        orders = self.open_orders(account, symbol)
        if not orders:
            return []
        with self._operation(market, self._clock()) as operation:
            return [trading.finish(self._state, operation, order, OrderStatus.CANCELED) for order in orders]

    def step_market(self, symbol: str, step: MarketStep) -> None:
        """Let the simulated market move; written to the ledger only as far as customers' orders were hit."""
        with self._operation(self._market(symbol), self._clock()) as operation:
            trading.move_market(self._state, operation, step)

    def roll(self) -> None:
        """Close the bars of minutes that are over; call it about once a second."""
        now = self._clock()
        for market in self._state.symbols.values():
            self._publish(market.candles.roll(now))

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Have every later event delivered to ``callback``; give the function that ends it."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    # Questions

    @property
    def failure(self) -> Exception | None:
        """Give what broke an operation off half-way, after which nothing works until a restart; None while well."""
        return self._failure

    @property
    def accounts(self) -> tuple[str, ...]:
        """Name every account."""
        return tuple(self._state.customers)

    def order(
        self, account: str, symbol: str, *, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order | None:
        """Find an order, open or final; by client id the open one, else the last that had it."""
        customer, _ = self._customer(account), self._market(symbol)
        if order_id is None and client_order_id is not None:
            order_id = customer.client_order_ids.get((symbol, client_order_id))
        if order_id is not None:
            found = customer.open_orders.get(order_id)
            if found and found.symbol == symbol:
                return found
        return self._ledger.order(account, symbol, order_id=order_id, client_order_id=client_order_id)

    def open_orders(self, account: str, symbol: str | None = None) -> list[Order]:
        """List open orders, oldest first."""
        orders = self._customer(account).open_orders.values()
        return sorted((o for o in orders if symbol in {None, o.symbol}), key=lambda order: order.order_id)

    def all_orders(
        self,
        account: str,
        symbol: str | None = None,
        *,
        limit: int | None = 1000,
        start_ms: int | None = None,
        end_ms: int | None = None,
        from_id: int | None = None,
    ) -> list[Order]:
        """List orders, oldest first, by creation time: the first ``limit`` from ``from_id`` on, else the last ones."""
        self._customer(account)
        return self._ledger.orders(account, symbol, limit=limit, start_ms=start_ms, end_ms=end_ms, from_id=from_id)

    def fills(
        self,
        account: str,
        symbol: str | None = None,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        from_id: int | None = None,
        limit: int | None = 1000,
    ) -> list[Fill]:
        """List fills, oldest first: the first ``limit`` from trade id ``from_id`` on, else the last ones."""
        self._customer(account)
        return self._ledger.fills(account, symbol, limit=limit, start_ms=start_ms, end_ms=end_ms, from_id=from_id)

    def positions(self, account: str) -> list[Position]:
        """List an account's positions by symbol; one that went flat stays, with quantity 0."""
        positions = self._customer(account).positions
        return [positions[symbol] for symbol in sorted(positions)]

    def balances(self, account: str) -> dict[str, Decimal]:
        """Give an account's wallet: asset to amount, without unrealized profit."""
        return dict(self._customer(account).balances)

    def margin(self, account: str, asset: str = "USDT") -> Margin:
        """Work out what an account may still spend of ``asset``."""
        return margin(self._customer(account), asset, mark=self.mark_price, leverage=self._leverage)

    def audit(self, account: str) -> list[str]:
        """List the contradictions between an account's fills and what it owns; see `simvenue.exchange.audit`."""
        self._customer(account)
        return audit(self._ledger, account)

    def depth(self, symbol: str, limit: int) -> tuple[int, Levels, Levels]:
        """Give last update id, bids and asks, best first, at most ``limit`` each."""
        market = self._market(symbol)
        return market.update_id, market.book.depth(Side.BUY, limit), market.book.depth(Side.SELL, limit)

    def top(self, symbol: str) -> TopOfBook:
        """Give the best prices now."""
        return self._market(symbol).top

    def mark_price(self, symbol: str) -> Decimal:
        """Give the price positions are valued at: the market's reference price."""
        return self._market(symbol).reference

    def recent_trades(self, symbol: str, limit: int) -> list[PublicTrade]:
        """Give the last public trades since this process began, oldest first, at most 1000."""
        return list(self._market(symbol).trades)[-limit:]

    def bars(self, symbol: str, start_ms: int | None, end_ms: int | None, limit: int) -> list[Bar]:
        """Give one-minute bars since this process began by open time, the unfinished one last, at most 1500 old."""
        return self._market(symbol).candles.between(start_ms, end_ms, limit)

    # Inside

    def _market(self, symbol: str) -> SymbolState:
        market = self._state.symbols.get(symbol)
        if market is None:
            raise Rejection(RejectReason.UNKNOWN_SYMBOL, f"symbol {symbol} is not one of {', '.join(self.instruments)}")
        return market

    def _customer(self, account: str) -> Customer:
        customer = self._state.customers.get(account)
        if customer is None or account == MARKET_ACCOUNT:
            raise Rejection(RejectReason.UNKNOWN_ACCOUNT, f"account {account} is not one of {', '.join(self.accounts)}")
        return customer

    def _open_order(self, account: str, symbol: str, order_id: int | None, client_order_id: str | None) -> Order:
        order = self.order(account, symbol, order_id=order_id, client_order_id=client_order_id)
        if order is None or not order.status.is_open:
            detail = f"no open order {order_id if order_id is not None else client_order_id} of {symbol}"
            raise Rejection(RejectReason.UNKNOWN_ORDER, detail)
        return order

    def _limit_price(self, request: OrderRequest) -> Decimal:
        if request.price is None:
            raise Rejection(RejectReason.PRICE_RANGE, "a LIMIT order needs a price")
        instrument = self.instruments[request.symbol]
        return checked_price(instrument, request.price, side=request.side, mark=self.mark_price(request.symbol))

    def _check_margin(self, customer: Customer, market: SymbolState, side: Side, value: Decimal) -> None:
        if value <= 0:
            return
        instrument = market.instrument
        present = self.margin(customer.name, instrument.quote)
        after = margin(
            customer,
            instrument.quote,
            mark=self.mark_price,
            leverage=self._leverage,
            extra=(instrument.symbol, side, value),
        )
        # An order that needs no more margin than is in use passes even when the account is under water.
        if after.available < 0 and after.available < present.available:
            detail = f"{present.available} {instrument.quote} available, {-after.available} too little for this order"
            raise Rejection(RejectReason.INSUFFICIENT_MARGIN, detail)

    def _cancel(self, order: Order, now: int) -> Order:
        with self._operation(self._market(order.symbol), now) as operation:
            return trading.finish(self._state, operation, order, OrderStatus.CANCELED)

    @contextmanager
    def _operation(self, market: SymbolState, now: int) -> Iterator[Operation]:
        if self._failure:
            raise ExchangeFailed("the exchange stopped after an earlier failure; restart simvenue") from self._failure
        operation = Operation(market, now)
        try:
            yield operation
            operation.close()
            if operation.changes:
                self._ledger.commit(operation.changes)
        except Exception as error:
            self._failure = error
            raise ExchangeFailed(f"operation on {market.instrument.symbol} broke off: {error}") from error
        self._publish(operation.events)

    def _publish(self, events: Iterable[Event]) -> None:
        self._outbox.extend(events)
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._outbox:
                event = self._outbox.popleft()
                for subscriber in tuple(self._subscribers):
                    try:
                        subscriber(event)
                    except Exception:
                        log.exception("a subscriber failed on %s", type(event).__name__)
        finally:
            self._delivering = False
