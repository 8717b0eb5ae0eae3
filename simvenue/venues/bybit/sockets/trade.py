"""The trade socket: login, then orders, amendments and cancellations, single and in batches."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simvenue.credentials import Permission
from simvenue.exchange.exchange import ExchangeFailed
from simvenue.exchange.types import Rejection
from simvenue.venues.bybit import auth, commands, errors
from simvenue.venues.bybit.endpoint import cost, in_venues_words
from simvenue.venues.bybit.fault_form import side_of, symbol_named
from simvenue.venues.bybit.parameters import Parameters
from simvenue.venues.bybit.sockets.life import serve
from simvenue.venues.bybit.venue import VENUE
from simvenue.venues.transport.gate import SocketCall, SocketKind
from simvenue.venues.transport.hub import encode

if TYPE_CHECKING:
    from aiohttp import web

    from simvenue.credentials import Credential
    from simvenue.venues.bybit.limits import Quota
    from simvenue.venues.bybit.venue import Venue
    from simvenue.venues.transport.connection import Connection

_ACTS = {"create": commands.create, "amend": commands.amend, "cancel": commands.cancel}

type Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: code, text, and what the reply carries beside them."""

    code: int
    message: str
    data: Frame = field(default_factory=dict)
    quota: Quota | None = None
    extra: Frame = field(default_factory=dict)


_NOT_LOGGED_IN = Outcome(20001, "Request not authorized. Please authenticate first.")


async def trade(request: web.Request) -> web.StreamResponse:
    """Serve ``/v5/trade``."""
    talk = _Talk(request.app[VENUE])
    return await serve(request, SocketKind.API, talk.answer)


@dataclass(slots=True)
class _Talk:
    """One socket's conversation; nobody's until it is logged in."""

    venue: Venue
    credential: Credential | None = None
    connection_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def answer(self, connection: Connection, value: object) -> None:
        frame: Frame = value if isinstance(value, dict) else {}
        op = frame.get("op")
        name = op if isinstance(op, str) and len(op) <= 32 else "unknown"  # noqa: PLR2004 - longer than any op
        values = _values(frame)
        call = SocketCall(
            name=name,
            account=connection.account,
            symbol=symbol_named(values),
            side=side_of(values),
            execute=lambda: encode(self._carry_out(connection, name, frame)),
            refuse=lambda answer: encode(
                self._reply(name, frame, Outcome(answer.code, answer.message, _link_id(frame)))
            ),
        )
        connection.perform(call)

    def _carry_out(self, connection: Connection, op: str, frame: Frame) -> Frame:
        if op == "ping":
            now = str(self.venue.clock())
            return {"retCode": 0, "retMsg": "OK", "op": "pong", "data": [now], "connId": self.connection_id}
        if op == "auth":
            return self._log_in(connection, frame)
        group, _, act = op.partition(".")
        name, _, batched = act.partition("-")
        if group != "order" or name not in _ACTS or batched not in {"", "batch"}:
            return self._reply(op, frame, Outcome(10404, "op type is not found"))
        if self.credential is None:
            return self._reply(op, frame, _NOT_LOGGED_IN)
        return self._reply(op, frame, self._act(frame, self.credential, name, batched=bool(batched)))

    def _act(self, frame: Frame, credential: Credential, name: str, *, batched: bool) -> Outcome:
        quota: Quota | None = None
        parameters = Parameters(_values(frame))
        path = f"/v5/order/{name}{'-batch' if batched else ''}"
        try:
            self._check(frame, credential)
            now = self.venue.clock()
            quota, allowed = self.venue.limits.take(credential.account, path, now, cost(path, parameters))
            if not allowed:
                raise errors.too_many_visits()
            if batched:
                result = commands.batch(self.venue, credential.account, parameters, _ACTS[name])
                return Outcome(0, "OK", {"list": result["list"]}, quota, result["retExtInfo"])
            return Outcome(0, "OK", dict(_ACTS[name](self.venue, credential.account, parameters)), quota)
        except (errors.VenueError, Rejection) as error:
            said = in_venues_words(error, parameters)
        except ExchangeFailed:
            said = errors.internal()
        # Clients that lost track of a request id find the order by its own.
        return Outcome(said.code, said.message, _link_id(frame), quota)

    def _check(self, frame: Frame, credential: Credential) -> None:
        if Permission.TRADE not in credential.permissions:
            raise errors.forbidden()
        header = frame.get("header")
        header = header if isinstance(header, dict) else {}
        stamp, window = header.get("X-BAPI-TIMESTAMP"), header.get("X-BAPI-RECV-WINDOW")
        auth.check_age(str(stamp), "" if window is None else str(window), self.venue.clock())
        arguments = frame.get("args")
        if not isinstance(arguments, list) or len(arguments) != 1 or not isinstance(arguments[0], dict):
            raise errors.parameter("args must hold one object")

    def _log_in(self, connection: Connection, frame: Frame) -> Frame:
        arguments = frame.get("args")
        key, expires, sign = arguments if isinstance(arguments, list) and len(arguments) == 3 else (None, None, None)  # noqa: PLR2004 - key, time, signature
        answer: Frame = {"retCode": 0, "retMsg": "OK", "op": "auth", "connId": self.connection_id}
        try:
            self.credential = auth.verify_login(key, expires, sign, self.venue.credentials, self.venue.clock())
        except errors.VenueError as error:
            return {**answer, "retCode": error.code, "retMsg": error.message}
        connection.account = self.credential.account
        return answer

    def _reply(self, op: str, frame: Frame, outcome: Outcome) -> Frame:
        request_id = frame.get("reqId")
        return {
            "reqId": request_id if isinstance(request_id, str) else "",
            "retCode": outcome.code,
            "retMsg": outcome.message,
            "op": op,
            "data": outcome.data,
            "retExtInfo": outcome.extra,
            "header": {
                **(outcome.quota.headers() if outcome.quota else {}),
                "Traceid": uuid.uuid4().hex,
                "Timenow": str(self.venue.clock()),
            },
            "connId": self.connection_id,
        }


def _values(frame: Frame) -> dict[str, Any]:
    arguments = frame.get("args")
    first = arguments[0] if isinstance(arguments, list) and arguments else None
    return first if isinstance(first, dict) else {}


def _link_id(frame: Frame) -> Frame:
    text = _values(frame).get("orderLinkId")
    return {"orderLinkId": text} if isinstance(text, str) and text else {}
