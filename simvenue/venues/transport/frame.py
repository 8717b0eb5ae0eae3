"""What a frame is about, so that a fault can pick it without reading a venue's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FrameKind(StrEnum):
    """Which of a venue's promises a frame keeps."""

    PUBLIC = "PUBLIC"
    USER = "USER"
    REPLY = "REPLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame's address: stream or topic, and for user events whose and about what.

    Attributes:
        kind: market data, an account's event, or the answer to a client's own frame.
        name: the stream, topic, event or method, in the venue's words.
        account: whose event; empty for public frames.
        symbol: the instrument's symbol in the exchange; empty when it is about none.
        side: BUY or SELL where it is about an order; empty otherwise.
    """

    kind: FrameKind
    name: str
    account: str = ""
    symbol: str = ""
    side: str = ""
