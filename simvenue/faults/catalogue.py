"""Every kind of fault under its name, and how one is read from a document."""

from typing import Annotated, Any, get_args

from pydantic import Field, TypeAdapter

from simvenue.faults import events, requests, sockets, venue
from simvenue.faults.scope import Scope

RequestFault = (
    requests.HttpStatus
    | requests.RateLimit
    | requests.VenueErrorFault
    | requests.RejectSignature
    | requests.Delay
    | requests.Hang
    | requests.Reset
    | requests.LoseResponse
    | requests.Hold
    | requests.TruncateBody
    | requests.InvalidJson
    | requests.ReplaceBody
    | requests.PoisonBody
    | requests.MissingHistory
    | requests.DuplicateRows
)
FrameFault = (
    events.DropEvent
    | events.DuplicateEvent
    | events.DelayEvent
    | events.ReorderEvent
    | events.PoisonEvent
    | sockets.CutAtEvent
    | events.StaleBook
    | events.SequenceGap
    | events.CrossedBook
    | events.StopTrades
)
SocketFault = (
    sockets.HalfOpen
    | sockets.Freeze
    | sockets.CloseSocket
    | sockets.CutSocket
    | sockets.RefuseUpgrade
    | sockets.ExpireListenKeys
)
VenueFault = venue.ClockOffset | venue.ClockDrift | venue.Maintenance
AnyFault = RequestFault | FrameFault | SocketFault | VenueFault
Fault = Annotated[AnyFault, Field(discriminator="kind")]

FAULT: TypeAdapter[AnyFault] = TypeAdapter(Fault)
"""Reads and writes a fault as a document; ``kind`` tells which."""


def parse(document: Any) -> AnyFault:  # noqa: ANN401 - whatever JSON holds; the adapter says what is wrong with it
    """Read a fault.

    Raises:
        pydantic.ValidationError: with every problem at once.
    """
    return FAULT.validate_python(document)


KINDS: dict[str, type[Scope]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(AnyFault)
}
"""The model of each kind, in the order of the guide's table."""
