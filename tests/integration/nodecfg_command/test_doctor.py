"""The doctor tells what is wrong with a real Redis and a simulated venue, each fault by its own line and exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from nodecfg.cli import app
from tests.integration.node.world import REDIS_USER
from tests.support.ports import free_port

if TYPE_CHECKING:
    from tests.integration.node.world import Redis, Venue
    from tests.integration.nodecfg_command.conftest import Command


def test_all_is_well(command: Command) -> None:
    """Beside a Redis as the role makes it and a venue, every line of both is ok."""
    code, found = command.doctor()
    outside = {check: finding for check, finding in found.items() if finding["area"] != "host"}
    assert {check: finding["verdict"] for check, finding in outside.items()} == dict.fromkeys(
        (
            "reach",
            "login",
            "version",
            "role",
            "AOF",
            "eviction",
            "memory",
            "access",
            "fence",
            "latency",
            "BINANCE DNS",
            "BINANCE reach",
            "BINANCE clock",
            "BINANCE key",
            "BINANCE position mode",
        ),
        "ok",
    )
    assert {"disk", "open files", "time sync"} <= set(found)
    assert code in {0, 70}


def test_it_leaves_nothing_behind(command: Command, redis: Redis) -> None:
    """The scratch keys are gone afterwards."""
    command.doctor()
    assert redis.admin("DBSIZE") == "0"


@pytest.mark.parametrize(
    ("changes", "check", "detail"),
    [
        ({"REDIS_PASSWORD": "another-password-of-nobody"}, "login", "wrong user or password"),
        ({"REDIS_USERNAME": "", "REDIS_PASSWORD": ""}, "login", "wants a password"),
        ({"NAUTILUS_TRADER_ID": "MM-002"}, "access", "may not: set, get"),
    ],
)
def test_a_wrong_account_at_redis(command: Command, changes: dict[str, str], check: str, detail: str) -> None:
    """A login that is refused, or a user who may not, is 75 and says which."""
    code, found = command.doctor(**changes)
    assert (code, found[check]["verdict"]) == (75, "failed")
    assert detail in found[check]["detail"]


@pytest.mark.parametrize(
    ("config", "check", "verdict"),
    [
        (("appendonly", "no"), "AOF", "failed"),
        (("maxmemory-policy", "allkeys-lru"), "eviction", "failed"),
        (("maxmemory-policy", "volatile-lru"), "eviction", "warning"),
        (("maxmemory", "100"), "access", "failed"),
    ],
)
def test_a_redis_that_would_lose_state(
    command: Command, redis: Redis, config: tuple[str, str], check: str, verdict: str
) -> None:
    """No AOF, eviction or no memory left are told before a node depends on it."""
    redis.admin("CONFIG", "SET", *config)
    code, found = command.doctor()
    assert found[check]["verdict"] == verdict
    assert found[check]["fix"]
    assert code in ({75} if verdict == "failed" else {0, 70})


def test_memory_that_runs_out(command: Command, redis: Redis) -> None:
    """Three quarters of the memory in use is a warning, before writes are dropped."""
    used = next(line for line in redis.admin("INFO", "memory").splitlines() if line.startswith("used_memory:"))
    redis.admin("CONFIG", "SET", "maxmemory", str(int(int(used.partition(":")[2]) * 1.3)))
    _, found = command.doctor()
    assert found["memory"]["verdict"] == "warning"


def test_rights_that_are_missing_or_too_many(command: Command, redis: Redis) -> None:
    """Each denied command is named; a user that reaches every key is a warning."""
    redis.admin("ACL", "SETUSER", REDIS_USER, "-hset", "-rpushx", "-watch", "-multi")
    code, found = command.doctor()
    assert code == 75
    assert "may not: rpushx, hset, watch, multi" in found["access"]["detail"]
    redis.admin("ACL", "SETUSER", REDIS_USER, "+@all", "allkeys")
    _, found = command.doctor()
    assert (found["access"]["verdict"], found["fence"]["verdict"]) == ("ok", "warning")
    redis.admin("ACL", "SETUSER", REDIS_USER, "-info")
    code, found = command.doctor()
    assert (code, found["access"]["fix"]) == (75, "grant the user +info")


def test_a_replica_is_refused(command: Command, redis: Redis) -> None:
    """A Redis that cannot be written to because it follows another is a failure."""
    redis.admin("REPLICAOF", "127.0.0.1", str(free_port()))
    code, found = command.doctor()
    assert (code, found["role"]["verdict"]) == (75, "failed")


def test_nobody_answers(command: Command, redis: Redis, venue: Venue) -> None:
    """Redis first: 75; what cannot be looked at any more is skipped, the rest is told all the same."""
    redis.stop()
    venue.stop()
    code, found = command.doctor()
    assert code == 75
    assert "connection refused" in found["reach"]["detail"]
    assert found["everything else"]["verdict"] == "skipped"
    assert (found["BINANCE DNS"]["verdict"], found["BINANCE reach"]["verdict"]) == ("ok", "failed")


def test_the_venue_alone(command: Command, venue: Venue) -> None:
    """A venue that is away is 73, and so is a name that does not resolve or another program at its address."""
    addresses = ("HTTP", "WS", "WS_STREAM")
    admin = {
        f"BINANCE_BASE_URL_{a}": f"{'http' if a == 'HTTP' else 'ws'}://127.0.0.1:{venue.admin_port}" for a in addresses
    }
    code, found = command.doctor(**admin)
    assert (code, found["BINANCE reach"]["verdict"]) == (73, "failed")
    assert "something else" in found["BINANCE reach"]["detail"]
    nowhere = {f"BINANCE_BASE_URL_{a}": f"{'http' if a == 'HTTP' else 'ws'}://nowhere.invalid.test" for a in addresses}
    code, found = command.doctor(**nowhere)
    assert (code, found["BINANCE DNS"]["verdict"]) == (73, "failed")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"BINANCE_API_KEY": "another-key-that-nobody-holds"}, "-2015"),
        ({"BINANCE_API_SECRET": "another-secret-of-nobody-at-all"}, "-1022"),
    ],
)
def test_a_wrong_key(command: Command, changes: dict[str, str], said: str) -> None:
    """A key that the venue does not know, and a secret that is not the key's, fail with the venue's own words."""
    code, found = command.doctor(**changes)
    assert (code, found["BINANCE key"]["verdict"]) == (73, "failed")
    assert said in found["BINANCE key"]["detail"]


def test_the_accounts_mode_is_compared(command: Command) -> None:
    """An account in one-way mode beside settings for hedge mode is 73."""
    code, found = command.doctor(BINANCE_HEDGE_MODE="true")
    assert (code, found["BINANCE position mode"]["verdict"]) == (73, "failed")


def test_a_venue_that_hangs(command: Command, venue: Venue) -> None:
    """A venue that takes the connection and never answers is told within its timeout."""
    venue.freeze()
    try:
        code, found = command.doctor()
    finally:
        venue.thaw()
    assert (code, found["BINANCE reach"]["detail"].rpartition(": ")[2]) == (73, "no answer in time")


def test_a_redis_without_any_fence(command: Command, redis: Redis) -> None:
    """The default user without a password works, and is told to be open to everybody."""
    redis.admin("ACL", "SETUSER", "default", "on", "nopass", "~*", "+@all")
    code, found = command.doctor(REDIS_USERNAME="", REDIS_PASSWORD="")
    assert code in {0, 70}
    assert (found["login"]["verdict"], found["fence"]["verdict"]) == ("warning", "warning")


def test_retries_until_it_answers(command: Command, redis: Redis) -> None:
    """What does not answer is asked again after 1 s and 2 s; every try is told."""
    redis.stop()
    done = command.run("doctor", "--retries", "2")
    assert done.returncode == 75
    assert "asking again in 1 s (1 of 2)" in done.stderr
    assert "asking again in 2 s (2 of 2)" in done.stderr
    assert "failed   redis  reach" in done.stdout
    assert "verdict: failed" in done.stdout


def test_lines_for_people(command: Command) -> None:
    """Without --json there is one line per check, its fix below, and the verdict at the end."""
    line = [
        "doctor",
        "--retries",
        "0",
        "--env-file",
        str(command._env_file({"REDIS_PASSWORD": "another-one-of-nobody"})),
    ]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 75
    assert "failed   redis  login: refused for user tradingnode-main: wrong user or password" in done.output
    assert "fix: check REDIS_USERNAME and REDIS_PASSWORD" in done.output
    assert "verdict: failed (" in done.output


def test_directories_of_the_instance(command: Command) -> None:
    """On a machine without the instance its directories are missing, which is 70."""
    code, found = command.doctor("--instance", "nowhere")
    assert (code, found["directory /var/lib/tradingnode/nowhere"]["verdict"]) == (70, "failed")


def test_wrong_settings_are_not_looked_at(command: Command) -> None:
    """A wrong configuration is 78 before anything is asked."""
    assert command.run("doctor", REDIS_PORT="x").returncode == 78
    assert command.run("doctor", "--json", REDIS_PORT="x").returncode == 78
    assert command.run("doctor", "--instance", "No Name").returncode == 78
