"""The exchange: commands in, answers and events out, each change in the ledger before anybody hears of it."""

from __future__ import annotations

import logging
from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from heapq import heappop
from typing import TYPE_CHECKING

from simvenue.exchange import admission, amendment, conditional, rehearsal, settings, trading
from simvenue.exchange.account import Customer
from simvenue.exchange.contracts import Setting, SettingEvent
from simvenue.exchange.invariants import Watch
from simvenue.exchange.ledger import Changes, Ledger, LedgerError
from simvenue.exchange.operation import Operation
from simvenue.exchange.questions import Questions
from simvenue.exchange.state import Ids, State, SymbolState
from simvenue.exchange.types import (
    MARKET_ACCOUNT,
    Execution,
    Order,
    OrderRequest,
    OrderStatus,
    Rejection,
    RejectReason,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from decimal import Decimal

    from simvenue.exchange.contracts import FundingPayment, MarginType, PositionMode
    from simvenue.exchange.matching import Match
    from simvenue.exchange.types import Account, Event, Instrument, MarketStep

log = logging.getLogger(__name__)

DEFAULT_LEVERAGE = 20
_HALTED = "HALTED"


class ExchangeFailed(Exception):  # noqa: N818 - says what state the exchange is in
    """An operation broke off half-way; memory may differ from the ledger, so that only a restart can go on."""


class Exchange(Questions):
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
        conditional_locks: bool = False,
        debug: bool = False,
    ) -> None:
        """Open the exchange on what the ledger holds; open orders wait where they waited when this returns.

        Args:
            instruments: what may be traded, spot and contracts over the same balances.
            ledger: durable state; accounts it does not know yet are opened in it.
            accounts: who may trade. An account of the ledger keeps the balances it has there.
            clock: milliseconds since the epoch; may jump.
            leverage: of a contract for which an account has set none, at most the contract's own.
            conditional_locks: whether an untriggered spot order holds back what it may cost (Binance's do, Bybit's
                conditional ones do not).
            debug: whether to check after every operation that books and orders add up; one that does not stops the
                exchange before it is in the ledger. Slow with many open orders.

        Raises:
            LedgerError: the ledger cannot be read, or holds what ``instruments`` does not list.
        """
        # Update ids only ever rise, over restarts too: they start where no earlier process can have come.
        first_update_id = clock() * 1000
        state = State(
            symbols={i.symbol: SymbolState(i, i.reference_price, first_update_id) for i in instruments},
            customers={},
            order_ids=Ids(lambda count: ledger.reserve("orders", count)),
            trade_ids=Ids(lambda count: ledger.reserve("trades", count)),
            payment_ids=Ids(lambda count: ledger.reserve("payments", count)),
            default_leverage=leverage,
            conditional_locks=conditional_locks,
        )
        super().__init__(state, ledger)
        self._clock = clock
        self._subscribers: list[Callable[[Event], None]] = []
        self._outbox: deque[Event] = deque()
        self._delivering = False
        self._failure: Exception | None = None
        self._restore(accounts)
        self._watch = Watch(state) if debug else None

    def _restore(self, accounts: Iterable[Account]) -> None:
        for account in accounts:
            self._ledger.open_account(account.name, account.balances)
        for name in self._ledger.accounts():
            positions = {(held.symbol, held.position_side): held for held in self._ledger.positions(name)}
            self._check_listed({symbol for (symbol, _), held in positions.items() if held.quantity})
            customer = Customer(name, self._ledger.balances(name), positions, self._ledger.settings(name))
            self._state.customers[name] = customer
        orders = self._ledger.open_orders()
        self._check_listed({order.symbol for order in orders})
        for order in orders:
            self._state.customers[order.account].keep(order)
            self._state.enter(order)
        halts = self._ledger.settings(MARKET_ACCOUNT)
        for symbol, market in self._state.symbols.items():
            market.halted = halts.get((symbol, _HALTED)) == "yes"
            market.book.drain_changes()
            market.top = market.read_top(self._clock())

    def _check_listed(self, symbols: set[str]) -> None:
        missing = ", ".join(sorted(symbols - self.instruments.keys()))
        if missing:
            raise LedgerError(
                f"ledger {self._ledger.path} holds open orders or positions of {missing}; "
                "add it to instruments or set another data_dir"
            )

    # Orders

    def submit(self, request: OrderRequest, note: str | None = None) -> Order:
        """Take an order; what happened to it so far is in the events and in the order returned.

        An order with a trigger waits UNTRIGGERED and is checked against book and wallet only when that fires; if it
        cannot be placed then it ends EXPIRED, or REJECTED for lack of money.

        Args:
            request: the order.
            note: what the venue must not forget about it, kept with it over restarts until `drop_note`.

        Raises:
            Rejection: nothing happened.
        """
        now = self._now()
        customer, market = self._customer(request.account), self._market(request.symbol)
        order = admission.draft(self._state, customer, market, request, now)
        waits = order.status is OrderStatus.UNTRIGGERED
        matches: list[Match] = []
        if not waits:
            order, matches = admission.admit(self._state, market, order)
        with self._operation(market, now) as operation:
            order_id = self._state.order_ids.take()
            client_order_id = f"x-{order_id}" if request.client_order_id is None else request.client_order_id
            order = replace(order, order_id=order_id, client_order_id=client_order_id, priority=order_id)
            if note is not None:
                operation.changes.notes[order_id] = note
            if waits:
                self._state.enter(order)
                operation.tell(Execution.NEW, order, customer)
            else:
                trading.place(self._state, operation, order, matches)
        return operation.changes.orders[order_id]

    def amend(
        self,
        account: str,
        symbol: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
        trigger_price: Decimal | None = None,
    ) -> Order:
        """Change an open order's quantity and price, and the trigger price of one that has not fired; None keeps.

        A smaller quantity at the same price keeps the place in the queue; anything else goes to its end. As at the
        real venue, a quantity not above what is filled, or a post-only order that would now take, cancels the order.

        Raises:
            Rejection: nothing happened; the order is as it was.
        """
        now = self._now()
        order = self._open_order(account, symbol, order_id, client_order_id)
        market = self._market(symbol)
        wish = amendment.Wish(quantity, price, trigger_price)
        planned = amendment.plan(self._state, market, order, wish)
        with self._operation(market, now) as operation:
            amendment.apply(self._state, operation, order, planned)
        return operation.changes.orders[order.order_id]

    def cancel(
        self, account: str, symbol: str, *, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        """Cancel an open order, also while the market is halted.

        Raises:
            Rejection: UNKNOWN_ORDER, also when it is final already.
        """
        now = self._now()
        order = self._open_order(account, symbol, order_id, client_order_id)
        return self._finish(self._market(symbol), [order], OrderStatus.CANCELED, now)[0]

    def cancel_all(self, account: str, symbol: str) -> list[Order]:
        """Cancel every open order of an account in a symbol, oldest first, as one operation; give them."""
        now, market = self._now(), self._market(symbol)
        return self._finish(market, self.open_orders(account, symbol), OrderStatus.CANCELED, now)

    def drop_note(self, order_id: int) -> None:
        """Forget what was noted about an order."""
        self._record(Changes(notes_done=[order_id]))

    # Settings

    def set_leverage(self, account: str, symbol: str, leverage: int) -> None:
        """Set an account's leverage in a contract, 1 to the contract's own.

        Raises:
            Rejection: LEVERAGE, INSUFFICIENT_MARGIN, UNKNOWN_SYMBOL for spot.
        """
        customer = self._customer(account)
        settings.check_leverage(self._state, customer, self._market(symbol), leverage)
        self._set(customer, symbol, Setting.LEVERAGE, str(leverage))

    def set_margin_type(self, account: str, symbol: str, margin_type: MarginType) -> None:
        """Set what backs an account's positions in a contract.

        Raises:
            Rejection: NO_CHANGE, ORDERS_OR_POSITIONS_OPEN, UNKNOWN_SYMBOL for spot.
        """
        customer = self._customer(account)
        settings.check_margin_type(customer, self._market(symbol), margin_type)
        self._set(customer, symbol, Setting.MARGIN_TYPE, margin_type)

    def set_position_mode(self, account: str, mode: PositionMode) -> None:
        """Set whether an account holds one position per contract or two, for all contracts.

        Raises:
            Rejection: NO_CHANGE, ORDERS_OR_POSITIONS_OPEN.
        """
        customer = self._customer(account)
        settings.check_position_mode(self._state, customer, mode)
        self._set(customer, "", Setting.POSITION_MODE, mode)

    # The venue's own doing

    def step_market(self, symbol: str, step: MarketStep) -> None:
        """Let the simulated market move, unless it is halted.

        Written to the ledger only as far as customers' orders were hit.
        """
        now, market = self._now(), self._market(symbol)
        with self._operation(market, now) as operation:
            if not market.halted:
                trading.move_market(self._state, operation, step)

    def roll(self) -> None:
        """Close the bars of minutes that are over and expire GTD orders; call it about once a second.

        Raises:
            ExchangeFailed: an operation broke off earlier, which ends the process also while its markets stand still.
        """
        self._check_alive()
        now = self._now()
        for market in self._state.symbols.values():
            self._publish(market.candles.roll(now))

    def halt(self, symbol: str) -> None:
        """Stop a market until `resume`, over restarts too: it stands still and takes cancels only."""
        self._set_halted(self._market(symbol), halted=True)

    def resume(self, symbol: str) -> None:
        """Let a halted market go on."""
        self._set_halted(self._market(symbol), halted=False)

    def settle_funding(self, symbol: str, rate: Decimal) -> list[FundingPayment]:
        """Book a funding payment of ``rate`` (0.0001 is 0.01 %) of its value for every position of a contract.

        Raises:
            Rejection: UNKNOWN_SYMBOL.
            ValueError: the rate is no number, or beyond the whole value.
        """
        if not rate.is_finite() or abs(rate) > 1:
            raise ValueError(f"funding rate {rate} must be -1 to 1")
        now, market = self._now(), self._market(symbol)
        with self._operation(market, now) as operation:
            return rehearsal.settle_funding(self._state, operation, rate)

    def liquidate(self, account: str, symbol: str) -> list[Order]:
        """Cancel an account's orders in a contract and close its position by force; give the closing orders.

        Raises:
            Rejection: nothing happened: MARKET_CLOSED, NO_LIQUIDITY, REDUCE_ONLY without a position.
        """
        now, customer, market = self._now(), self._customer(account), self._market(symbol)
        rehearsal.check_liquidation(self._state, customer, market)
        with self._operation(market, now) as operation:
            closed = rehearsal.liquidate(self._state, operation, customer)
        return [operation.changes.orders[order_id] for order_id in closed]

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Have every later event delivered to ``callback``; give the function that ends it."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    @property
    def failure(self) -> Exception | None:
        """Give what broke an operation off half-way, after which nothing works until a restart; None while well."""
        return self._failure

    # Inside

    def _open_order(self, account: str, symbol: str, order_id: int | None, client_order_id: str | None) -> Order:
        order = self.order(account, symbol, order_id=order_id, client_order_id=client_order_id)
        if order is None or not order.status.is_open:
            detail = f"no open order {order_id if order_id is not None else client_order_id} of {symbol}"
            raise Rejection(RejectReason.UNKNOWN_ORDER, detail)
        return order

    def _now(self) -> int:
        # Every command starts here: what was to end before now must not trade in it.
        now = self._clock()
        expiries = self._state.expiries
        while expiries and expiries[0][0] <= now:
            _, order_id, account = heappop(expiries)
            order = self._state.customers[account].open_orders.get(order_id)
            if order:
                self._finish(self._state.symbols[order.symbol], [order], OrderStatus.EXPIRED, now)
        return now

    def _finish(self, market: SymbolState, orders: list[Order], status: OrderStatus, now: int) -> list[Order]:
        if not orders:
            return []
        with self._operation(market, now) as operation:
            return [trading.finish(self._state, operation, order, status) for order in orders]

    def _set(self, customer: Customer, symbol: str, setting: Setting, value: str) -> None:
        if customer.settings.get((symbol, setting)) == value:
            return
        self._record(Changes(settings={(customer.name, symbol, setting): value}))
        customer.settings[symbol, setting] = value
        event = SettingEvent(account=customer.name, symbol=symbol, setting=setting, value=value, time_ms=self._clock())
        self._publish([event])

    def _set_halted(self, market: SymbolState, *, halted: bool) -> None:
        symbol = market.instrument.symbol
        self._record(Changes(settings={(MARKET_ACCOUNT, symbol, _HALTED): "yes" if halted else "no"}))
        market.halted = halted

    def _record(self, changes: Changes) -> None:
        self._check_alive()
        try:
            self._ledger.commit(changes)
        except Exception as error:
            self._failure = error
            raise ExchangeFailed(f"a change of settings or notes broke off: {error}") from error

    def _check_alive(self) -> None:
        if self._failure:
            raise ExchangeFailed("the exchange stopped after an earlier failure; restart simvenue") from self._failure

    @contextmanager
    def _operation(self, market: SymbolState, now: int) -> Iterator[Operation]:
        self._check_alive()
        operation = Operation(market, now)
        try:
            yield operation
            if market.waiting:
                conditional.run(self._state, operation)
            if self._watch:
                self._watch.check(operation)
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
