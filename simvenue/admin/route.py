"""One verb of the admin API: what it takes, what it gives, and how a request becomes a checked call of it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simvenue.admin.errors import invalid, problems_of
from simvenue.admin.world import WORLD, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from simvenue.registry import ServedVenue


class Given(BaseModel):
    """A part of a request: frozen, and nothing in it is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoQuery(Given):
    """A verb without parameters."""


class VenueQuery(Given):
    """Which venue."""

    venue: str | None = Field(
        None, description="One of the served venues; not needed when there is only one.", examples=["binance_futures"]
    )


class Answer(BaseModel):
    """A part of an answer; read off the exchange's own values by attribute."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


@dataclass(frozen=True, slots=True)
class Call[Query: Given, Body: BaseModel | None]:
    """A checked request.

    Attributes:
        world: what it acts on.
        query: its parameters.
        body: its JSON; None for a verb that takes none.
        request: the request itself, for its path's values and for streamed answers.
    """

    world: World
    query: Query
    body: Body
    request: web.Request

    @property
    def venue(self) -> ServedVenue:
        """The venue the request names, or the only one."""
        return self.world.venue(getattr(self.query, "venue", None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One verb.

    Attributes:
        method: of HTTP.
        path: with ``{name}`` for its variable parts.
        act: carries it out. Its docstring's first line is the verb's description.
        answer: what it gives.
        query: what stands behind the question mark.
        body: the JSON it takes; None: no body is read.
        path_pattern: regular expression of the path's variable part.
        media_type: of the answer.
        examples: bodies by name, for the description.
        unwell: what it gives with status 503 when that is no refusal.
    """

    method: str
    path: str
    act: Callable[[Call[Any, Any]], BaseModel | web.Response | Awaitable[BaseModel | web.StreamResponse]]
    answer: type[BaseModel]
    query: type[Given] = NoQuery
    body: type[BaseModel] | None = None
    path_pattern: str = "[^/]+"
    media_type: str = "application/json"
    examples: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    unwell: type[BaseModel] | None = None

    @property
    def summary(self) -> str:
        """The verb in one line."""
        return (inspect.getdoc(self.act) or "").partition("\n")[0]

    @property
    def name(self) -> str:
        """The verb's name: its function's, unique among all."""
        return self.act.__name__

    @property
    def family(self) -> str:
        """The verbs it belongs to: the first word of its path."""
        return self.path.removeprefix("/admin/v1/").partition("/")[0].strip("/") or "page"

    @property
    def pattern(self) -> str:
        """The path as aiohttp matches it."""
        return self.path.replace("}", f":{self.path_pattern}}}")


async def _call(route: Route, request: web.Request) -> Call[Any, Any]:
    problems: list[str] = []
    query = body = None
    given = {key: request.query.getall(key) for key in request.query}
    problems += [f"?{key}: stands {len(values)} times" for key, values in given.items() if len(values) > 1]
    try:
        query = route.query.model_validate({key: values[0] for key, values in given.items()})
    except ValidationError as error:
        problems += problems_of(error, route.query, "?")
    if route.body is not None:
        try:
            body = route.body.model_validate_json(await request.read())
        except ValidationError as error:
            problems += problems_of(error, route.body)
        except (web.RequestPayloadError, ConnectionError):
            # It cannot be unpacked, or its sender left in the middle.
            problems.append("body: cannot be read")
    if problems or query is None:
        raise invalid(problems)
    return Call(request.app[WORLD], query, body, request)


def handler(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Make the aiohttp handler of a verb."""

    async def handle(request: web.Request) -> web.StreamResponse:
        acted = route.act(await _call(route, request))
        answer = await acted if inspect.isawaitable(acted) else acted
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.Response(text=answer.model_dump_json(by_alias=True), content_type="application/json")

    return handle
