"""The admin API's routes: JSON over HTTP, for loopback only, without authentication."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aiohttp import web
from pydantic import ValidationError

from simvenue.admin import documents
from simvenue.admin.bodies import OrderBody, ShiftBody
from simvenue.exchange.exchange import ExchangeFailed
from simvenue.exchange.types import OrderRequest, Rejection, RejectReason

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from simvenue.exchange.exchange import Exchange
    from simvenue.market.runner import MarketRunner

_NOT_FOUND = frozenset({RejectReason.UNKNOWN_ACCOUNT, RejectReason.UNKNOWN_ORDER, RejectReason.UNKNOWN_SYMBOL})


def create_admin(exchange: Exchange, market: MarketRunner, *, version: str) -> web.Application:
    """Make the admin application over a running exchange."""
    admin = _Admin(exchange, market, version)
    app = web.Application(middlewares=[_errors], client_max_size=64 * 1024)
    app.add_routes(
        [
            web.get("/admin/v1/health", admin.health),
            web.get("/admin/v1/state", admin.state),
            web.get("/admin/v1/ledger", admin.ledger),
            web.get("/admin/v1/audit", admin.audit),
            web.post("/admin/v1/orders", admin.place),
            web.delete("/admin/v1/orders/{order_id:[0-9]{1,18}}", admin.cancel),
            web.post("/admin/v1/market/shift", admin.shift),
            web.post("/admin/v1/market/pause", admin.pause),
            web.post("/admin/v1/market/resume", admin.resume),
        ]
    )
    return app


class _Admin:
    def __init__(self, exchange: Exchange, market: MarketRunner, version: str) -> None:
        self._exchange = exchange
        self._market = market
        self._version = version
        self._started = time.monotonic()

    async def health(self, _request: web.Request) -> web.Response:
        failure = self._exchange.failure
        body = {
            "status": "failed" if failure else "ok",
            "reason": str(failure) if failure else None,
            "version": self._version,
            "uptime_seconds": round(time.monotonic() - self._started, 3),
        }
        return web.json_response(body, status=503 if failure else 200)

    async def state(self, _request: web.Request) -> web.Response:
        exchange = self._exchange
        markets = self._market.positions()
        body = {
            "version": self._version,
            "uptime_seconds": round(time.monotonic() - self._started, 3),
            "market_paused": self._market.paused,
            "instruments": [{**documents.instrument(exchange, s), **markets.get(s, {})} for s in exchange.instruments],
            "accounts": [documents.account(exchange, name) for name in exchange.accounts],
        }
        return web.json_response(body)

    async def ledger(self, request: web.Request) -> web.Response:
        account = request.query.get("account")
        if account is None:
            return _error(400, "INVALID_REQUEST", f"give ?account= one of {', '.join(self._exchange.accounts)}")
        return web.json_response(documents.ledger(self._exchange, account))

    async def audit(self, _request: web.Request) -> web.Response:
        found = {account: self._exchange.audit(account) for account in self._exchange.accounts}
        return web.json_response({"contradictions": found})

    async def place(self, request: web.Request) -> web.Response:
        body = OrderBody.model_validate_json(await request.read())
        order = self._exchange.submit(OrderRequest(**dict(body)))
        return web.json_response(documents.order(order))

    async def cancel(self, request: web.Request) -> web.Response:
        order_id = int(request.match_info["order_id"])
        for account in self._exchange.accounts:
            for order in self._exchange.open_orders(account):
                if order.order_id == order_id:
                    canceled = self._exchange.cancel(account, order.symbol, order_id=order_id)
                    return web.json_response(documents.order(canceled))
        raise Rejection(RejectReason.UNKNOWN_ORDER, f"no open order {order_id}")

    async def shift(self, request: web.Request) -> web.Response:
        body = ShiftBody.model_validate_json(await request.read())
        self._exchange.mark_price(body.symbol)
        try:
            price = self._market.shift(body.symbol, body.percent)
        except ValueError as error:
            raise Rejection(RejectReason.PRICE_RANGE, str(error)) from error
        return web.json_response({"symbol": body.symbol, "mark_price": documents.number(price)})

    async def pause(self, _request: web.Request) -> web.Response:
        self._market.pause()
        return web.json_response({"market_paused": True})

    async def resume(self, _request: web.Request) -> web.Response:
        self._market.resume()
        return web.json_response({"market_paused": False})


def _error(status: int, reason: str, detail: str, problems: list[str] | None = None) -> web.Response:
    error: dict[str, Any] = {"reason": reason, "detail": detail}
    if problems:
        error["problems"] = problems
    return web.json_response({"error": error}, status=status)


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Rejection as rejection:
        return _error(404 if rejection.reason in _NOT_FOUND else 409, rejection.reason, rejection.detail)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_url=False)]
        return _error(400, "INVALID_REQUEST", "; ".join(problems), problems)
    except ExchangeFailed as error:
        return _error(503, "EXCHANGE_FAILED", str(error))
    except web.HTTPException as error:
        return _error(error.status, (error.reason or "ERROR").upper().replace(" ", "_"), request.path)
