"""The API's description (OpenAPI 3.1), made from the same routes and models that serve it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.json_schema import JsonSchemaMode

    from simvenue.admin.route import Route

_REF = "#/components/schemas/{model}"
_DESCRIPTION = """What stands behind simvenue, the simulated exchange: its ledgers, its markets, its faults.

There is no password: whoever reaches the port may do all of this. Requests that a browser makes for a page of another
site are refused. Prices, quantities and amounts are decimal numbers in strings."""


class ErrorBody(BaseModel):
    """Why a request was refused."""

    reason: str = Field(description="For programs.", examples=["UNKNOWN_ACCOUNT"])
    detail: str = Field(description="For people.", examples=["account x is not one of node, other"])
    problems: list[str] = Field([], description="Each wrong value, when the request itself is wrong.")


class Error(BaseModel):
    """A refusal."""

    error: ErrorBody


_REFUSALS = {
    "400": "The request is wrong; every problem is listed.",
    "403": "A page of another site may have sent it.",
    "404": "No such venue, account, symbol, order, fault or path.",
    "409": "The exchange refuses it, and says why.",
    "503": "An exchange failed; only a restart helps.",
}


def describe(routes: Iterable[Route], *, version: str) -> dict[str, Any]:
    """Describe routes.

    Args:
        routes: all there are.
        version: of this program.

    Returns:
        The whole document, for JSON.
    """
    routes = list(routes)
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Error, "serialization")]
    for route in routes:
        models += [(route.query, "validation"), (route.answer, "serialization")]
        if route.body is not None:
            models.append((route.body, "validation"))
    references, definitions = models_json_schema(models, ref_template=_REF)
    schemas: dict[str, Any] = definitions["$defs"]
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        query = _schema(references[route.query, "validation"], schemas)
        described: dict[str, Any] = {
            "operationId": route.name,
            "summary": route.summary,
            "tags": [route.family],
            "parameters": [*_path_parameters(route), *_query_parameters(query)],
            "responses": {
                "200": {
                    "description": route.summary,
                    "content": {route.media_type: {"schema": references[route.answer, "serialization"]}},
                },
                **{status: _refusal(text) for status, text in _REFUSALS.items()},
            },
        }
        if route.unwell is not None:
            described["responses"]["503"] = {
                "description": "The answer is that something failed.",
                "content": {"application/json": {"schema": references[route.unwell, "serialization"]}},
            }
        if route.body is not None:
            content: dict[str, Any] = {"schema": references[route.body, "validation"]}
            if route.examples:
                content["examples"] = {name: {"value": value} for name, value in route.examples.items()}
            described["requestBody"] = {"required": True, "content": {"application/json": content}}
        paths.setdefault(route.path, {})[route.method.lower()] = described
    for route in routes:
        schemas.pop(route.query.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "simvenue admin API",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schema(reference: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", schemas[reference["$ref"].rpartition("/")[2]])


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{route.path_pattern}$"},
        }
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(schema: dict[str, Any]) -> list[dict[str, Any]]:
    parameters = []
    for name, value in schema.get("properties", {}).items():
        inner = {key: part for key, part in value.items() if key != "description"}
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": inner}
        if "description" in value:
            parameter["description"] = value["description"]
        parameters.append(parameter)
    return parameters


def _refusal(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": _REF.format(model="Error")}}}}
