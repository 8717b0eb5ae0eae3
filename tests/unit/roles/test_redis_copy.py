"""A Redis and its copy, two real servers on the role's own configurations: what gets through, and what does not."""

from __future__ import annotations

import datetime as dt
import json
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.authority import authority, certified
from tests.support.lab import wait_for
from tests.support.ports import free_port
from tests.unit.roles.conftest import SAMPLE, load, run_ansible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ADMIN = str(SAMPLE["redis_admin_password"])
LOGIN = "canary-replication-password"
ELSEWHERE = "127.0.0.2"
"""An address that is not Redis' own: the relay listens there, as it does on a host's network."""
_FILES = ("redis.conf", "replication.conf", "users.acl", "redis-replication.socket", "redis-replication.service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one server has its files, and its plain port."""

    directory: Path
    port: int

    def client(self, username: str | None = "ops", password: str | None = ADMIN, **more: Any) -> redis.Redis:  # noqa: ANN401 - as redis-py has it
        """Somebody who asks this server, without redis-py's own retries."""
        return redis.Redis(
            **{"port": self.port, **more},
            username=username,
            password=password,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )

    def ask(self, *command: str) -> Any:  # noqa: ANN401 - whatever Redis answers
        """Ask as the admin."""
        with self.client() as client:
            return client.execute_command(*command)

    def link(self) -> str:
        """What a copy says of its link."""
        return str(self.ask("INFO", "replication")["master_link_status"])


def _render(repository: Path, places: dict[Path, dict[str, Any]]) -> None:
    """Renders the role's files with Ansible, into each directory with its variables."""
    role = repository / "roles/redis"
    own: dict[str, Any] = {"redis_replication_password": LOGIN, **SAMPLE}
    for part in ("vars", "defaults"):
        own = {**yaml.safe_load((role / f"{part}/main.yml").read_text()), **own}
    # One task a place, because each costs seconds on a busy machine.
    files = ", ".join(f"'{file}': lookup('ansible.builtin.template', '{role}/templates/{file}.j2')" for file in _FILES)
    tasks = [
        {
            "copy": {"content": f"{{{{ {{{files}}} | to_json }}}}", "dest": f"{directory}/files.json", "mode": "0600"},
            "vars": {**own, "__redis_directory": str(directory), **variables},
        }
        for directory, variables in places.items()
    ]
    place = next(iter(places)).parent
    (place / "play.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    done = run_ansible("ansible-playbook", "-i", "localhost,", "-c", "local", f"{place}/play.json", cwd=repository)
    assert done.returncode == 0, done.stdout + done.stderr
    for directory in places:
        for name, text in json.loads((directory / "files.json").read_text()).items():
            (directory / name).write_text(text)


def _listens(address: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


@contextmanager
def _running(argv: list[str], log: Path) -> Iterator[None]:
    with log.open("a") as output:
        process = subprocess.Popen(argv, stdout=output, stderr=output)
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def _server(place: Place, *options: str) -> Iterator[Place]:
    data = place.directory / "data"
    data.mkdir(exist_ok=True)
    files = ("--aclfile", str(place.directory / "users.acl"), "--dir", str(data), "--pidfile", "")
    with _running(
        ["redis-server", str(place.directory / "redis.conf"), *files, *options], place.directory / "redis.log"
    ):
        wait_for(lambda: _listens("127.0.0.1", place.port), within=20, what="redis-server")
        yield place


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A primary that runs behind its relay, and the files of copies of it that do not run yet."""

    primary: Place
    tls_port: int
    copies: dict[str, Place]


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everything as the role renders it; certificates of one authority, but for the copy `stranger`."""
    top = tmp_path_factory.mktemp("copy")
    ours, theirs = authority(top / "ours"), authority(top / "theirs")
    plain, tls, *ports = (free_port() for _ in range(5))
    primary = Place(directory=top / "primary", port=plain)
    names = ("good", "guesser", "stranger")
    copies = {name: Place(directory=top / name, port=port) for name, port in zip(names, ports, strict=True)}
    for place in (primary, *copies.values()):
        place.directory.mkdir()
        made = certified(theirs if place.directory.name == "stranger" else ours)
        for name, text in made.items():
            (place.directory / f"{name.replace('redis_tls_', 'tls-')}.pem").write_text(text)
    # The stranger has a certificate of its own authority, and even knows ours.
    (copies["stranger"].directory / "tls-ca.pem").write_text((ours / "ca.pem").read_text())
    _render(
        repository,
        {
            primary.directory: {"redis_port": plain, "redis_tls_port": tls, "redis_tls_listen": [ELSEWHERE]},
            **{
                place.directory: {
                    "redis_port": place.port,
                    "redis_users": [],
                    "redis_replica_of": ELSEWHERE,
                    "redis_replica_of_port": tls,
                    **({"redis_replication_password": "not-the-right-password"} if name == "guesser" else {}),
                }
                for name, place in copies.items()
            },
        },
    )
    unit = (primary.directory / "redis-replication.service").read_text()
    (start,) = [line.partition("=")[2].split() for line in unit.splitlines() if line.startswith("ExecStart=")]
    door = (primary.directory / "redis-replication.socket").read_text()
    (listen,) = [line.partition("=")[2] for line in door.splitlines() if line.startswith("ListenStream=")]
    relay = ["systemd-socket-activate", "--listen", listen, *start]
    with _server(primary), _running(relay, top / "relay.log"):
        yield Site(primary=primary, tls_port=tls, copies=copies)


def test_writes_arrive_over_tls_and_outlive_the_primary_s_absence(site: Site) -> None:
    """What the node writes is in the copy, which takes no writes itself; started without a primary it has them all."""
    with _server(site.copies["good"]) as copy:
        wait_for(lambda: copy.link() == "up", within=20, what="a link")
        with site.primary.client("tradingnode-main", "canary-redis-node-password") as node:
            node.set("trader-MM-001:general:a", "1")
            with node.pipeline(transaction=True) as together:
                together.rpush("trader-MM-001:orders:1", "event")
                together.execute()
        with copy.client() as reader:
            wait_for(lambda: reader.lrange("trader-MM-001:orders:1", 0, -1) == ["event"], within=10, what="the write")
            assert reader.get("trader-MM-001:general:a") == "1"
            with pytest.raises(redis.ReadOnlyError):
                reader.set("trader-MM-001:general:b", "1")
        wait_for(
            lambda: copy.ask("INFO", "persistence")["aof_rewrite_in_progress"] == 0, within=20, what="all of it on disk"
        )
    own = site.copies["good"].directory / "redis.conf"
    kept = own.read_text()
    # What a promotion renders.
    own.write_text(
        "\n".join(line for line in kept.splitlines() if not line.startswith(("include", "tls-", "replica-")))
    )
    try:
        with _server(site.copies["good"]) as promoted, promoted.client() as writer:
            assert promoted.ask("INFO", "replication")["role"] == "master"
            assert writer.lrange("trader-MM-001:orders:1", 0, -1) == ["event"]
            assert writer.set("trader-MM-001:general:b", "1")
    finally:
        own.write_text(kept)


@pytest.mark.parametrize("name", ["guesser", "stranger"])
def test_a_wrong_password_or_certificate_gets_nothing(site: Site, name: str) -> None:
    """A copy that guesses the password, or whose certificate is of another authority, is refused and stays empty."""
    site.primary.ask("SET", "trader-MM-001:general:secret", "1")
    word = {"guesser": "WRONGPASS", "stranger": "alert unknown ca"}[name]
    with _server(site.copies[name]) as copy:
        log = copy.directory / "redis.log"
        wait_for(lambda: word in log.read_text(), within=20, what=word)
        # Also a second try is in vain.
        time.sleep(2)
        assert copy.link() == "down"
        assert copy.ask("DBSIZE") == 0


def test_who_comes_without_a_certificate_is_not_answered(site: Site) -> None:
    """TLS without a client's certificate ends before any command, also for who knows a password; with one it works."""
    pem = site.primary.directory
    tls: dict[str, Any] = {"host": ELSEWHERE, "port": site.tls_port, "ssl": True, "ssl_check_hostname": False}
    trusts = {**tls, "ssl_ca_certs": str(pem / "tls-ca.pem")}
    own = {"ssl_certfile": str(pem / "tls-certificate.pem"), "ssl_keyfile": str(pem / "tls-key.pem")}
    # A reset can overtake the alert that says why.
    refused = pytest.raises(redis.ConnectionError, match=r"certificate required|closed by server|reset by peer")
    with site.primary.client(**trusts) as client, refused:
        client.ping()
    with site.primary.client(**trusts, **own) as client:
        assert client.ping()


def test_the_plain_port_is_on_loopback_only(site: Site) -> None:
    """The relay's address answers on the TLS port and refuses the plain one."""
    assert _listens(ELSEWHERE, site.tls_port)
    assert not _listens(ELSEWHERE, site.primary.port)
    assert _listens("127.0.0.1", site.primary.port)


@pytest.mark.parametrize("command", ["GET x", "KEYS *", "CONFIG GET *", "REPLICAOF NO ONE", "SYNC"])
def test_the_user_of_copies_may_copy_and_nothing_else(site: Site, command: str) -> None:
    """The ACL user `replication` may say PING, PSYNC and REPLCONF."""
    with site.primary.client("replication", LOGIN) as client:
        assert client.ping()
        with pytest.raises(redis.ResponseError, match="permission"):
            client.execute_command(*command.split())


def test_a_redis_with_keys_does_not_become_a_copy(
    site: Site, tmp_path: Path, run_module: Callable[..., dict[str, Any]]
) -> None:
    """A server that holds keys of its own is refused with the way out; as a copy that is promoted it tells its age."""
    config = tmp_path / "redis.conf"
    config.write_text(f"port {site.primary.port}\n")
    given = {"user": "ops", "password": ADMIN, "config": str(config), "timeout": 20}
    site.primary.ask("SET", "trader-MM-001:general:own", "1")
    refused = run_module(
        "redis", "redis_appendonly", {**given, "data_dir": str(site.primary.directory / "data"), "copy": True}
    )
    assert refused["failed"]
    assert "keys of its own, and as a copy (redis_replica_of) it would delete them" in refused["msg"]
    with _server(site.copies["good"]) as copy:
        wait_for(lambda: copy.link() == "up", within=20, what="a link")
        config.write_text(f"port {copy.port}\n")
        given |= {"data_dir": str(copy.directory / "data")}
        told = run_module("redis", "redis_appendonly", {**given, "copy": True})
        whole = {"port": copy.port, "user": "ops", "password": ADMIN, "timeout": 20}
        assert run_module("redis", "redis_linked", whole)["offset"] > 0
    assert (told["changed"], told["copied"]["host"]) == (False, ELSEWHERE)
    assert "stop the node there first" in told["copied"]["heard"]


def test_certificates_are_judged_before_a_host_sees_them(repository: Path, tmp_path: Path) -> None:
    """Each wrong or missing PEM text is a line with its variable, all at once, and none shows a value."""
    problems = load(repository / "plugins/filter/redis_tls.py").redis_tls_problems
    ours, theirs = authority(tmp_path / "ours"), authority(tmp_path / "theirs")
    good, other = tuple(certified(ours).values()), tuple(certified(theirs).values())
    assert problems(*good) == []
    assert [line.split()[0] for line in problems("", " ", "")] == [
        "redis_tls_certificate",
        "redis_tls_ca",
        "redis_tls_key",
    ]
    assert [line.split(":")[0] for line in problems("junk", "junk-secret", "junk")] == [
        "redis_tls_certificate is not a certificate",
        "redis_tls_ca is not a certificate",
        "redis_tls_key is not a private key",
    ]
    (key, signer) = problems(good[0], other[1], other[2])
    assert "redis_tls_key is not the key of redis_tls_certificate" in key
    assert "is not signed by redis_tls_ca" in signer
    late, early = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (2126, 2026))
    assert "redis_tls_certificate expired on" in problems(*good, now=late)[0]
    assert "redis_tls_certificate is valid from" in problems(*good, now=early)[0]
    assert not any("junk-secret" in line for line in problems("junk", "junk-secret", "junk"))


def _check(repository: Path, place: Path, **variables: object) -> str:
    playbook, given = place / "play.yml", place / "given.json"
    include = {"include_role": {"name": "redis", "tasks_from": "check.yml"}}
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [include]}]))
    own = {name: value for name, value in SAMPLE.items() if name.startswith("redis_")}
    given.write_text(json.dumps(own | {"redis_maxmemory": "64mb"} | variables))
    done = run_ansible(
        *("ansible-playbook", "-i", "localhost,", "-c", "local", f"-e@{given}", str(playbook)), cwd=repository
    )
    assert "changed=0" in done.stdout
    return " ".join((done.stdout if done.returncode else "").split())


def test_bad_input_is_told_at_once(repository: Path, tmp_path: Path) -> None:
    """What cannot be copied, or be a copy, is refused with every reason in one message; what can passes."""
    told = _check(
        repository,
        tmp_path,
        redis_tls_listen=["0.0.0.0", "192.0.2.77"],
        redis_replica_of=ELSEWHERE,
        redis_tls_port=6379,
    )
    for expected in (
        "redis_tls_certificate is missing",
        "redis_tls_key is missing",
        "redis_tls_ca is missing",
        "redis_replication_password must have at least 16 characters",
        "not loopback and not all of them",
        "redis_tls_listen holds 192.0.2.77, and localhost has no such address",
        "and the first not redis_port",
        f"redis_replica_of is {ELSEWHERE}, which is localhost itself",
        "localhost has a node (tradingnode-main",
    ):
        assert expected in told, expected
    good = certified(authority(tmp_path / "authority"))
    assert (
        _check(
            repository,
            tmp_path,
            redis_users=[],
            redis_replica_of="192.0.2.77",
            redis_replication_password=LOGIN,
            **good,
        )
        == ""
    )
