"""Every venue on loopback in one event loop, each with an account that may trade, and how its callers sign.

Routes and sockets are read off the applications themselves, so that a new endpoint is fuzzed from its first day.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from yarl import URL

from simvenue.credentials import Credential
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.exchange.types import Account
from simvenue.faults import Faults, parse
from simvenue.market.synthetic import SyntheticMarket
from simvenue.venues.catalogue import VENUES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

KEY, SECRET = "K" * 64, "S" * 64
_DYNAMIC = re.compile(r"\{(\w+)(:[^}]*)?\}")
_FILLED = {"category": "linear", "names": "btcusdt@trade", "path": "somewhere/else"}
CATCH_ALL = "/somewhere/else"
_BALANCES = {"USDT": Decimal(1_000_000), "BTC": Decimal(100), "ETH": Decimal(1000)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a venue said."""

    status: int
    text: str

    @property
    def body(self) -> Any:  # noqa: ANN401 - whatever it is; the checks say what it must be
        """Its JSON; raises when it is none."""
        return json.loads(self.text)


@dataclass(frozen=True, slots=True)
class Target:
    """One running venue."""

    name: str
    url: str
    session: aiohttp.ClientSession
    exchange: Exchange
    app: web.Application
    sockets: tuple[str, ...] = ()

    @property
    def routes(self) -> list[tuple[str, str]]:
        """Every method and path it answers, the catch-all included."""
        found = {
            (method, _DYNAMIC.sub(lambda match: _FILLED[match[1]], route.resource.canonical))
            for route in self.app.router.routes()
            if route.resource
            for method in ([route.method] if route.method != "*" else ["GET", "POST", "PUT", "DELETE"])
            if method != "HEAD"
        }
        return sorted(found)

    async def send(
        self, method: str, path: str, *, query: str = "", body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request as it stands."""
        target = URL(f"{self.url}{path}{'?' if query else ''}{query}", encoded=True)
        async with self.session.request(method, target, data=body, headers=headers) as response:
            return Answer(response.status, await response.text())

    async def signed(
        self, method: str, path: str, parameters: Mapping[str, Any], *, secret: str = SECRET, age_ms: int = 0
    ) -> Answer:
        """Sign as the venue's customers do and send; a wrong secret or age gives a wrong signature or stale request."""
        now = time.time_ns() // 1_000_000 - age_ms
        if self.name == "bybit":
            query = "" if method == "POST" else _query(parameters)
            body = json.dumps(parameters).encode() if method == "POST" else b""
            text = f"{now}{KEY}5000".encode() + (body or query.encode())
            headers = {
                "X-BAPI-API-KEY": KEY,
                "X-BAPI-TIMESTAMP": str(now),
                "X-BAPI-RECV-WINDOW": "5000",
                "X-BAPI-SIGN": _sign(secret, text),
            }
            return await self.send(method, path, query=query, body=body, headers=headers)
        query = _query(parameters)
        query += f"{'&' if query else ''}timestamp={now}"
        query += f"&signature={_sign(secret, query.encode())}"
        return await self.send(method, path, query=query, headers={"X-MBX-APIKEY": KEY})

    async def open(self, path: str) -> aiohttp.ClientWebSocketResponse:
        """Open a socket."""
        return await self.session.ws_connect(f"{self.url}{path}")

    def check(self, answer: Answer) -> None:
        """Fail unless an answer is a success or a refusal in the venue's own form."""
        assert answer.status < 500, answer
        body = answer.body
        if self.name == "bybit":
            assert set(body) == {"retCode", "retMsg", "result", "retExtInfo", "time"}, answer
            assert isinstance(body["retCode"], int)
            assert isinstance(body["retMsg"], str)
            assert body["retCode"] != _BYBIT_DEFECT, answer
            return
        if answer.status == 200:
            return
        assert {"code", "msg"} <= set(body) <= {"code", "msg", "data"}, answer
        assert isinstance(body["code"], int)
        assert isinstance(body["msg"], str)
        # The venue has no word of its own for a body that is too long.
        assert body["code"] != _BINANCE_DEFECT or answer.status == _TOO_LARGE, answer

    def check_books(self) -> None:
        """Fail if anything that was sent broke the exchange or its sums."""
        assert self.exchange.failure is None
        assert self.exchange.audit("node") == []


_TOO_LARGE = 413
_BINANCE_DEFECT, _BYBIT_DEFECT = -1000, 10016
"""What the venues answer when the fault is theirs."""


def _sign(secret: str, payload: bytes) -> str:
    return hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def _query(parameters: Mapping[str, Any]) -> str:
    def text(value: object) -> str:
        plain = value if isinstance(value, str) else json.dumps(value)
        return quote(plain.encode("utf-8", "surrogatepass"), safe="")

    return "&".join(f"{text(name)}={text(value)}" for name, value in parameters.items())


@asynccontextmanager
async def running(directory: Path, *, faulty: bool) -> AsyncIterator[dict[str, Target]]:
    """Every venue, with a full book and a funded account.

    Args:
        directory: For the ledgers.
        faulty: Put faults in that look at every request and frame but never hit, so that their eyes are fuzzed too.
    """
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        faults = Faults()
        targets = {}
        for name in VENUES:
            target = await _start(stack, directory, name, session, faults)
            targets[name] = replace(target, sockets=tuple(await _sockets(target)))
        if faulty:
            for fault in _NEVER:
                faults.add(parse(fault))
        yield targets


_NEVER: tuple[dict[str, Any], ...] = (
    {"kind": "http_status", "status": 503, "symbol": "NOBODY"},
    {"kind": "drop_event", "symbol": "NOBODY"},
)


async def _start(
    stack: AsyncExitStack, directory: Path, name: str, session: aiohttp.ClientSession, faults: Faults
) -> Target:
    kind = VENUES[name]
    ledger = Ledger(directory / f"{name}.sqlite")
    stack.callback(ledger.close)
    exchange = Exchange(
        instruments=kind.instruments.values(),
        ledger=ledger,
        accounts=[Account(name="node", balances=_BALANCES)],
        clock=_clock,
        conditional_locks=kind.conditional_locks,
        debug=True,
    )
    for symbol, instrument in kind.instruments.items():
        exchange.step_market(symbol, SyntheticMarket(instrument, 7).quote())
    app = kind.create_app(exchange, {KEY: Credential(account="node", secret=SecretStr(SECRET))}, _clock, kind.unlimited)
    faults.install(app, name, kind.form)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return Target(name, f"http://127.0.0.1:{runner.addresses[0][1]}", session, exchange, app)


def _clock() -> int:
    return time.time_ns() // 1_000_000


async def _sockets(target: Target) -> list[str]:
    # A path is a socket's when it takes an upgrade.
    found = []
    for method, path in target.routes:
        if method != "GET":
            continue
        try:
            socket = await target.open(path)
        except (TimeoutError, aiohttp.ClientError):
            continue
        await socket.close()
        found.append(path)
    return found
