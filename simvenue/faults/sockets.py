"""The faults of sockets as such, whatever is sent on them."""

from typing import Literal

from pydantic import Field

from simvenue.faults.scope import FrameScope, SocketScope


class HalfOpen(SocketScope):
    """New sockets are accepted and stay silent, deaf too, until the fault ends."""

    kind: Literal["half_open"]


class Freeze(SocketScope):
    """The sockets that are open now go silent and deaf, TCP open, until the fault ends; what came meanwhile is lost."""

    kind: Literal["freeze"]


class CloseSocket(SocketScope):
    """The sockets that are open now are closed with a close frame."""

    kind: Literal["close_socket"]
    code: int = Field(1001, ge=1000, le=4999, description="WebSocket close code")
    reason: str = Field("", max_length=100, description="the close frame's text")


class CutSocket(SocketScope):
    """The sockets that are open now lose their TCP connection by a reset."""

    kind: Literal["cut_socket"]


class CutAtEvent(FrameScope):
    """A frame is lost, and its socket with it: TCP reset at exactly that event."""

    kind: Literal["cut_at_event"]


class RefuseUpgrade(SocketScope):
    """New sockets are refused with an HTTP status."""

    kind: Literal["refuse_upgrade"]
    status: int = Field(503, ge=400, le=599, description="the status")


class ExpireListenKeys(SocketScope):
    """User streams end now, as the venue ends them when a listen key's time is over."""

    kind: Literal["expire_listen_keys"]
