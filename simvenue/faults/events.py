"""The faults of frames: an account's events by default, market data and replies when asked for."""

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from simvenue.faults.requests import Text
from simvenue.faults.scope import FrameScope, Glob, Milliseconds
from simvenue.faults.topics import BOOK_FRAMES, DEPTH_FRAMES, TRADE_FRAMES, among
from simvenue.venues.transport.frame import Frame, FrameKind


class DropEvent(FrameScope):
    """The frame is lost."""

    kind: Literal["drop_event"]


class DuplicateEvent(FrameScope):
    """The frame comes more than once."""

    kind: Literal["duplicate_event"]
    copies: int = Field(1, ge=1, le=100, description="further copies")


class DelayEvent(FrameScope):
    """The frame comes late; others overtake it."""

    kind: Literal["delay_event"]
    ms: Milliseconds = Field(description="milliseconds")
    jitter_ms: Milliseconds = Field(0, description="up to so many milliseconds more, drawn evenly")


class ReorderEvent(FrameScope):
    """The frame comes after the next ones that the fault is about, or alone when none follow in time."""

    kind: Literal["reorder_event"]
    by: int = Field(1, ge=1, le=100, description="frames that come first")
    patience_ms: Milliseconds = Field(2_000, description="milliseconds after which it comes anyway")


class PoisonEvent(FrameScope):
    """Some values of a frame are changed or taken out, or its whole text is another one."""

    kind: Literal["poison_event"]
    set: dict[Glob, JsonValue] = Field(default_factory=dict, max_length=32, description="new values by dotted path")
    remove: tuple[Glob, ...] = Field((), max_length=32, description="dotted paths to take out")
    text: Text | None = Field(None, description="the frame's whole text, instead of set and remove")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not (self.set or self.remove) and self.text is None:
            raise ValueError("give set, remove or text; without any nothing would change")
        return self


class PublicScope(FrameScope):
    """A fault of market data."""

    frames: Literal[FrameKind.PUBLIC] = Field(FrameKind.PUBLIC, description="always PUBLIC")


class StaleBook(PublicScope):
    """The book stands still while the market goes on: its streams are silent, REST repeats its first answer."""

    kind: Literal["stale_book"]

    def meets(self, frame: Frame) -> bool:
        """Only these streams."""
        return super().meets(frame) and among(frame.name, BOOK_FRAMES)


class SequenceGap(PublicScope):
    """Changes of the book are lost, one message unless ``count`` says more, so that update ids jump."""

    kind: Literal["sequence_gap"]
    count: int | None = Field(1, ge=1, le=1_000_000_000, description="messages that are lost; 1 by default")

    def meets(self, frame: Frame) -> bool:
        """Only these streams."""
        return super().meets(frame) and among(frame.name, DEPTH_FRAMES)


class CrossedBook(PublicScope):
    """The book's messages carry a bid above the ask."""

    kind: Literal["crossed_book"]
    percent: int = Field(10, ge=1, le=1000, description="how far above its price the bid is put")

    def meets(self, frame: Frame) -> bool:
        """Only these streams."""
        return super().meets(frame) and among(frame.name, BOOK_FRAMES)


class StopTrades(PublicScope):
    """Trades are no longer told; the book goes on."""

    kind: Literal["stop_trades"]

    def meets(self, frame: Frame) -> bool:
        """Only these streams."""
        return super().meets(frame) and among(frame.name, TRADE_FRAMES)
