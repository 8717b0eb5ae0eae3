"""Real processes on loopback for the tests of the service: redis-server, simvenue, noderun with a notify socket."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml

from tests.support.ledger import differences
from tests.support.patience import PATIENCE
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

TRADER = "MM-001"
REDIS_USER = "tradingnode-main"
REDIS_PASSWORD = "redis-secret-" + "r" * 32
API_KEY = "key-" + "k" * 60
API_SECRET = "secret-" + "s" * 57
INSTRUMENT = "BTCUSDT-PERP.BINANCE"
# What roles/redis grants: the least that upstream's cache works with.
ACL = (
    f"user {REDIS_USER} on >{REDIS_PASSWORD} ~trader-{TRADER}:* +set +get +del +rpush +rpushx +lrange +sadd +srem "
    "+hset +hdel +hgetall +smembers +mget +scan +multi +exec +watch +info"
)
MARKET_MAKER: dict[str, Any] = {
    "strategy_path": "strategies.market_maker:MarketMaker",
    "config_path": "strategies.market_maker:MarketMakerConfig",
    "config": {
        "instrument_id": INSTRUMENT,
        "order_qty": "0.010",
        "max_position": "0.100",
        "half_spread_bps": 0.5,
        "external_order_claims": [INSTRUMENT],
        "order_id_tag": "000",
    },
}
PATIENT_MAKER = {**MARKET_MAKER, "config": {**MARKET_MAKER["config"], "half_spread_bps": 100, "requote_bps": 100}}
BIN = Path(sys.executable).parent
# Generous: many start side by side, and one that is waited for costs nothing.
STARTED_SECONDS = 60.0


def eventually(look: Callable[[], Any], *, seconds: float = 20.0, what: str = "") -> Any:  # noqa: ANN401 whatever is looked for
    """Returns the first truthy result, or fails; seconds are those of a calm machine."""
    seconds *= PATIENCE
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if result := look():
            return result
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what or look}")


def stop_process(process: subprocess.Popen[bytes], seconds: float = 10.0 * PATIENCE) -> None:
    """Ends a process that this test started."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_start(answers: Callable[[], Any], process: subprocess.Popen[bytes], what: str) -> None:
    """Waits until a process answers; one that does not is ended, so that it burdens no other test."""

    def here() -> bool:
        code = process.poll()
        assert code is None, f"exit code {code} instead of: {what}"
        return bool(answers())

    try:
        eventually(here, seconds=STARTED_SECONDS, what=what)
    except BaseException:
        stop_process(process)
        raise


