"""The backup role's modules against a real redis-server and real age: what is archived comes back, damage does not."""

from __future__ import annotations

import getpass
import json
import subprocess
import tarfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import redis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEYS = 1000
_PASSWORD = "secret-password-0"


@dataclass(frozen=True, kw_only=True)
class World:
    """A host's worth of files, the key pair of its archives, and a Redis that is started on demand."""

    place: Path
    port: int
    identity: str
    recipient: str
    run: Callable[[str, str, dict[str, Any]], dict[str, Any]]

    @property
    def data(self) -> Path:
        """Redis' data directory."""
        return self.place / "data"

    @property
    def archive(self) -> Path:
        """The encrypted archive."""
        return self.place / "archive.age"

    @property
    def opened(self) -> Path:
        """Where it is opened."""
        return self.place / "opened"

    @contextmanager
    def redis(self) -> Iterator[redis.Redis]:
        """An append-only server with an admin user, ended in order."""
        options = {
            "port": str(self.port),
            "dir": str(self.data),
            "appendonly": "yes",
            "daemonize": "no",
            "user": f"ops on >{_PASSWORD} ~* &* +@all",
        }
        argv = [word for name, value in options.items() for word in (f"--{name}", *value.split(" "))]
        with (
            (self.place / "redis.log").open("w") as log,
            subprocess.Popen(["redis-server", *argv], stdout=log) as server,
        ):
            client = redis.Redis(port=self.port, decode_responses=True)
            try:
                deadline = time.monotonic() + 10
                while time.monotonic() < deadline:
                    try:
                        client.dbsize()
                        break
                    except redis.ConnectionError:
                        time.sleep(0.05)
                yield client
            finally:
                client.close()
                server.terminate()

    def make(self, **changed: str) -> dict[str, Any]:
        """Make the archive with the role's module."""
        wanted = {
            "port": self.port,
            "user": "ops",
            "password": _PASSWORD,
            "recipient": self.recipient,
            "archive": str(self.archive),
            "files": {"instance.env": str(self.place / "main.env"), "overrides.yaml": str(self.place / "absent")},
            "state": str(self.place / "state"),
            "state_excluded": ["catalog"],
            "current": str(self.place / "current"),
            "about": {"host": "h", "instance": "main", "trader_id": "MM-001"},
            "timeout": 20,
        }
        return self.run("backup", "backup_make", wanted | changed)

    def open(self, **changed: str) -> dict[str, Any]:
        """Open and prove the archive with the role's module."""
        wanted = {
            "archive": str(self.archive),
            "identity": self.identity,
            "place": str(self.opened),
            "instance": "main",
            "trader_id": "MM-001",
            "timeout": 20,
        }
        return self.run("backup", "backup_open", wanted | changed)


@pytest.fixture
def world(tmp_path: Path, free_port: int, run_module: Callable[..., dict[str, Any]]) -> World:
    """A host with settings, a state and an empty Redis."""
    (tmp_path / "data").mkdir()
    (tmp_path / "main.env").write_text("BINANCE_API_KEY='canary-key'\n")
    (tmp_path / "state/catalog").mkdir(parents=True)
    (tmp_path / "state/catalog/big").write_text("left out")
    (tmp_path / "state/halt.json").write_text("{}")
    keys = subprocess.run(["age-keygen"], text=True, capture_output=True, check=True).stdout.splitlines()
    return World(
        place=tmp_path,
        port=free_port,
        identity=keys[2],
        recipient=keys[1].removeprefix("# public key: "),
        run=run_module,
    )


def _fill(client: redis.Redis) -> None:
    for i in range(KEYS):
        client.rpush(f"trader-MM-001:orders:{i}", f"event {i}")


def test_what_is_archived_comes_back(world: World) -> None:
    """Every key, the settings and the state are in the archive, the catalog is not, and Redis goes on rewriting."""
    with world.redis() as client:
        _fill(client)
        made = world.make()
        assert client.config_get("auto-aof-rewrite-percentage") == {"auto-aof-rewrite-percentage": "100"}
        assert client.dbsize() == KEYS
    assert made.get("failed") is not True, made
    opened = world.open()
    assert opened.get("failed") is not True, opened
    assert opened["key_count"] == KEYS
    assert (world.opened / "node/instance.env").read_text() == (world.place / "main.env").read_text()
    assert (world.opened / "state/halt.json").is_file()
    assert not (world.opened / "state/catalog").exists()
    # Nothing else of the copy is left behind.
    assert {file.name for file in world.data.iterdir()} <= {"appendonlydir", "dump.rdb"}


