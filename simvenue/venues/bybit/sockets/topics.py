"""The public and private sockets: subscribe, unsubscribe, ping, and on the private one the login."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from simvenue.venues.bybit import auth, errors, user_topics
from simvenue.venues.bybit.instruments import Category
from simvenue.venues.bybit.public_topics import PublicTopics, stream
from simvenue.venues.bybit.sockets.life import serve
from simvenue.venues.bybit.venue import VENUE
from simvenue.venues.transport.gate import SocketCall, SocketKind
from simvenue.venues.transport.hub import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from simvenue.venues.bybit.venue import Venue
    from simvenue.venues.transport.connection import Connection
    from simvenue.venues.transport.fault_form import Answer

MAX_TOPICS = 500
MAX_ARGS_CHARACTERS = 21_000
"""Topics a connection may hold, and characters one request's ``args`` may have, as the venue documents it."""

type Frame = dict[str, Any]


async def public(request: web.Request, topics: PublicTopics) -> web.StreamResponse:
    """Serve ``/v5/public/<category>``."""
    venue = request.app[VENUE]
    try:
        category = Category(request.match_info["category"])
    except ValueError:
        raise errors.no_such_path() from None
    talk = _Talk(venue, _PublicTopics(venue, topics, category).change)
    return await serve(request, SocketKind.PUBLIC, talk.answer)


async def private(request: web.Request) -> web.StreamResponse:
    """Serve ``/v5/private``."""
    venue = request.app[VENUE]
    talk = _Talk(venue, partial(_subscribe_private, venue), may_log_in=True)
    return await serve(request, SocketKind.USER, talk.answer)


class _Talk:
    """One socket's conversation. ``change`` subscribes or unsubscribes and gives what is wrong, or nothing."""

    def __init__(
        self, venue: Venue, change: Callable[[Connection, str, list[str]], str], *, may_log_in: bool = False
    ) -> None:
        self._venue = venue
        self._change = change
        self._may_log_in = may_log_in
        self._id = str(uuid.uuid4())

    def answer(self, connection: Connection, value: object) -> None:
        frame: Frame = value if isinstance(value, dict) else {}
        op = frame.get("op")
        name = op if isinstance(op, str) and op in {"subscribe", "unsubscribe", "ping", "auth"} else "unknown"
        call = SocketCall(
            name=name,
            account=connection.account,
            execute=lambda: encode(self._carry_out(connection, name, frame)),
            refuse=lambda answer: encode(self._refusal(name, frame, answer)),
        )
        connection.perform(call)

    def _reply(self, op: str, frame: Frame, *, success: bool, message: str = "") -> Frame:
        request_id = frame.get("req_id")
        return {
            "success": success,
            "ret_msg": message,
            "conn_id": self._id,
            "req_id": request_id if isinstance(request_id, str) else "",
            "op": op,
        }

    def _refusal(self, op: str, frame: Frame, answer: Answer) -> Frame:
        return self._reply(op, frame, success=False, message=answer.message)

    def _carry_out(self, connection: Connection, op: str, frame: Frame) -> Frame:
        match op:
            case "ping" if self._may_log_in:
                pong = {"req_id": frame.get("req_id", ""), "op": "pong", "args": [str(self._venue.clock())]}
                return {**pong, "conn_id": self._id}
            case "ping":
                return self._reply("ping", frame, success=True, message="pong")
            case "auth" if self._may_log_in:
                return self._log_in(connection, frame)
            case "subscribe" | "unsubscribe":
                problem = self._changed(connection, op, frame.get("args"))
                return self._reply(op, frame, success=not problem, message=problem)
        return self._reply("", frame, success=False, message="Invalid request: unknown op")

    def _changed(self, connection: Connection, op: str, names: object) -> str:
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            return "Params Error"
        if sum(map(len, names)) > MAX_ARGS_CHARACTERS:
            return "args size is too long"
        return self._change(connection, op, names)

    def _log_in(self, connection: Connection, frame: Frame) -> Frame:
        arguments = frame.get("args")
        key, expires, sign = arguments if isinstance(arguments, list) and len(arguments) == 3 else (None, None, None)  # noqa: PLR2004 - key, time, signature
        try:
            credential = auth.verify_login(key, expires, sign, self._venue.credentials, self._venue.clock())
        except errors.VenueError as error:
            return self._reply("auth", frame, success=False, message=error.message)
        connection.account = credential.account
        return self._reply("auth", frame, success=True)


@dataclass(frozen=True, slots=True)
class _PublicTopics:
    """One public socket's category and the topics it may have."""

    venue: Venue
    topics: PublicTopics
    category: Category

    def change(self, connection: Connection, op: str, names: list[str]) -> str:
        hub = self.venue.hub
        if op == "unsubscribe":
            hub.unsubscribe(connection, [stream(self.category, name) for name in names])
            return ""
        found = {name: self.topics.find(self.category, name) for name in dict.fromkeys(names)}
        for name, instrument in found.items():
            if instrument is None:
                return f"error:handler not found,topic:{name}"
        if len(hub.subscriptions(connection)) + len(found) > MAX_TOPICS:
            return "error:too many topics"
        for name, instrument in found.items():
            if instrument is not None:
                self.topics.listen(connection, self.category, name, instrument)
        return ""


def _subscribe_private(venue: Venue, connection: Connection, op: str, names: list[str]) -> str:
    account = connection.account
    if not account:
        return "Request not authorized"
    unknown = [name for name in names if name not in user_topics.TOPICS]
    if unknown:
        return f"error:handler not found,topic:{unknown[0]}"
    streams = [user_topics.stream(account, name) for name in names]
    if op == "unsubscribe":
        venue.hub.unsubscribe(connection, streams)
    else:
        # A second subscription changes nothing: each event is told once.
        venue.hub.subscribe(connection, streams)
    return ""
