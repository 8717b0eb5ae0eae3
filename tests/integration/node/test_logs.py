"""Everything a node writes: JSON lines of one shape, in stream and file alike, and never a secret."""

from __future__ import annotations

import json
import re
import signal
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import API_KEY, API_SECRET, REDIS_PASSWORD, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.node.gate import Gate
    from tests.integration.node.world import Node, Redis, Venue

FIELDS = {"service", "instance", "trader_id", "version", "state", "level", "event", "component", "timestamp", "source"}
WRONG_KEY = "wrong-key-" + "w" * 54
WRONG_SECRET = "wrong-secret-" + "x" * 51
WRONG_PASSWORD = "wrong-redis-" + "y" * 30
PATHS = ("/api/v1/health", "/api/v1/live", "/api/v1/ready", "/api/v1/metrics")


def lines(text: str) -> list[dict[str, Any]]:
    """Returns the lines of a log; each must be JSON with every field."""
    found = [json.loads(line) for line in text.splitlines()]
    assert all(set(line) >= FIELDS for line in found)
    return found


def endpoints(node: Node) -> str:
    """Returns what every health endpoint answers."""
    said = ""
    for path in PATHS:
        address = f"http://{node.ask('status')['health']['rest']}{path}"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                said += answer.read().decode()
        except urllib.error.HTTPError as error:
            said += error.read().decode()
    return said


def control(node: Node) -> str:
    """Returns what every looking command answers."""
    return json.dumps([node.ask(word) for word in ("status", "dump", "positions", "orders", "strategies")])


@pytest.mark.slow
def test_full_session_writes_no_secret(
    behind_gate: Node, gate: Gate, redis: Redis, venue: Venue, tmp_path: Path
) -> None:
    """Start, trade, venue errors, halt, stop and two failed starts leave no key, secret, password or signature."""
    node, logs = behind_gate, tmp_path / "logs"
    logs.mkdir()
    where = {"LOGS_DIRECTORY": str(logs)}
    node.start(**where).wait_ready()
    eventually(lambda: venue.ledger()["fills"], seconds=40, what="fills")
    said = [endpoints(node), control(node)]
    said += [
        json.dumps(node.act("halt", "--why", "test")),
        control(node),
        json.dumps(node.act("resume", "--why", "test")),
    ]
    # Upstream tells the whole address of a request whose connection breaks.
    for path in ("POST /fapi/v1/order", "DELETE /fapi/v1/order", "DELETE /fapi/v1/allOpenOrders"):
        gate.before[path] = gate.cut
    eventually(lambda: "signature=" in node.log(), seconds=40, what="an error with the address of a signed request")
    said += [endpoints(node), control(node)]
    gate.before.clear()
    gate.refuse.add("/fapi/v1/order")
    eventually(lambda: "503" in node.log(), seconds=40, what="an order that the venue refused")
    gate.refuse.clear()
    gate.cut()
    said += [node.refused("start-strategy", "nobody", "--why", "test"), endpoints(node)]
    said += node.listen()
    node.signal(signal.SIGTERM)
    # 77 when an order whose request broke is still not known to be gone.
    assert node.wait_exit() in {0, 77}
    said += node.listen()
    for change, code in (
        ({"BINANCE_API_KEY": WRONG_KEY}, 73),
        ({"BINANCE_API_SECRET": WRONG_SECRET}, 73),
        ({"REDIS_PASSWORD": WRONG_PASSWORD}, 75),
    ):
        before = dict(node.variables)
        node.variables |= change
        assert node.start(**where).wait_exit() == code
        said += node.listen()
        node.variables = before

    files = [
        path for path in (*logs.iterdir(), node.directory / "acts.jsonl", node.directory / "halt.json") if path.exists()
    ]
    written = "\n".join([node.log(), *said, *(path.read_text() for path in files)])
    sent = "\n".join(gate.seen)
    signatures = set(re.findall(r"signature=([0-9A-Za-z%+/=]{20,})", sent))
    listen_keys = set(re.findall(r"(?:/ws/|listenKey=)([A-Za-z0-9]{40,})", sent))
    assert len(signatures) > 10
    assert listen_keys
    secrets = {API_KEY, API_SECRET, REDIS_PASSWORD, WRONG_KEY, WRONG_SECRET, WRONG_PASSWORD, *signatures, *listen_keys}
    assert {secret for secret in secrets if secret in written} == set()
    assert "signature=…" in written

    stream, file = lines(node.log()), lines((logs / "noderun.jsonl").read_text())
    assert file == stream
    assert {line["source"] for line in stream} >= {"noderun", "upstream"}
    states = {line["state"] for line in stream if line["source"] == "upstream"}
    assert states >= {"STARTING", "CONNECTING", "RUNNING", "STOPPING"}


