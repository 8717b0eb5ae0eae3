"""The faults of requests: what goes wrong between a client's request and the venue's answer."""

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from simvenue.faults.scope import Call, CallScope, Glob, Milliseconds, When
from simvenue.faults.topics import HISTORY_PATHS, among

type HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
type HeaderValue = Annotated[str, Field(pattern=r"^[ -~]{0,1000}$")]
type Code = Annotated[int, Field(ge=-(2**31), le=2**31 - 1, strict=True)]
type Text = Annotated[str, Field(max_length=65_536)]

_WHEN = Field(When.BEFORE, description="before or after the venue has carried the request out")


class HttpStatus(CallScope):
    """A bare HTTP status, with a page as proxies send it unless ``body`` says otherwise; no frames."""

    kind: Literal["http_status"]
    status: int = Field(ge=400, le=599, description="the status, e.g. 503")
    body: Text | None = Field(None, description="the reply's text; a proxy's HTML page by default")
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict, max_length=16, description="further headers")
    when: When = _WHEN

    @property
    def phase(self) -> When:
        """As asked for."""
        return self.when

    def meets(self, call: Call) -> bool:
        """Frames have no status."""
        return call.method != "WS" and super().meets(call)


class RateLimit(CallScope):
    """The venue's own answer to too many requests; ``banned`` for its answer to who goes on (Binance: HTTP 418)."""

    kind: Literal["rate_limit"]
    banned: bool = Field(default=False, description="the address is banned, not only slowed down")
    retry_after: int | None = Field(None, ge=0, le=86_400, description="seconds told in Retry-After")


class VenueErrorFault(CallScope):
    """One of the venue's error codes, in the venue's form."""

    kind: Literal["venue_error"]
    code: Code = Field(description="the venue's code, e.g. -1007 or 10006")
    message: Text | None = Field(None, description="the text; the venue's own by default where it is known")
    when: When = _WHEN

    @property
    def phase(self) -> When:
        """As asked for."""
        return self.when


class RejectSignature(CallScope):
    """Signed requests are answered as if their signature were wrong."""

    kind: Literal["reject_signature"]

    def meets(self, call: Call) -> bool:
        """Only what is signed has a signature to refuse."""
        return call.signed and super().meets(call)


class Delay(CallScope):
    """The request is carried out late (``before``), or its answer sent late (``after``)."""

    kind: Literal["delay"]
    ms: Milliseconds = Field(description="milliseconds")
    jitter_ms: Milliseconds = Field(0, description="up to so many milliseconds more, drawn evenly")
    when: When = _WHEN

    @property
    def phase(self) -> When:
        """As asked for."""
        return self.when


class Hang(CallScope):
    """The request is swallowed: not carried out, never answered, the connection left open until the fault ends."""

    kind: Literal["hang"]


class Reset(CallScope):
    """The connection is reset before the request is carried out."""

    kind: Literal["reset"]


class LoseResponse(CallScope):
    """The request is carried out and its answer lost."""

    kind: Literal["lose_response"]
    how: Literal["reset", "hang", "status"] = Field("reset", description="reset, hang, or status for a 5xx")
    status: int = Field(503, ge=500, le=599, description="the status of how=status")

    @property
    def phase(self) -> When:
        """Always when it is done."""
        return When.AFTER


class Hold(CallScope):
    """A barrier: the request waits, before or after it is carried out, until it is released or the fault ends."""

    kind: Literal["hold"]
    when: When = _WHEN

    @property
    def phase(self) -> When:
        """As asked for."""
        return self.when


class TruncateBody(CallScope):
    """The answer breaks off: the headers promise all of it, then the connection ends."""

    kind: Literal["truncate_body"]
    keep_bytes: int | None = Field(None, ge=0, le=1_000_000, description="bytes that are sent; half by default")

    @property
    def phase(self) -> When:
        """Always on the answer."""
        return When.AFTER


class InvalidJson(CallScope):
    """The answer is complete as HTTP goes, and no JSON."""

    kind: Literal["invalid_json"]

    @property
    def phase(self) -> When:
        """Always on the answer."""
        return When.AFTER


class ReplaceBody(CallScope):
    """The answer's body is another one; text, or JSON of any form."""

    kind: Literal["replace_body"]
    body: Text | None = Field(None, description="the text, as it stands")
    json_body: JsonValue = Field(None, description="JSON, where body is not given")
    status: int = Field(200, ge=200, le=599, description="the status that goes with it")
    when: When = Field(When.AFTER, description="before or after the venue has carried the request out")

    @property
    def phase(self) -> When:
        """As asked for."""
        return self.when


class PoisonBody(CallScope):
    """Some values of a JSON answer are changed or taken out, e.g. to what kills a client."""

    kind: Literal["poison_body"]
    set: dict[Glob, JsonValue] = Field(default_factory=dict, max_length=32, description="new values by dotted path")
    remove: tuple[Glob, ...] = Field((), max_length=32, description="dotted paths to take out")

    @property
    def phase(self) -> When:
        """Always on the answer."""
        return When.AFTER

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not (self.set or self.remove):
            raise ValueError("give set or remove; without either nothing would change")
        return self


class MissingHistory(CallScope):
    """Lists of orders and fills lack what is older, as after a partial outage of the venue's history.

    Without a ``path`` the venue's lists of closed orders and of fills are meant.
    """

    kind: Literal["missing_history"]
    older_than_seconds: float = Field(0, ge=0, le=86_400 * 3650, description="age from which rows are missing")

    @property
    def phase(self) -> When:
        """Always on the answer."""
        return When.AFTER

    def meets(self, call: Call) -> bool:
        """The path as asked for; without one, lists of what is over."""
        return super().meets(call) and ("path" in self.model_fields_set or among(call.path, HISTORY_PATHS))


class DuplicateRows(CallScope):
    """Lists of orders and fills repeat their last rows, as pages do that move while one turns them.

    Without a ``path`` the venue's lists of closed orders and of fills are meant.
    """

    kind: Literal["duplicate_rows"]
    rows: int = Field(1, ge=1, le=1000, description="rows that come twice")

    @property
    def phase(self) -> When:
        """Always on the answer."""
        return When.AFTER

    def meets(self, call: Call) -> bool:
        """The path as asked for; without one, lists of what is over."""
        return super().meets(call) and ("path" in self.model_fields_set or among(call.path, HISTORY_PATHS))
