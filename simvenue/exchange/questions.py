"""What may be asked of the exchange: everything that changes nothing."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from simvenue.exchange.audit import audit
from simvenue.exchange.margin import margin
from simvenue.exchange.types import MARKET_ACCOUNT, ZERO, Rejection, RejectReason, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from simvenue.exchange.account import Customer
    from simvenue.exchange.contracts import FundingPayment, MarginType, PositionMode
    from simvenue.exchange.ledger import Ledger
    from simvenue.exchange.state import State, SymbolState
    from simvenue.exchange.types import Bar, Fill, Instrument, Levels, Margin, Order, Position, PublicTrade, TopOfBook


class Questions:
    """The half of the exchange that only reads. Unknown accounts and symbols are refused with a `Rejection`."""

    def __init__(self, state: State, ledger: Ledger) -> None:
        """Read ``state``, and for what is long past ``ledger``."""
        self._state = state
        self._ledger = ledger
        self.instruments: Mapping[str, Instrument] = MappingProxyType(
            {symbol: market.instrument for symbol, market in state.symbols.items()}
        )

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

    def fills_of(self, account: str, order_ids: Iterable[int]) -> list[Fill]:
        """List all fills of an account's orders, oldest first; takes as long as they are many, not the history."""
        self._customer(account)
        return self._ledger.fills_of(account, order_ids)

    def notes(self) -> list[tuple[Order, str]]:
        """Give the orders that have a note, oldest first, open or final, with it; see `Exchange.submit`."""
        return self._ledger.notes()

    def positions(self, account: str) -> list[Position]:
        """List an account's positions by symbol and side; one that went flat stays, with quantity 0."""
        positions = self._customer(account).positions
        return [positions[key] for key in sorted(positions)]

    def balances(self, account: str) -> dict[str, Decimal]:
        """Give an account's wallet: asset to amount, without unrealized profit."""
        return dict(self._customer(account).balances)

    def locked(self, account: str) -> dict[str, Decimal]:
        """Give what open spot orders hold back, by asset; assets without a lock are 0."""
        customer = self._customer(account)
        return {asset: customer.locked.get(asset, ZERO) for asset in customer.balances}

    def free(self, account: str) -> dict[str, Decimal]:
        """Give what no open spot order holds back, by asset: balance less lock."""
        customer = self._customer(account)
        return {asset: customer.free(asset) for asset in customer.balances}

    def margin(self, account: str, asset: str = "USDT") -> Margin:
        """Work out what an account may still spend of ``asset``."""
        return margin(self._state, self._customer(account), asset)

    def leverage(self, account: str, symbol: str) -> int:
        """Give an account's leverage in a contract."""
        self._market(symbol)
        return self._state.leverage(self._customer(account), symbol)

    def margin_type(self, account: str, symbol: str) -> MarginType:
        """Give what backs an account's positions in a contract; CROSSED until set."""
        self._market(symbol)
        return self._customer(account).margin_type(symbol)

    def position_mode(self, account: str) -> PositionMode:
        """Give an account's position mode; ONE_WAY until set."""
        return self._customer(account).position_mode

    def funding(
        self,
        account: str,
        symbol: str | None = None,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        from_id: int | None = None,
        limit: int | None = 1000,
    ) -> list[FundingPayment]:
        """List funding payments, oldest first: the first ``limit`` from id ``from_id`` on, else the last ones."""
        self._customer(account)
        return self._ledger.funding(account, symbol, limit=limit, start_ms=start_ms, end_ms=end_ms, from_id=from_id)

    def audit(self, account: str) -> list[str]:
        """List the contradictions between an account's fills and what it owns; see `simvenue.exchange.audit`."""
        self._customer(account)
        return audit(self._ledger, account, self.instruments)

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

    def last_price(self, symbol: str) -> Decimal:
        """Give the last trade's price, the reference price before the first one of this process."""
        return self._market(symbol).last

    def is_halted(self, symbol: str) -> bool:
        """Tell whether a symbol takes no orders for now."""
        return self._market(symbol).halted

    def recent_trades(self, symbol: str, limit: int) -> list[PublicTrade]:
        """Give the last public trades since this process began, oldest first, at most 1000."""
        return list(self._market(symbol).trades)[-limit:]

    def bars(self, symbol: str, start_ms: int | None, end_ms: int | None, limit: int) -> list[Bar]:
        """Give one-minute bars since this process began by open time, the unfinished one last, at most 1500 old."""
        return self._market(symbol).candles.between(start_ms, end_ms, limit)

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
