"""The description of the admin API is valid, complete, and true of what is answered."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from simvenue.admin.app import ROUTES, create_admin
from simvenue.registry import Process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.simvenue_admin.process import Simvenue

VENUE = "venue=binance_futures"
LIMIT = {"account": "node", "symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01", "price": "59000"}

# One request for each verb that answers JSON, in this order, on a fresh simvenue.
REQUESTS: tuple[tuple[str, str, str, object], ...] = (
    ("GET", "/admin/v1/health", "", None),
    ("GET", "/admin/v1/venues", "", None),
    ("POST", "/admin/v1/orders", VENUE, LIMIT),
    ("POST", "/admin/v1/orders", VENUE, {**LIMIT, "type": "MARKET", "price": None, "client_order_id": "m"}),
    ("GET", "/admin/v1/orders", VENUE, None),
    ("POST", "/admin/v1/market/funding", VENUE, {"symbol": "BTCUSDT", "rate": "0.0001"}),
    ("GET", "/admin/v1/state", VENUE, None),
    ("GET", "/admin/v1/ledger", f"{VENUE}&account=node", None),
    ("GET", "/admin/v1/audit", VENUE, None),
    ("POST", "/admin/v1/liquidate", VENUE, {"account": "node", "symbol": "BTCUSDT"}),
    ("POST", "/admin/v1/market/shift", VENUE, {"symbol": "BTCUSDT", "percent": "1"}),
    ("POST", "/admin/v1/market/spread", VENUE, {"symbol": "BTCUSDT", "factor": "10", "seconds": 1}),
    ("POST", "/admin/v1/market/thin", VENUE, {"symbol": "BTCUSDT", "share": "0.1", "seconds": 1}),
    ("POST", "/admin/v1/market/halt", VENUE, {"symbol": "ETHUSDT"}),
    ("POST", "/admin/v1/market/reopen", VENUE, {"symbol": "ETHUSDT"}),
    ("POST", "/admin/v1/market/pause", "", None),
    ("POST", "/admin/v1/market/resume", "", None),
    ("POST", "/admin/v1/market/speed", "", {"speed": 2}),
    ("POST", "/admin/v1/faults", "", {"kind": "http_status", "status": 503, "path": "/never"}),
    ("GET", "/admin/v1/faults", VENUE, None),
    ("POST", "/admin/v1/faults/1/release", "", None),
    ("DELETE", "/admin/v1/faults/1", "", None),
    ("POST", "/admin/v1/faults", "", {"kind": "drop_event", "where": {"o.x": "TRADE"}, "count": 1}),
    ("DELETE", "/admin/v1/faults", "", None),
    ("GET", "/admin/v1/requests", "", None),
    ("DELETE", "/admin/v1/requests", "", None),
)


@pytest.fixture(scope="module")
def description(everything: Simvenue) -> dict[str, Any]:
    """What a running simvenue says of its API."""
    status, document = everything.call("GET", "/openapi.json")
    assert status == 200
    described: dict[str, Any] = document
    return described


def _operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in description["paths"].items():
        for method, operation in verbs.items():
            yield method.upper(), path, operation


def _validator(description: dict[str, Any], schema: dict[str, Any]) -> OAS31Validator:
    # References inside a schema are relative to the whole description.
    return OAS31Validator({**schema, "components": description["components"]})


def test_description_is_valid(description: dict[str, Any]) -> None:
    """It is OpenAPI 3.1 by an independent validator's rules."""
    assert [error.message for error in OpenAPIV31SpecValidator(description).iter_errors()] == []


def test_every_route_is_described_and_nothing_else(description: dict[str, Any]) -> None:
    """What the application routes, except the page and the description itself, is what the description lists."""
    app = create_admin({}, Process(restart=lambda: None, reset=lambda: None), version="0")
    served = {
        (route.method, re.sub(r":[^}]*}", "}", resource.canonical))
        for resource in app.router.resources()
        for route in resource
        if route.method != "HEAD" and resource.canonical not in {"/", "/openapi.json"}
    }
    assert {(method, path) for method, path, _ in _operations(description)} == served
    assert len(served) == len(ROUTES)


def test_every_verb_says_what_it_does(description: dict[str, Any]) -> None:
    """Each has one line about itself and a name that no other has."""
    operations = [operation for _, _, operation in _operations(description)]
    assert all(operation["summary"].endswith(".") for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_examples_are_valid(description: dict[str, Any]) -> None:
    """Every example of a body is valid by the schema that stands beside it; every verb with a body has one."""
    for method, path, operation in _operations(description):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        assert content.get("examples"), f"{method} {path}"
        for name, example in content["examples"].items():
            problems = [e.message for e in _validator(description, content["schema"]).iter_errors(example["value"])]
            assert problems == [], f"{method} {path}, example {name}"


def test_examples_of_values_are_valid(description: dict[str, Any]) -> None:
    """Every example of a single value is valid by its own schema."""

    def schemas(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any part of a JSON document
        if isinstance(node, dict):
            if "type" in node or "anyOf" in node or "$ref" in node:
                yield node
            for inner in node.values():
                yield from schemas(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from schemas(inner)

    checked = 0
    for schema in schemas(description["components"]["schemas"]):
        for example in schema.get("examples", []) if isinstance(schema.get("examples"), list) else []:
            assert [e.message for e in _validator(description, schema).iter_errors(example)] == [], schema
            checked += 1
    assert checked > 20


def test_answers_are_as_described(everything: Simvenue, description: dict[str, Any]) -> None:
    """Every verb's answer, on a market with orders, fills, funding and faults, is valid by its described schema."""
    described = {(method, path): operation for method, path, operation in _operations(description)}
    asked = set()
    for method, path, query, body in REQUESTS:
        status, answer = everything.call(method, f"{path}?{query}", body)
        template = re.sub(r"/\d+", "/{fault_id}", path)
        asked.add((method, template))
        assert status == 200, f"{method} {path}: {answer}"
        content = described[method, template]["responses"]["200"]["content"]["application/json"]
        problems = [error.message for error in _validator(description, content["schema"]).iter_errors(answer)]
        assert problems == [], f"{method} {path}: {json.dumps(answer)[:500]}"
    elsewhere = {
        ("POST", "/admin/v1/restart"),
        ("POST", "/admin/v1/reset"),
        ("GET", "/admin/v1/live"),
        ("DELETE", "/admin/v1/orders/{order_id}"),
    }
    assert asked | elsewhere == set(described)


def test_refusals_are_as_described(everything: Simvenue, description: dict[str, Any]) -> None:
    """A refusal is valid by its described schema and lists every problem of the request at once."""
    body = {"account": "node", "sde": "BUY", "side": "UP", "quantity": "many"}
    status, answer = everything.call("POST", "/admin/v1/orders?venu=x", body)
    operation = description["paths"]["/admin/v1/orders"]["post"]
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    assert [error.message for error in _validator(description, schema).iter_errors(answer)] == []
    problems = answer["error"]["problems"]
    assert {problem.partition(":")[0] for problem in problems} == {"?venu", "symbol", "side", "quantity", "sde"}
    assert any("did you mean venue?" in problem for problem in problems)
    assert any("did you mean side?" in problem for problem in problems)
