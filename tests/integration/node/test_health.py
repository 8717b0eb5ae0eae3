"""Health and metrics tell what the venue's ledger and the operator's eyes would."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import eventually
from tests.support.patience import PATIENCE
from tests.support.ports import free_port

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Redis, Venue

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def get(node: Node, path: str, method: str = "GET") -> tuple[int, Any]:
    """Asks the REST endpoint."""
    url = f"http://127.0.0.1:{node.variables['HEALTH_REST_PORT']}{path}"
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 see above
            body, status = response.read(), response.status
    except urllib.error.HTTPError as error:
        body, status = error.read(), error.code
    return status, json.loads(body) if body.startswith(b"{") else body.decode()


def check(node: Node, service: str = "") -> int:
    """Asks the gRPC health service."""
    with grpc.insecure_channel(f"127.0.0.1:{node.variables['HEALTH_GRPC_PORT']}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)  # type: ignore[attr-defined]  # set by grpc
        except grpc.RpcError as error:
            # What the standard says of a part that is not known yet.
            assert error.code() is grpc.StatusCode.NOT_FOUND  # noqa: PT017 it has no other type
            return int(health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
    return int(answer.status)


def scrape(node: Node) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Reads all samples of a scrape, with a parser that we did not write."""
    status, text = get(node, "/api/v1/metrics")
    assert status == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(samples: dict[tuple[str, tuple[tuple[str, str], ...]], float], name: str, **labels: str) -> float:
    """Sums the samples of a name that have these labels."""
    return sum(v for (n, have), v in samples.items() if n == name and set(labels.items()) <= set(have))


@pytest.fixture
def watched(node: Node) -> Node:
    """A node whose health ports are known."""
    node.variables |= {"HEALTH_REST_PORT": str(free_port()), "HEALTH_GRPC_PORT": str(free_port())}
    return node


def test_ready_says_no_until_the_node_trades(watched: Node, venue: Venue) -> None:
    """While the venue does not answer, ready is 503 with the reason and live is 200; then all say yes."""
    venue.freeze()
    watched.start()
    status, document = eventually(lambda: _answer(watched, "/api/v1/ready"), what="an answer")
    assert (status, document["ready"]) == (503, False)
    eventually(lambda: "looking for BINANCE" in get(watched, "/api/v1/ready")[1]["reasons"][0], what="the reason")
    assert get(watched, "/api/v1/live")[0] == 200
    assert check(watched) == NOT_SERVING
    venue.thaw()
    watched.wait_ready()
    assert get(watched, "/api/v1/ready") == (200, {"ready": True, "state": "RUNNING", "reasons": []})
    status, document = get(watched, "/api/v1/health")
    assert (status, document["service"], document["instance"], document["state"]) == (
        200,
        "tradingnode",
        "main",
        "RUNNING",
    )
    assert {"version", "nautilus_version", "environment", "timestamp", "trader_id"} <= document.keys()
    names = ("", "tradingnode", "redis", "client.BINANCE", "engine.data", "engine.risk", "engine.execution")
    eventually(lambda: [check(watched, name) for name in names] == [SERVING] * len(names), what="gRPC says yes")


def _answer(node: Node, path: str) -> tuple[int, Any] | None:
    try:
        return get(node, path)
    except OSError:
        return None


def test_stuck_loop_is_told_within_milliseconds(watched: Node) -> None:
    """With the node's loop blocked, every endpoint still answers within 100 ms and live says no."""
    watched.strategies = [misbehave("block")]
    watched.start(WATCHDOG_USEC="60000000")
    _, document = eventually(lambda: _not_live(watched), seconds=30, what="live says no")
    assert "the event loop has not run for" in document["reason"]
    took = []
    for path in ("/api/v1/live", "/api/v1/ready", "/api/v1/health", "/api/v1/metrics") * 5:
        began = time.monotonic()
        status, _ = get(watched, path)
        took.append(time.monotonic() - began)
        assert status == (200 if path.endswith(("health", "metrics")) else 503)
    assert sorted(took)[len(took) // 2] < 0.1 * PATIENCE


def _not_live(node: Node) -> tuple[int, Any] | None:
    answer = _answer(node, "/api/v1/live")
    return answer if answer is not None and answer[0] == 503 else None


def test_metrics_equal_the_ledger(watched: Node, venue: Venue) -> None:
    """Orders, fills, position and balance of a scrape are those of the venue's ledger."""
    watched.start().wait_ready()
    eventually(lambda: venue.ledger()["fills"], what="fills")
    venue.call("POST", "/admin/v1/market/pause")
    time.sleep(3)
    samples, ledger = scrape(watched), venue.ledger()
    assert total(samples, "tradingnode_fills_total") == len(ledger["fills"])
    assert total(samples, "tradingnode_order_events_total", event="Filled") == len(ledger["fills"])
    assert total(samples, "tradingnode_orders", kind="open") == len(venue.open_orders())
    held = {p["symbol"]: float(p["quantity"]) for p in ledger["positions"]}
    assert total(samples, "tradingnode_position_quantity") == pytest.approx(sum(held.values()))
    wallet = float(ledger["balances"]["USDT"])
    assert total(samples, "tradingnode_account_balance", kind="total", currency="USDT") == pytest.approx(
        wallet, abs=1e-3
    )
    assert total(samples, "tradingnode_state", state="RUNNING") == 1
    assert total(samples, "tradingnode_redis_up") == 1
    assert total(samples, "tradingnode_order_accept_seconds_count") > 0
    assert 0 <= total(samples, "tradingnode_redis_lag_seconds") < 5 * PATIENCE
    assert total(samples, "tradingnode_http_requests_total", endpoint="/api/v1/metrics", code="200") == 0
    assert total(scrape(watched), "tradingnode_http_requests_total", endpoint="/api/v1/metrics", code="200") == 1


def test_unknown_paths_and_methods_are_answered_and_counted_together(watched: Node) -> None:
    """What does not exist is 404 or 405 with JSON, and cannot make new time series."""
    watched.start().wait_ready()
    for number in range(5):
        assert get(watched, f"/secret/{number}")[0] == 404
    assert get(watched, "/api/v1/health", method="POST")[0] == 405
    samples = scrape(watched)
    assert total(samples, "tradingnode_http_requests_total", endpoint="other", code="404") == 5


def test_port_that_is_taken_does_not_stop_the_node(watched: Node, venue: Venue) -> None:
    """A health port that somebody else has is told in the log; the node trades."""
    watched.variables["HEALTH_REST_PORT"] = str(venue.port)
    watched.start().wait_ready()
    assert "health is not served" in watched.log()
    assert list(watched.ask("status")["health"]) == ["grpc"]


def test_redis_away_is_not_ready(watched: Node, redis: Redis) -> None:
    """Within seconds of Redis' end ready is 503 and gRPC says NOT_SERVING for the node and for redis."""
    watched.start().wait_ready()
    redis.stop()
    eventually(lambda: get(watched, "/api/v1/ready")[0] == 503, seconds=10, what="not ready")
    eventually(lambda: (check(watched), check(watched, "redis")) == (NOT_SERVING, NOT_SERVING), what="gRPC says no")
    assert check(watched, "client.BINANCE") == SERVING