def test_nothing_readable_leaves_the_host(world: World) -> None:
    """The archive shows neither a key of Redis nor a secret, and no module prints one."""
    with world.redis() as client:
        _fill(client)
        made = world.make()
    content = world.archive.read_bytes()
    assert content.startswith(b"age-encryption.org/")
    assert b"canary-key" not in content
    assert b"trader-MM-001" not in content
    said = json.dumps([made, world.open()])
    assert _PASSWORD not in said
    assert world.identity not in said


def test_a_copy_under_writes_is_whole(world: World) -> None:
    """Writes that arrive meanwhile, also a rewrite, leave a copy that loads and holds all that was there before."""
    with world.redis() as client:
        _fill(client)
        stop = threading.Event()

        def write() -> None:
            other = redis.Redis(port=world.port)
            for i in iter(int, 1):
                if stop.is_set():
                    break
                other.set(f"later:{i}:{time.monotonic_ns()}", "x" * 2000)
            other.close()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            client.bgrewriteaof()
            made = world.make()
        finally:
            stop.set()
            writer.join()
    assert made.get("failed") is not True, made
    opened = world.open()
    assert opened.get("failed") is not True, opened
    assert opened["key_count"] >= KEYS


def test_a_damaged_file_is_no_backup(world: World) -> None:
    """Damage in the middle of the live append-only file fails the backup instead of being archived or cut away."""
    with world.redis() as client:
        for i in range(KEYS):
            client.set(f"key:{i}", "x" * 4000)
        (file,) = (world.data / "appendonlydir").glob("*.incr.aof")
        with file.open("r+b") as stream:
            stream.seek(file.stat().st_size // 2)
            stream.write(b"\0" * 8192)
        made = world.make()
    assert made["failed"]
    assert "damaged" in made["msg"]
    assert not world.archive.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"identity": "AGE-SECRET-KEY-1QQQQQQ"}, "cannot be decrypted"),
        ({"trader_id": "MM-002"}, "trader_id MM-001, the inventory says MM-002"),
    ],
)
def test_an_archive_that_is_not_meant_is_refused(world: World, changed: dict[str, str], said: str) -> None:
    """Another key or another trader id: the reason, and nothing is left on the disk."""
    with world.redis() as client:
        _fill(client)
        world.make()
    opened = world.open(**changed)
    assert opened["failed"]
    assert said in opened["msg"]
    assert not world.opened.exists()


def test_a_changed_archive_is_refused(world: World) -> None:
    """One flipped byte is seen by age; a file that was exchanged inside by somebody with the key, by its hash."""
    with world.redis() as client:
        _fill(client)
        world.make()
    good = world.archive.read_bytes()
    world.archive.write_bytes(good[:-20] + bytes([good[-20] ^ 1]) + good[-19:])
    assert "cannot be decrypted" in world.open()["msg"]
    world.archive.write_bytes(good)
    assert world.open().get("failed") is not True
    (world.opened / "node/instance.env").write_text("BINANCE_API_KEY='another'\n")
    plain = world.place / "changed.tar.gz"
    with tarfile.open(plain, "w:gz") as tar:
        for part in sorted(world.opened.iterdir()):
            tar.add(part, arcname=part.name)
    encrypt = ["age", "-r", world.recipient, "-o", str(world.archive), str(plain)]
    subprocess.run(encrypt, check=True)
    assert "changed in the archive: node/instance.env" in world.open()["msg"]


def test_what_was_there_is_kept(world: World) -> None:
    """Restored data takes the place of the present data, which is moved aside and still loads."""
    with world.redis() as client:
        _fill(client)
        world.make()
        client.set("only-in-the-present", 1)
    opened = world.open()
    (world.place / "state/halt.json").write_text("present")
    me = getpass.getuser()
    placed = world.run(
        "backup",
        "backup_place",
        {
            "place": str(world.opened),
            "data": str(world.data),
            "appenddirname": opened["manifest"]["redis"]["appenddirname"],
            "dbfilename": "dump.rdb",
            "state": str(world.place / "state"),
            "data_owner": me,
            "state_owner": me,
        },
    )
    assert placed.get("failed") is not True, placed
    with world.redis() as client:
        assert client.dbsize() == KEYS
    redis_aside, state_aside = placed["kept"]
    assert (world.data / redis_aside / "appendonlydir").is_dir()
    assert (world.place / "state" / state_aside / "halt.json").read_text() == "present"
    assert (world.place / "state/halt.json").read_text() == "{}"
    assert (world.place / "state/catalog/big").is_file()
