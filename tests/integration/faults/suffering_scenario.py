"""What faults do to a real node on the unmodified adapters: one after another, each with what is known to follow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from nautilus_trader.model.enums import OrderSide, OrderStatus

from tests.integration.venue.acts import Trading

if TYPE_CHECKING:
    from nautilus_trader.model.orders import Order

ORDER = "/fapi/v1/order"


class Sufferer(Trading):
    """A strategy that can put faults in, and ask the venue what is true."""

    async def _trades(self) -> None:
        order = self.limit(OrderSide.BUY, self.off(-4))
        await self.submit(order, OrderStatus.ACCEPTED)
        await self.cancel(order)

    async def _rejected_but_alive(self, order: Order) -> None:
        await self.status(order, OrderStatus.REJECTED)
        alive = [o for o in await self._open_orders() if o["client_order_id"] == str(order.client_order_id)]
        assert len(alive) == 1, "rejected in the node, and not alive at the venue"
        await self._admin("DELETE", f"orders/{alive[0]['order_id']}")

    async def _until_more(self, method: str, path: str, before: int) -> None:
        for _ in range(100):
            if await self._count(method, path) > before:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"no further {method} {path} within 10 s")

    async def _count(self, method: str, path: str) -> int:
        rows = (await self._admin("GET", "requests"))["requests"]
        return sum(row["count"] for row in rows if (row["method"], row["path"]) == (method, path))

    async def _open_orders(self) -> list[dict[str, Any]]:
        ledger = await self._admin("GET", f"ledger?account={self.settings['account']}")
        return [order for order in ledger["orders"] if order["status"] == "NEW"]

    async def _inject(self, **fault: object) -> int:
        number: int = (await self._admin("POST", "faults", fault))["id"]
        return number

    async def _admin(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        return await asyncio.to_thread(self.ask_venue, method, path, body)


class Suffering(Sufferer):
    """Places orders while Binance misbehaves."""

    async def act(self) -> None:
        """The whole story."""
        await self.first_quote()
        await self._answer_lost_event_comes()
        await self._answer_and_event_lost()
        await self._executed_behind_an_error()
        await self._new_listen_key()
        await self._frozen()

    async def _answer_lost_event_comes(self) -> None:
        await self._inject(kind="lose_response", method="POST", path=ORDER, count=1)
        # The reset alone tells the adapter nothing; the user event accepts the order.
        await self._trades()

    async def _answer_and_event_lost(self) -> None:
        muted = await self._inject(kind="drop_event", event="ORDER_TRADE_UPDATE")
        await self._inject(kind="lose_response", method="POST", path=ORDER, count=1)
        order = self.limit(OrderSide.BUY, self.off(-4))
        self.submit_order(order)
        await asyncio.sleep(1)
        assert order.status == OrderStatus.SUBMITTED, order.status_string()
        # Only the check of orders in flight finds it.
        await self.status(order, OrderStatus.ACCEPTED)
        await self._admin("DELETE", f"faults/{muted}")
        await self.cancel(order)

    async def _executed_behind_an_error(self) -> None:
        await self._inject(kind="venue_error", method="POST", path=ORDER, code=-1008, when="after", count=1)
        muted = await self._inject(kind="drop_event", event="ORDER_TRADE_UPDATE")
        order = self.limit(OrderSide.BUY, self.off(-4))
        self.submit_order(order)
        await self._rejected_but_alive(order)
        await self._admin("DELETE", f"faults/{muted}")

    async def _new_listen_key(self) -> None:
        before = await self._count("POST", "/fapi/v1/listenKey")
        await self._inject(kind="expire_listen_keys")
        await self._until_more("POST", "/fapi/v1/listenKey", before)
        # What follows is told on the new stream.
        await asyncio.sleep(1)
        await self._trades()

    async def _frozen(self) -> None:
        frozen = await self._inject(kind="freeze", socket="PUBLIC")
        await asyncio.sleep(0.3)
        seen = self.seen["quote"]
        await asyncio.sleep(3)
        assert self.seen["quote"] == seen, "quotes came through frozen sockets"
        await self._admin("DELETE", f"faults/{frozen}")
        await self.until("quotes after the thaw", lambda: self.seen["quote"] > seen)


class BybitSuffering(Sufferer):
    """Places orders while Bybit misbehaves."""

    async def act(self) -> None:
        """The whole story."""
        await self.first_quote()
        await self._acknowledgement_lost()
        await self._swallowed()
        await self._executed_behind_an_error()
        await self._private_socket_cut()

    async def _acknowledgement_lost(self) -> None:
        await self._inject(kind="drop_event", frames="REPLY", event="order.create", count=1)
        # The order topic accepts it.
        await self._trades()

    async def _swallowed(self) -> None:
        await self._inject(kind="hang", method="WS", path="order.create", count=1)
        order = self.limit(OrderSide.BUY, self.off(-4))
        self.submit_order(order)
        await asyncio.sleep(1.5)
        assert order.status == OrderStatus.SUBMITTED, order.status_string()
        assert await self._open_orders() == []

    async def _executed_behind_an_error(self) -> None:
        await self._inject(kind="venue_error", method="WS", path="order.create", code=10006, when="after", count=1)
        muted = await self._inject(kind="drop_event", event="order")
        order = self.limit(OrderSide.BUY, self.off(-4))
        self.submit_order(order)
        await self._rejected_but_alive(order)
        await self._admin("DELETE", f"faults/{muted}")

    async def _private_socket_cut(self) -> None:
        before = await self._count("WS", "auth")
        cut = await self._admin("POST", "faults", {"kind": "cut_socket", "socket": "USER"})
        assert cut["hits"] == 1
        await self._until_more("WS", "auth", before)
        await asyncio.sleep(1)
        await self._trades()
