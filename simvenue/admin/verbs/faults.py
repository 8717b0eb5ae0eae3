"""The verbs about faults: list, put in, clear, release; and the counts of requests that they are judged by."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field, PlainSerializer, RootModel

from simvenue.admin.errors import AdminError, invalid
from simvenue.admin.route import Answer, Call, Given, NoQuery, Route, VenueQuery
from simvenue.admin.world import World
from simvenue.faults.catalogue import FAULT, KINDS, Fault
from simvenue.faults.engine import FaultError
from simvenue.faults.scope import When


class FaultBody(RootModel[Fault]):
    """A fault; ``kind`` tells which, and every kind may say where, how often and how long it acts."""

    KINDS: ClassVar[Mapping[str, type[BaseModel]]] = KINDS


class Waiting(Answer):
    """A request that a fault holds."""

    venue: str
    when: When
    seconds: float
    method: str
    path: str
    account: str
    symbol: str
    side: str


class FaultDocument(Answer):
    """A fault and what became of it: ``seen`` matches, ``hits`` of them struck."""

    id: int
    state: str = Field(examples=["active"])
    seen: int
    hits: int
    age_seconds: float
    waiting: list[Waiting]
    fault: Annotated[
        Fault, PlainSerializer(lambda fault: FAULT.dump_python(fault, mode="json", exclude_defaults=True))
    ] = Field(description="As it was asked for; what has its default is left out.")


class Faults(Answer):
    """Faults, oldest first."""

    faults: list[FaultDocument]


class ReleaseQuery(Given):
    """How many."""

    count: int | None = Field(None, ge=1, le=1_000_000, description="The longest waiting first; all without it.")


class Released(Answer):
    """How many requests went on."""

    id: int
    released: int


class Requests(Answer):
    """How often each endpoint was called since the start or the last reset of the counts; frames are method WS."""

    requests: list["RequestCount"]


class RequestCount(Answer):
    """One endpoint; ``last_ms`` is when it was called last, by this machine's clock."""

    venue: str
    method: str
    path: str
    count: int
    last_ms: int


def listed_faults(call: Call[VenueQuery, None]) -> Faults:
    """List every fault that was not cleared, with its hits and who waits for it."""
    if call.query.venue is not None:
        call.world.venue(call.query.venue)
    found = call.world.faults.list(call.query.venue)
    return Faults(faults=[FaultDocument.model_validate(active.document()) for active in found])


def add_fault(call: Call[NoQuery, FaultBody]) -> FaultDocument:
    """Put a fault in; what acts at once has acted when this answers."""
    try:
        active = call.world.faults.add(call.body.root)
    except FaultError as error:
        raise invalid([str(error)]) from error
    return FaultDocument.model_validate(active.document())


def clear_faults(call: Call[NoQuery, None]) -> Faults:
    """End every fault; what they held goes on."""
    cleared = call.world.faults.clear()
    return Faults(faults=[FaultDocument.model_validate(active.document()) for active in cleared])


def clear_fault(call: Call[NoQuery, None]) -> FaultDocument:
    """End one fault; what it held goes on."""
    try:
        (cleared,) = call.world.faults.clear(_number(call))
    except FaultError as error:
        raise AdminError(404, "UNKNOWN_FAULT", str(error)) from error
    return FaultDocument.model_validate(cleared.document())


def release_fault(call: Call[ReleaseQuery, None]) -> Released:
    """Let the requests go on that a fault holds at its barrier."""
    number = _number(call)
    try:
        return Released(id=number, released=call.world.faults.release(number, call.query.count))
    except FaultError as error:
        raise AdminError(404, "UNKNOWN_FAULT", str(error)) from error


def _number(call: Call[Any, Any]) -> int:
    return int(call.request.match_info["fault_id"])


def requests(call: Call[VenueQuery, None]) -> Requests:
    """Count the requests that came, by endpoint."""
    if call.query.venue is not None:
        call.world.venue(call.query.venue)
    return _counted(call.world, call.query.venue)


def reset_requests(call: Call[NoQuery, None]) -> Requests:
    """Set every count of requests to nothing, and give what it was."""
    counted = _counted(call.world, None)
    call.world.faults.tally.reset()
    return counted


def _counted(world: World, venue: str | None) -> Requests:
    return Requests(requests=[RequestCount.model_validate(row) for row in world.faults.tally.rows(venue)])


_ONE = "/admin/v1/faults/{fault_id}"
_ID = "[0-9]{1,12}"

ROUTES = (
    Route(method="GET", path="/admin/v1/faults", act=listed_faults, answer=Faults, query=VenueQuery),
    Route(
        method="POST",
        path="/admin/v1/faults",
        act=add_fault,
        answer=FaultDocument,
        body=FaultBody,
        examples={
            "orders answered 503 twice": {"kind": "http_status", "status": 503, "path": "*/order", "count": 2},
            "lost fill": {"kind": "drop_event", "event": "ORDER_TRADE_UPDATE", "where": {"o.x": "TRADE"}, "count": 1},
            "barrier": {"kind": "hold", "method": "POST", "path": "*/order", "when": "after"},
            "closed for ten seconds": {"kind": "maintenance", "duration_seconds": 10},
        },
    ),
    Route(method="DELETE", path="/admin/v1/faults", act=clear_faults, answer=Faults),
    Route(method="DELETE", path=_ONE, path_pattern=_ID, act=clear_fault, answer=FaultDocument),
    Route(
        method="POST",
        path=f"{_ONE}/release",
        path_pattern=_ID,
        act=release_fault,
        answer=Released,
        query=ReleaseQuery,
    ),
    Route(method="GET", path="/admin/v1/requests", act=requests, answer=Requests, query=VenueQuery),
    Route(method="DELETE", path="/admin/v1/requests", act=reset_requests, answer=Requests),
)
