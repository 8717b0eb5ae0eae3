"""A start that cannot succeed ends: with its own exit code, in time, naming the thing and the fix."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.conftest import where
from tests.integration.node.gate import Gate
from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import API_KEY, API_SECRET, REDIS_PASSWORD, TRADER, Node, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.node.world import Redis, Venue


pytestmark = pytest.mark.slow


@pytest.fixture
def gate(venue: Venue) -> Iterator[Gate]:
    """A gate before the venue."""
    process = Gate(venue.port).start()
    yield process
    process.stop()


@pytest.fixture
def alone(variables: dict[str, str], tmp_path: Path) -> Iterator[Node]:
    """A node without Redis and without a venue."""
    process = Node(tmp_path / "node", variables)
    yield process
    if process.process is not None:
        process.stop()


def ends(node: Node, code: int, *words: str, seconds: float = 30.0) -> str:
    """Waits for the end and checks code, last status line, log, and that nobody was told of readiness."""
    assert node.wait_exit(seconds) == code, node.log()[-3000:]
    last = node.status_lines()[-1]
    assert last.startswith(f"{code} ")
    for word in words:
        assert word in last
    assert "READY=1" not in node.listen()
    log = node.log()
    for secret in (API_KEY, API_SECRET, REDIS_PASSWORD):
        assert secret not in log
        assert secret not in "\n".join(node.listen())
    return log


def test_no_key_ends_at_once_with_78(alone: Node) -> None:
    """Without BINANCE_API_KEY the process ends with 78 before it looks at anything else, and names the variable."""
    del alone.variables["BINANCE_API_KEY"]
    alone.start()
    log = ends(alone, 78, "BINANCE_API_KEY")
    assert "proving Redis" not in log
    assert "Traceback" not in log


def test_bad_strategy_path_ends_with_78(alone: Node) -> None:
    """A strategy that cannot be imported is a configuration error that names the path."""
    alone.strategies = [{**misbehave("nothing"), "strategy_path": "strategies.no_such_module:Thing"}]
    alone.start()
    log = ends(alone, 78, "strategies.no_such_module")
    assert "Traceback" not in log


def test_redis_down_ends_with_75(alone: Node) -> None:
    """With nobody at Redis' port the node tries five times, then ends with 75 and says what to start."""
    alone.start()
    log = ends(alone, 75, "Redis at 127.0.0.1:1", "connection refused", "start Redis")
    assert "Traceback" not in log
    assert [line for line in alone.status_lines() if "(4 of 4)" in line]


def test_wrong_redis_password_ends_with_75(node: Node) -> None:
    """A wrong password is told as such, at once, without the password."""
    node.variables["REDIS_PASSWORD"] = "not-the-password-of-this-server"
    node.start()
    log = ends(node, 75, "login: refused for user tradingnode-main", "REDIS_PASSWORD")
    assert "not-the-password-of-this-server" not in log
    assert "Traceback" not in log


def test_missing_redis_right_ends_with_75(node: Node, redis: Redis) -> None:
    """A command that the node needs and its ACL user may not run is named."""
    redis.admin("ACL", "SETUSER", "tradingnode-main", "-rpushx")
    node.start()
    ends(node, 75, "rpushx", f"trader-{TRADER}:*")


def test_read_only_redis_ends_with_75(node: Node, redis: Redis) -> None:
    """A replica is refused, because upstream would drop every write in silence."""
    redis.admin("REPLICAOF", "127.0.0.1", "1")
    node.start()
    ends(node, 75, "role slave", "master")