@pytest.mark.parametrize(("at", "code"), [("on_quote_tick", 71), ("on_start", 74)])
def test_last_line_tells_the_end(node: Node, at: str, code: int) -> None:
    """The last line of all says why the process ended, once, and every line before it is whole."""
    node.strategies = [misbehave(at)]
    assert node.start().wait_exit() == code
    written = lines(node.log())
    assert [line["code"] for line in written if line["event"] == "ended"] == [code]
    assert written[-1]["event"] == "ended"
    assert at in written[-1]["reason"]


def test_last_line_tells_that_redis_has_gone(node: Node, redis: Redis) -> None:
    """A node whose Redis went away says so last of all, though native code waits for it until it is ended by force."""
    node.variables["HEALTH_PERSISTENCE_LIMIT"] = "3"
    node.start().wait_ready()
    redis.stop()
    assert node.wait_exit(60) == 75
    last = lines(node.log())[-1]
    assert (last["event"], last["code"]) == ("ended", 75)
    assert "Redis at 127.0.0.1" in last["reason"]


def test_log_level_takes_effect_at_once(node: Node) -> None:
    """At ERROR the stream is silent, at INFO it goes on; what upstream cannot do is said; a wrong level is refused."""
    node.start().wait_ready()
    assert node.act("log-level", "error", "--why", "quiet please") == {"level": "ERROR", "upstream": "ERROR"}
    size = len(lines(node.log()))
    node.act("halt", "--why", "test")
    assert {line["level"] for line in lines(node.log())[size:]} <= {"error"}
    answer = node.act("log-level", "DEBUG", "--why", "look closer")
    assert (answer["level"], answer["upstream"]) == ("DEBUG", "INFO")
    assert "NAUTILUS_LOG_LEVEL=DEBUG and restart" in answer["note"]
    node.act("resume", "--why", "test")
    eventually(lambda: any(line["event"] == "act" for line in lines(node.log())[size:]), what="the act's line")
    assert "one of: TRACE, DEBUG" in node.refused("log-level", "LOUD", "--why", "test")
    acts = [json.loads(line) for line in (node.directory / "acts.jsonl").read_text().splitlines()]
    assert [act.get("to") for act in acts if act["act"] == "log-level"] == ["ERROR", "DEBUG"]


def test_own_file_log_of_upstream_stays_off(node: Node, tmp_path: Path) -> None:
    """With NAUTILUS_LOG_FILE_LEVEL the lines go to noderun.jsonl in NAUTILUS_LOG_DIRECTORY; upstream writes no file."""
    logs = tmp_path / "elsewhere"
    logs.mkdir()
    node.variables |= {"NAUTILUS_LOG_FILE_LEVEL": "INFO", "NAUTILUS_LOG_DIRECTORY": str(logs)}
    node.start().wait_ready()
    node.signal(signal.SIGTERM)
    assert node.wait_exit() == 0
    assert [path.name for path in logs.iterdir()] == ["noderun.jsonl"]
    assert "upstream" in {line["source"] for line in lines((logs / "noderun.jsonl").read_text())}
