"""Which requests, frames and sockets a fault is about, and how often and how long it acts."""

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from simvenue.venues.transport.frame import Frame, FrameKind
from simvenue.venues.transport.gate import SocketKind

type Glob = Annotated[str, Field(min_length=1, max_length=200)]
type Name = Annotated[str, Field(min_length=1, max_length=64)]
type Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]


class When(StrEnum):
    """Whether the venue has carried the request out when the fault acts."""

    BEFORE = "before"
    AFTER = "after"


class Scope(BaseModel):
    """What every fault may say: where, how often, how long.

    Attributes:
        venue: one venue's name; every venue by default.
        probability: chance of each match to be hit (default 1), drawn from the fault's own seeded generator.
        count: hits after which the fault is spent; without end by default.
        after: matches that pass before the first hit (default 0).
        duration_seconds: seconds after which the fault ends by itself; never by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    venue: Name | None = Field(None, description="one venue, e.g. binance_futures; every venue by default")
    probability: float = Field(1.0, gt=0, le=1, description="chance that a match is hit")
    count: int | None = Field(None, ge=1, le=1_000_000_000, description="hits after which the fault is spent")
    after: int = Field(0, ge=0, le=1_000_000_000, description="matches that pass before the first hit")
    duration_seconds: float | None = Field(None, gt=0, le=86_400 * 365, description="seconds after which it ends")


class Call(BaseModel):
    """One request to a venue: an HTTP request, or a method frame on a socket (method ``WS``, path its name)."""

    model_config = ConfigDict(frozen=True)

    method: str
    path: str
    account: str = ""
    symbol: str = ""
    side: str = ""
    signed: bool = False


class CallScope(Scope):
    """A fault of requests, HTTP or on a socket.

    Attributes:
        method: GET, POST, PUT, DELETE, or WS for a request that comes as a frame; any by default.
        path: glob over the path, or over the method's name on a socket, e.g. ``/fapi/v*/order`` or ``order.create``.
        account: whose; anybody's by default.
        symbol: the instrument's symbol in the exchange; any by default.
        side: BUY or SELL; any by default.
    """

    method: Literal["GET", "POST", "PUT", "DELETE", "WS"] | None = Field(
        None, description="GET, POST, PUT, DELETE, or WS for a request by frame"
    )
    path: Glob = Field("*", description="glob over the path, or over the method's name on a socket")
    account: Name | None = Field(None, description="whose requests; anybody's by default")
    symbol: Name | None = Field(None, description="symbol in the exchange, e.g. BTCUSDT or BTCUSDT-LINEAR")
    side: Literal["BUY", "SELL"] | None = Field(None, description="side of the order that is asked for")

    @property
    def phase(self) -> When:
        """When the fault acts; before the request is carried out unless a kind says otherwise."""
        return When.BEFORE

    def meets(self, call: Call) -> bool:
        """Whether a request is meant."""
        return (
            self.method in {None, call.method}
            and self.account in {None, call.account}
            and self.symbol in {None, call.symbol}
            and self.side in {None, call.side}
            and fnmatchcase(call.path, self.path)
        )


class FrameScope(Scope):
    """A fault of frames that the venue sends.

    Attributes:
        frames: USER for an account's events (default), PUBLIC for market data, REPLY for answers to frames.
        event: glob over the stream, topic, event or method, e.g. ``ORDER_TRADE_UPDATE`` or ``execution``.
        account: whose event; anybody's by default.
        symbol: the instrument's symbol in the exchange; any by default.
        side: BUY or SELL; any by default.
        where: values the message must hold, by dotted path, e.g. ``{"o.x": "TRADE"}`` or ``{"data.0.side": "Buy"}``.
    """

    frames: FrameKind = Field(FrameKind.USER, description="USER, PUBLIC or REPLY")
    event: Glob = Field("*", description="glob over the event's, stream's or topic's name")
    account: Name | None = Field(None, description="whose events; anybody's by default")
    symbol: Name | None = Field(None, description="symbol in the exchange, e.g. BTCUSDT or BTCUSDT-LINEAR")
    side: Literal["BUY", "SELL"] | None = Field(None, description="side of the order the event is about")
    where: dict[Glob, str | int | float | bool | None] = Field(
        default_factory=dict, max_length=16, description="values the message must hold, by dotted path"
    )

    def meets(self, frame: Frame) -> bool:
        """Whether a frame is meant, as far as its address tells; ``where`` is looked at by whoever parses it."""
        return (
            frame.kind is self.frames
            and self.account in {None, frame.account}
            and self.symbol in {None, frame.symbol}
            and self.side in {None, frame.side}
            and fnmatchcase(frame.name, self.event)
        )


class SocketScope(Scope):
    """A fault of whole sockets.

    Attributes:
        socket: PUBLIC, USER or API; any by default.
        path: glob over the path that was opened.
        account: whose, where the venue knows by then; anybody's by default.
    """

    socket: SocketKind | None = Field(None, description="PUBLIC, USER or API; any by default")
    path: Glob = Field("*", description="glob over the path that was opened")
    account: Name | None = Field(None, description="whose sockets; anybody's by default")

    def meets(self, kind: SocketKind | None, path: str, account: str) -> bool:
        """Whether a socket is meant."""
        return self.socket in {None, kind} and self.account in {None, account} and fnmatchcase(path, self.path)