@dataclass
class Redis:
    """A redis-server with an append-only file and one ACL user."""

    directory: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Starts the server and waits until it answers."""
        self.process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL)
        wait_for_start(self._answers, self.process, "redis-server answers")
        return self

    def stop(self) -> None:
        """Stops the server; its data stay."""
        if self.process is not None:
            stop_process(self.process)
            self.process = None

    def command(self) -> list[str]:
        """Returns what starts the server, whose users are written down."""
        self.directory.mkdir(exist_ok=True)
        acl = self.directory / "users.acl"
        acl.write_text(f"user default off ~* +@all\nuser admin on >admin ~* +@all\n{ACL}\n")
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory)]
        command += ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
        return [*command, "--aclfile", str(acl)]

    def admin(self, *command: str, timeout: float | None = None) -> str:
        """Runs a command as an administrator."""
        line = self.line(*command)
        return subprocess.run(line, check=True, capture_output=True, text=True, timeout=timeout).stdout.strip()

    def line(self, *command: str) -> list[str]:
        """Returns a command of an administrator, to be run."""
        return ["redis-cli", "-p", str(self.port), "--user", "admin", "--pass", "admin", "--no-auth-warning", *command]

    def _answers(self) -> bool:
        with contextlib.suppress(subprocess.SubprocessError):
            return self.admin("PING", timeout=5) == "PONG"
        return False


@dataclass
class Venue:
    """A simvenue process with one customer, "node", that serves one venue.

    Attributes:
        name: Which of simvenue's venues.
        instruments: What is listed there.
        balances: What the customer starts with.
        faults: Settings of the faults, as the log of requests.
        rate_limits: Whether it counts requests as the real one.
        invented: How many made-up contracts it lists as well.
    """

    directory: Path
    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)
    name: str = "binance_futures"
    instruments: tuple[str, ...] = ("BTCUSDT", "ETHUSDT")
    balances: dict[str, str] = field(default_factory=lambda: {"USDT": "100000"})
    market: dict[str, Any] = field(default_factory=lambda: {"kind": "synthetic", "seed": 7, "speed": 5.0})
    faults: dict[str, Any] = field(default_factory=dict)
    rate_limits: bool = True
    invented: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its REST address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Starts the venue and waits until it answers."""
        self.directory.mkdir(exist_ok=True)
        config = self.directory / "simvenue.yaml"
        config.write_text(
            yaml.safe_dump(
                {
                    "data_dir": str(self.directory),
                    "admin": {"host": "127.0.0.1", "port": self.admin_port},
                    "venues": {
                        self.name: {
                            "host": "127.0.0.1",
                            "port": self.port,
                            "instruments": list(self.instruments),
                            "rate_limits": self.rate_limits,
                            "invented": self.invented,
                        }
                    },
                    "accounts": [
                        {
                            "name": "node",
                            "keys": [{"api_key": API_KEY, "api_secret": API_SECRET}],
                            "balances": self.balances,
                        }
                    ],
                    "market": self.market,
                    "faults": self.faults,
                }
            )
        )
        config.chmod(0o600)
        with (self.directory / "simvenue.log").open("ab") as log:
            self.process = subprocess.Popen([BIN / "simvenue", "serve", "--config", config], stdout=log, stderr=log)
        wait_for_start(self._answers, self.process, "simvenue answers")
        return self

    def stop(self) -> None:
        """Stops the venue; its ledger stays."""
        if self.process is not None:
            stop_process(self.process)
            self.process = None

    def freeze(self) -> None:
        """Stops every answer while connections stay open."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Goes on answering."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def ledger(self) -> dict[str, Any]:
        """Returns the node's account as the venue has it."""
        document: dict[str, Any] = self.call("GET", "/admin/v1/ledger?account=node")
        return document

    def open_orders(self) -> list[dict[str, Any]]:
        """Returns the node's open orders as the venue has them."""
        return [order for order in self.ledger()["orders"] if order["status"] in {"NEW", "PARTIALLY_FILLED"}]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 JSON
        """Calls the admin API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin_port}{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 our own process
            return json.load(response)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(self.call("GET", "/admin/v1/health"))
        return False


@dataclass
class Node:
    """One `noderun run`, as systemd would run it: notify socket, run directory, env file.

    Attributes:
        command: What is run; another one for a build that is broken on purpose.
    """

    directory: Path
    variables: dict[str, str]
    strategies: list[dict[str, Any]] = field(default_factory=lambda: [MARKET_MAKER])
    instance: str = "main"
    command: tuple[str, ...] = (str(BIN / "noderun"),)
    process: subprocess.Popen[bytes] | None = None
    messages: list[tuple[float, str]] = field(default_factory=list)
    started: float = 0.0
    _notify: socket.socket | None = None

    @property
    def control(self) -> Path:
        """Its control socket."""
        return self.directory / "control.sock"

    def start(self, **extra: str) -> Self:
        """Starts the service; extra variables join the process environment."""
        self.directory.mkdir(exist_ok=True)
        strategies = self.directory / "strategies.yaml"
        strategies.write_text(yaml.safe_dump({"strategies": self.strategies}))
        variables = {**self.variables}
        if self.strategies:
            variables["NAUTILUS_STRATEGIES_FILE"] = str(strategies)
        env_file = self.directory / "node.env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        env_file.chmod(0o600)
        self.messages.clear()
        self._close()
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = self.directory / "notify.sock"
        address.unlink(missing_ok=True)
        self._notify.bind(str(address))
        self._notify.setblocking(False)  # noqa: FBT003 the standard library's signature
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "NOTIFY_SOCKET": str(address),
            "RUNTIME_DIRECTORY": str(self.directory),
            "STATE_DIRECTORY": str(self.directory),
            "WATCHDOG_USEC": "3000000",
            **extra,
        }
        self.started = time.monotonic()
        with (self.directory / "node.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, "run", "--instance", self.instance, "--env-file", env_file],
                env=environment,
                cwd=self.directory,
                stdout=log,
                stderr=log,
            )
        return self

    def listen(self) -> list[str]:
        """Returns every line told to the service manager so far."""
        assert self._notify is not None
        with contextlib.suppress(BlockingIOError):
            while True:
                text = self._notify.recv(65536).decode()
                self.messages += [(time.monotonic(), line) for line in text.splitlines()]
        return [line for _, line in self.messages]

    def status_lines(self) -> list[str]:
        """Returns the STATUS lines so far."""
        return [line.removeprefix("STATUS=") for line in self.listen() if line.startswith("STATUS=")]

    def wait_for_status(self, text: str, seconds: float = 30.0) -> None:
        """Waits until a STATUS line contains the text."""
        self._wait(lambda: any(text in line for line in self.status_lines()), seconds, f"status {text!r}")

    def wait_ready(self, seconds: float = 30.0) -> float:
        """Waits for READY=1 and returns the seconds it took."""
        self._wait(lambda: "READY=1" in self.listen(), seconds, "READY=1")
        return next(when for when, line in self.messages if line == "READY=1") - self.started

    def _wait(self, look: Callable[[], bool], seconds: float, what: str) -> None:
        def seen() -> bool:
            if look():
                return True
            assert self.process is not None
            code = self.process.poll()
            # Once more: the last words may have come between the look and the end.
            assert code is None or look(), f"noderun ended with {code} before {what}\n{self.log()[-3000:]}"
            return look()

        eventually(seen, seconds=seconds, what=f"{what}\n{self.status_lines()}\n")

    def wait_exit(self, seconds: float = 60.0) -> int:
        """Waits for the end and returns the exit code."""
        assert self.process is not None

        def ended() -> bool:
            # The queue of a datagram socket is short: a manager that does not listen misses messages.
            self.listen()
            return self.process is not None and self.process.poll() is not None

        eventually(ended, seconds=seconds, what=f"end of noderun {self.status_lines()}")
        self.listen()
        return int(self.process.returncode)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def ask(self, command: str) -> Any:  # noqa: ANN401 JSON
        """Runs a command of `noderun` that looks, such as status."""
        done = subprocess.run(
            [BIN / "noderun", command, "--socket", self.control, "--json"], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    def act(self, *words: str) -> dict[str, Any]:
        """Runs a command of `noderun` that must succeed, and returns its answer."""
        done = self._command(*words, "--json")
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def refused(self, *words: str) -> str:
        """Runs a command of `noderun` that must fail, and returns what it said."""
        done = self._command(*words)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def line(self, *words: str) -> list[str]:
        """Returns a command of `noderun` for this node, to be run."""
        return [str(BIN / "noderun"), *words, "--socket", str(self.control)]

    def _command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.line(*words), capture_output=True, text=True, check=False)

    def kill(self) -> None:
        """Kills the process as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def log(self) -> str:
        """Returns everything the process wrote."""
        return (self.directory / "node.log").read_text(errors="replace")

    def stop(self) -> None:
        """Ends the process if it still runs."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
        self._close()

    def _close(self) -> None:
        if self._notify is not None:
            self._notify.close()
            self._notify = None


def equal(node: Node, venue: Venue) -> list[str]:
    """Waits until node and ledger agree, and returns what is left between them; the market stands still meanwhile.

    Two reads of a trading system never are one moment.
    """
    venue.call("POST", "/admin/v1/market/pause")
    until = time.monotonic() + 40 * PATIENCE
    while (found := differences(node.ask("dump"), venue.ledger())) and time.monotonic() < until:
        time.sleep(0.2)
    venue.call("POST", "/admin/v1/market/resume")
    return found