def test_evicting_redis_ends_with_75(node: Node, redis: Redis) -> None:
    """A Redis that evicts keys is refused, because orders would vanish."""
    redis.admin("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    node.start()
    ends(node, 75, "allkeys-lru", "noeviction")


@pytest.mark.parametrize(
    "moment", [pytest.param("SETINFO", id="connecting"), pytest.param(f"trader-{TRADER}:orders*", id="loading")]
)
def test_redis_that_goes_away_during_the_build_ends_with_75(node: Node, redis: Redis, moment: str) -> None:
    """While it connects, upstream retries for ever in native code that holds the interpreter; it still ends."""
    gate = Gate(redis.port).start()
    gate.hold.add(moment)
    node.variables |= {"REDIS_PORT": str(gate.port), "SHUTDOWN_TIMEOUT": "8"}
    try:
        node.start()
        assert node.wait_exit(30) == 75, node.log()[-2000:]
        # Nobody could speak in the end: what was said before has to do.
        assert f"Redis at 127.0.0.1:{gate.port}" in node.status_lines()[-1]
        assert "75" in node.status_lines()[-1]
    finally:
        gate.stop()


def test_venue_down_ends_with_73(node: Node, venue: Venue) -> None:
    """With the venue down the node ends with 73 and names venue, address and variable."""
    venue.stop()
    node.start()
    log = ends(node, 73, "BINANCE not reachable at", venue.url, "connection refused", "BINANCE_BASE_URL_HTTP")
    assert "Traceback" not in log


def test_frozen_venue_ends_with_73(node: Node, venue: Venue) -> None:
    """A venue that takes connections and never answers is not reachable either."""
    venue.freeze()
    node.start()
    ends(node, 73, "no answer in time")


@pytest.mark.transition("CONNECTING", "STOPPING")
def test_wrong_api_key_ends_with_73(node: Node) -> None:
    """A key that the venue refuses ends the start at once, with the venue's own words."""
    node.variables["BINANCE_API_SECRET"] = "wrong-" + "w" * 58
    node.start()
    ends(node, 73, "BINANCE refused the connection", "-1022", seconds=15)


def test_hang_while_connecting_ends_with_73(node: Node, redis: Redis, gate: Gate) -> None:
    """A venue that stops answering while its clients connect ends with 73; upstream logs RUNNING and idles."""
    gate.hold.add("POST /fapi/v1/listenKey")
    node.variables |= where(redis, gate.port)
    node.start()
    ends(node, 73, "BINANCE not connected in time", "NAUTILUS_TIMEOUT_CONNECTION")


@pytest.mark.transition("RECONCILING", "STOPPING")
def test_hang_in_reconciliation_ends_with_72(node: Node, redis: Redis, gate: Gate) -> None:
    """A venue that stops answering during reconciliation ends the start with 72 instead of holding it for ever."""
    gate.hold.add("/fapi/v1/openOrders")
    node.variables |= where(redis, gate.port)
    node.start()
    ends(node, 72, "did not answer", "NAUTILUS_TIMEOUT_RECONCILIATION")


def test_failed_query_in_reconciliation_ends_with_72(node: Node, redis: Redis, gate: Gate) -> None:
    """A query that fails is no empty answer: with open orders refused, nothing counts as reconciled."""
    gate.refuse.add("/fapi/v1/openOrders")
    node.variables |= where(redis, gate.port)
    node.start()
    ends(node, 72, "not reconciled")


def test_venue_that_refuses_the_comparison_is_asked_again(node: Node, redis: Redis, gate: Gate) -> None:
    """A start that may not ask whether cache and venue are equal, as when too much was asked, waits and asks again."""
    path = "/fapi/v1/openOrders"

    def third_time_lucky() -> None:
        # Upstream's own question stands between the two looks of noderun's; then comes the comparison.
        asked = sum(path in line for line in gate.seen)
        if asked > 3:
            gate.refuse.add(path)
        else:
            gate.before[path] = third_time_lucky

    gate.before[path] = third_time_lucky
    node.variables |= where(redis, gate.port)
    node.start()
    eventually(lambda: gate.refuse, seconds=60, what="the comparison is refused")
    gate.refuse.clear()
    node.wait_ready(60)


def test_position_in_an_instrument_that_is_not_loaded_ends_with_72(node: Node, venue: Venue) -> None:
    """A position upstream would silently ignore is a difference, and the line says how to get rid of it."""
    body = {"account": "node", "symbol": "ETHUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}
    venue.call("POST", "/admin/v1/orders", body)
    node.start()
    ends(node, 72, "ETHUSDT-PERP.BINANCE", "not loaded", "BINANCE_INSTRUMENT_IDS")


@pytest.mark.parametrize("at", ["on_start", "on_start_runtime"])
def test_strategy_that_raises_in_on_start_ends_with_74(node: Node, at: str) -> None:
    """Any exception in on_start, also the kind that upstream swallows, ends with 74 and names the strategy."""
    node.strategies = [misbehave(at)]
    node.start()
    ends(node, 74, "Misbehave-900", "raised in on_start", at)


def test_strategy_whose_on_start_never_returns_ends_with_74(node: Node) -> None:
    """A start that blocks the event loop is ended by the deadline's own thread."""
    node.strategies = [misbehave("on_start_for_ever")]
    node.variables["READY_TIMEOUT"] = "5"
    node.start()
    ends(node, 74, "stuck", seconds=25)


def test_silent_market_data_ends_with_73(node: Node) -> None:
    """A subscription that brings nothing is named when READY_DATA_TIMEOUT is over."""
    node.strategies = [misbehave("quiet")]
    node.variables["READY_DATA_TIMEOUT"] = "2"
    node.start()
    ends(node, 73, "quotes of XRPUSDT-PERP.BINANCE", "READY_DATA_EXCEPT")


def test_unreadable_state_ends_with_76(node: Node, redis: Redis) -> None:
    """A record that upstream cannot read ends with 76, and the record is still there."""
    key = f"trader-{TRADER}:orders:O-1"
    redis.admin("RPUSH", key, "garbage")
    node.start()
    ends(node, 76, "cannot be read", f"trader-{TRADER}:*")
    assert redis.admin("LRANGE", key, "0", "-1") == "garbage"


def test_search_for_bad_records_that_takes_too_long_does_not_stay_down(node: Node) -> None:
    """After a start that ended while it loaded, a slow look at the records ends with 75, which systemd tries again."""
    node.variables["READY_TIMEOUT"] = "1"
    node.directory.mkdir()
    (node.directory / "loading").touch()
    node.start()
    ends(node, 75, "not every record was read", "READY_TIMEOUT")


def test_second_process_on_the_same_socket_ends_with_69(node: Node, tmp_path: Path) -> None:
    """A second process of the same instance ends with 69 and leaves the first alone."""
    node.start().wait_ready()
    second = Node(tmp_path / "node", node.variables)
    try:
        second.start()
        assert second.wait_exit() == 69
        assert "already answers" in second.status_lines()[-1]
    finally:
        second.stop()
    assert node.ask("status")["state"] == "RUNNING"


@pytest.mark.parametrize(
    "moment", ["proving Redis", "looking for BINANCE", "building the node", "connecting", "waiting"]
)
def test_sigterm_during_the_start_ends_clean(node: Node, moment: str) -> None:
    """SIGTERM at any moment of a start ends it with 0, in time, and without READY."""
    node.start()
    node.wait_for_status(moment)
    node.signal(signal.SIGTERM)
    assert node.wait_exit(20) == 0, node.log()[-2000:]


def test_sigterm_while_redis_is_down_ends_clean(alone: Node) -> None:
    """SIGTERM in the middle of Redis' back-off, 12 s before its end, is heard at once."""
    alone.start()
    alone.wait_for_status("(3 of 4)")
    alone.signal(signal.SIGTERM)
    assert alone.wait_exit(10) == 0


def test_sigterm_during_a_hung_reconciliation_ends_in_time(node: Node, redis: Redis, gate: Gate) -> None:
    """SIGTERM while the venue hangs in reconciliation ends the process; upstream alone would stay for ever."""
    gate.hold.add("/fapi/v1/openOrders")
    node.variables |= {**where(redis, gate.port), "NAUTILUS_TIMEOUT_RECONCILIATION": "60"}
    node.start()
    node.wait_for_status("RECONCILING")
    node.signal(signal.SIGTERM)
    assert node.wait_exit(20) == 0, node.log()[-2000:]
