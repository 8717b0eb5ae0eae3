"""The outermost middleware of a venue: counts every request, and lets faults act on it when there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from simvenue.faults import strike, tally
from simvenue.faults.events import StaleBook
from simvenue.faults.requests import TruncateBody
from simvenue.faults.scope import Call, When
from simvenue.faults.sockets import RefuseUpgrade
from simvenue.faults.strike import Lost, Replacement, Scene
from simvenue.faults.topics import BOOK_PATHS, among
from simvenue.venues.transport.fault_form import Answer, Subject
from simvenue.venues.transport.paths import shown
from simvenue.venues.transport.reset import reset

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.typedefs import Middleware

    from simvenue.faults.active import Active
    from simvenue.faults.catalogue import RequestFault
    from simvenue.faults.gate import VenueGate

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_MAX_BODY = 64 * 1024
_MAX_REMEMBERED = 1_000
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_TOO_LONG_TO_LIVE = frozenset({"Content-Length", "Transfer-Encoding", "Content-Encoding"})


def middleware(gate: VenueGate) -> Middleware:
    """Count and strike the requests of one venue."""

    @web.middleware
    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        gate.tally.add(gate.venue, request.method, _endpoint(request))
        if not (gate.busy or gate.tally.logging):
            return await handler(request)
        return await _serve(gate, request, handler)

    return act


def _endpoint(request: web.Request) -> str:
    # Unknown paths are one endpoint, or anybody could make the counts grow without end.
    resource = request.match_info.route.resource
    path = "" if resource is None else resource.canonical
    return "(unknown)" if path in {"", "/{path}"} else path


async def _serve(gate: VenueGate, request: web.Request, handler: Handler) -> web.StreamResponse:
    body = await _body(request)
    subject = gate.form.subject(request, body)
    call = Call(
        method=request.method,
        path=request.path,
        account=subject.account,
        symbol=subject.symbol,
        side=subject.side,
        signed=subject.signed,
    )
    upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
    if upgrade:
        response = _refused(gate, request, subject) or await handler(request)
    else:
        scene = Scene(venue=gate.venue, call=call, form=gate.form, gone=lambda: request.transport is None)
        response = await _struck(gate, request, handler, scene)
    if gate.tally.logging:
        gate.tally.write(
            {
                "venue": gate.venue,
                "method": request.method,
                "path": shown(request.path),
                "account": subject.account,
                "status": response.status,
                "parameters": tally.parameters(request.raw_path.partition("?")[2], body),
            }
        )
    return response


async def _body(request: web.Request) -> bytes:
    # What is too long or packed is left to the venue, which answers it in its own form.
    length = request.content_length
    if length is None or not 0 < length <= _MAX_BODY or "Content-Encoding" in request.headers:
        return b""
    try:
        return await request.read()
    except (web.RequestPayloadError, ConnectionError):
        # The venue reads it too, and says what is wrong.
        return b""


def _refused(gate: VenueGate, request: web.Request, subject: Subject) -> web.Response | None:
    closed = gate.maintenance()
    if closed is not None:
        return _answer(closed)
    for active in gate.sockets:
        fault = active.fault
        if (
            isinstance(fault, RefuseUpgrade)
            and fault.meets(subject.socket, request.path, subject.account)
            and gate.take(active)
        ):
            return web.Response(status=fault.status)
    return None


async def _struck(gate: VenueGate, request: web.Request, handler: Handler, scene: Scene) -> web.StreamResponse:
    closed = gate.maintenance()
    if closed is not None:
        return _answer(closed)
    for active in gate.hits(scene.call, When.BEFORE):
        outcome = await strike.interrupt(active, scene)
        if outcome is not None:
            return await _instead(active, request, scene, outcome)
    response = await handler(request)
    for active in gate.hits(scene.call, When.AFTER):
        outcome = await strike.interrupt(active, scene)
        if outcome is not None:
            return await _instead(active, request, scene, outcome)
        if isinstance(active.fault, TruncateBody):
            return await _truncated(request, response, active.fault.keep_bytes)
        if isinstance(response, web.Response) and isinstance(response.body, bytes):
            text = response.body.decode()
            response = _same(response, strike.reshape(active, text, strike.machine_ms()))
    if scene.call.method == "GET" and among(scene.call.path, BOOK_PATHS):
        response = _standing(gate, request, scene.call, response)
    return response


async def _instead(
    active: Active[RequestFault], request: web.Request, scene: Scene, outcome: Answer | Replacement | Lost
) -> web.Response:
    match outcome:
        case Answer():
            return _answer(outcome)
        case Replacement():
            return web.Response(text=outcome.text, status=outcome.status, headers={**_JSON, **outcome.headers})
        case Lost.SILENT:
            await strike.silence(active, scene)
    reset(request.transport)
    # Goes nowhere: the connection is gone.
    return web.Response(status=499)


def _answer(answer: Answer) -> web.Response:
    return web.Response(text=answer.body, status=answer.status, headers={**_JSON, **answer.headers})


def _same(response: web.Response, text: str) -> web.Response:
    headers = {name: value for name, value in response.headers.items() if name not in _TOO_LONG_TO_LIVE}
    return web.Response(text=text, status=response.status, headers=headers)


async def _truncated(request: web.Request, response: web.StreamResponse, keep_bytes: int | None) -> web.StreamResponse:
    body = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b""
    kept = len(body) // 2 if keep_bytes is None else min(keep_bytes, max(0, len(body) - 1))
    broken = web.StreamResponse(status=response.status, headers={"Content-Type": response.content_type})
    broken.content_length = len(body)
    await broken.prepare(request)
    await broken.write(body[:kept])
    if request.transport is not None:
        request.transport.close()
    return broken


def _standing(gate: VenueGate, request: web.Request, call: Call, response: web.StreamResponse) -> web.StreamResponse:
    for active in gate.frames:
        fault = active.fault
        if not isinstance(fault, StaleBook) or fault.symbol not in {None, call.symbol}:
            continue
        if not isinstance(response, web.Response) or response.status >= web.HTTPBadRequest.status_code:
            continue
        key = request.raw_path
        if key not in active.memory and len(active.memory) < _MAX_REMEMBERED:
            active.memory[key] = response.body
        elif key in active.memory and gate.take(active):
            return web.Response(body=active.memory[key], status=200, headers=_JSON)
    return response
