"""What a fault of requests does before a request is carried out and to its answer, HTTP or frame alike."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING

from simvenue.faults import documents
from simvenue.faults.active import Active, Waiter
from simvenue.faults.requests import (
    Delay,
    DuplicateRows,
    Hang,
    Hold,
    HttpStatus,
    InvalidJson,
    LoseResponse,
    MissingHistory,
    PoisonBody,
    RateLimit,
    RejectSignature,
    ReplaceBody,
    Reset,
    VenueErrorFault,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simvenue.faults.catalogue import RequestFault
    from simvenue.faults.scope import Call, When
    from simvenue.venues.transport.fault_form import Answer, FaultForm

_HTML = {"Content-Type": "text/html; charset=utf-8"}
_LOOK_SECONDS = 0.25
"""How often a swallowed request looks whether its client is still there."""


class Lost(Enum):
    """No answer comes: the connection is reset, or stays open and silent."""

    RESET = "reset"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """An answer that is nobody's form.

    Attributes:
        text: the whole body.
        status: HTTP status; without meaning on a socket.
        headers: HTTP headers that go with it.
    """

    text: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


type Outcome = Answer | Replacement | Lost | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A request under fire: where, what, in whose words, and whether the client is still there."""

    venue: str
    call: Call
    form: FaultForm
    gone: Callable[[], bool]


async def interrupt(active: Active[RequestFault], scene: Scene) -> Outcome:
    """Let one fault act; what is answered instead, or None when the request goes on."""
    match active.fault:
        case Delay(ms=ms, jitter_ms=jitter_ms):
            await asyncio.sleep(active.seconds(ms, jitter_ms))
        case Hold(when=when):
            await hold(active, scene, when)
        case Hang() | LoseResponse(how="hang"):
            return Lost.SILENT
        case Reset() | LoseResponse(how="reset"):
            return Lost.RESET
    return _instead(active.fault, scene.form)


def _instead(fault: RequestFault, form: FaultForm) -> Answer | Replacement | None:
    answer: Answer | Replacement | None = None
    match fault:
        case LoseResponse(status=status):
            answer = _page(status, None, {})
        case HttpStatus():
            answer = _page(fault.status, fault.body, fault.headers)
        case RateLimit():
            answer = form.rate_limited(banned=fault.banned, retry_after=fault.retry_after)
        case VenueErrorFault():
            answer = form.error(fault.code, fault.message)
        case RejectSignature():
            answer = form.signature_rejected()
        case ReplaceBody():
            text = documents.dump(fault.json_body) if fault.body is None else fault.body
            answer = Replacement(text=text, status=fault.status)
        case _:
            pass
    return answer


def reshape(active: Active[RequestFault], text: str, now_ms: int) -> str:
    """The text of an answer as a fault leaves it; as it was where the fault has nothing to change."""
    fault = active.fault
    if isinstance(fault, InvalidJson):
        return text.rstrip("}]") + ',"'
    document = documents.load(text)
    if document is None:
        return text
    rows = documents.rows(document)
    match fault:
        case PoisonBody():
            document = documents.edit(document, fault.set, fault.remove)
        case MissingHistory() if rows is not None:
            oldest = now_ms - fault.older_than_seconds * 1000
            rows[:] = [row for row in rows if (documents.row_time_ms(row) or 0) > oldest]
        case DuplicateRows() if rows is not None:
            rows.extend(rows[-fault.rows :])
        case _:
            return text
    return documents.dump(document)


async def hold(active: Active[RequestFault], scene: Scene, when: When) -> None:
    """Wait until the request is released or the fault ends; a client that leaves does not end the wait."""
    if active.ended.is_set():
        return
    waiter = Waiter(scene.venue, scene.call, when)
    active.waiting.append(waiter)
    try:
        await waiter.released.wait()
    finally:
        active.waiting.remove(waiter)


async def silence(active: Active[RequestFault], scene: Scene) -> None:
    """Keep a swallowed request until the fault ends or its client leaves."""
    waiter = Waiter(scene.venue, scene.call, active.fault.phase)
    active.waiting.append(waiter)
    try:
        while not scene.gone() and not waiter.released.is_set() and not active.ended.is_set():
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await waiter.released.wait()
            except TimeoutError:
                continue
    finally:
        active.waiting.remove(waiter)


def machine_ms() -> int:
    """Milliseconds since the epoch by the machine's clock."""
    return time.time_ns() // 1_000_000


def _page(status: int, body: str | None, headers: Mapping[str, str]) -> Replacement:
    try:
        title = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        title = str(status)
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n"
    )
    given = {name.lower() for name in headers}
    kind = {} if "content-type" in given else _HTML
    return Replacement(text=page + "</html>\r\n" if body is None else body, status=status, headers={**kind, **headers})
