"""Real TradingNodes are constructed from settings drawn out of the whole space, with a real Redis behind them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from hypothesis import Phase, event, given, settings

from tests.support.ports import free_port
from tests.unit.nodecfg.space import Drawn, loaded_clients, profile, right_settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Server:
    """A redis-server with an administrator."""

    port: int

    def admin(self) -> redis.Redis:
        """Returns a client that may do everything."""
        return redis.Redis(port=self.port, username="admin", password="admin", decode_responses=True)

    def account(self, variables: dict[str, str], prefix: str) -> dict[str, str]:
        """Makes the drawn account, and returns where it is to be used."""
        user, password = variables.get(f"{prefix}_USERNAME", "default"), variables.get(f"{prefix}_PASSWORD")
        with self.admin() as admin:
            secret = [f">{password}"] if password else ["nopass"]
            admin.execute_command(*("ACL", "SETUSER", user, "reset", "on", "~*", "&*", "+@all", *secret))
        # TLS is in test_redis_tls: only certificates of public authorities work, which no test can have.
        return {f"{prefix}_HOST": "127.0.0.1", f"{prefix}_PORT": str(self.port), f"{prefix}_SSL": "false"}


def _serve(directory: Path) -> Iterator[Server]:
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed"
    server = Server(free_port())
    (directory / "users.acl").write_text("user admin on >admin ~* &* +@all\n")
    arguments = [
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(directory),
        "--aclfile",
        str(directory / "users.acl"),
    ]
    process = subprocess.Popen([program, *arguments, "--port", str(server.port)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                server.admin().ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "redis-server does not listen"
                time.sleep(0.05)
            else:
                break
        yield server
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The Redis of the caches."""
    yield from _serve(tmp_path_factory.mktemp("redis"))


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The Redis of message buses that have one of their own."""
    yield from _serve(tmp_path_factory.mktemp("bus"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for what the nodes read, log and record, closed to others."""
    place = tmp_path_factory.mktemp("place")
    place.chmod(0o700)
    return place


@pytest.fixture(scope="module")
def forge(place: Path) -> Iterator[subprocess.Popen[str]]:
    """The process that constructs nodes."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.integration.nodecfg.forge"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=place,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as process:
        yield process


def _construct(forge: subprocess.Popen[str], variables: dict[str, str]) -> dict[str, Any]:
    assert forge.stdin is not None
    assert forge.stdout is not None
    forge.stdin.write(json.dumps(variables) + "\n")
    forge.stdin.flush()
    answer: dict[str, Any] = json.loads(forge.stdout.readline())
    return answer


@settings(profile(usual=25), phases=[Phase.explicit, Phase.reuse, Phase.generate])  # a node that hangs takes long
@given(drawn=right_settings())
def test_any_right_settings_construct_a_real_node(
    server: Server, bus: Server, forge: subprocess.Popen[str], place: Path, drawn: Drawn
) -> None:
    """Upstream's node takes any config that the settings give, and builds every client and strategy of it."""
    # A real node opens what it is given: our Redis with the drawn account, directories that exist.
    variables = drawn.placed(place)
    variables |= server.account(variables, "REDIS")
    if "NAUTILUS_BUS_HOST" in variables:
        variables |= bus.account(variables, "NAUTILUS_BUS")
    for name, directory in (("NAUTILUS_CATALOG_PATH", "catalog"), ("NAUTILUS_LOG_DIRECTORY", "logs")):
        if name in variables:
            variables[name] = str(place / directory)
    answer = _construct(forge, variables)
    assert answer["status"] == 0, answer["said"][-4000:]
    configured = sorted(loaded_clients(variables))
    event(f"{len(configured)} clients")
    assert answer["clients"] == [configured, configured]
    listed = drawn.files.get("strategies", {})
    assert answer["components"] == [len(listed.get(key, [])) for key in ("strategies", "actors", "exec_algorithms")]
    secrets = [text for name, text in variables.items() if name.endswith(("_API_KEY", "_API_SECRET", "_PASSWORD"))]
    assert not [secret for secret in secrets if secret in answer["said"]]
