"""The guard of the append-only file, on files that a real redis-server wrote and a power cut or a bad disk broke."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.unit.roles.test_redis import _server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FILE = "appendonlydir/appendonly.aof.1.incr.aof"
_KEYS = 50


@pytest.fixture
def data(tmp_path: Path, free_port: int) -> Path:
    """The data of a server that wrote fifty keys and a transaction."""
    place = tmp_path / "data"
    with _server(free_port, place, "--appendonly", "yes") as client:
        for i in range(_KEYS):
            client.set(f"trader-MM-001:general:{i}", f"value {i}")
        with client.pipeline(transaction=True) as together:
            together.rpush("trader-MM-001:orders:1", "event")
            together.set("trader-MM-001:last", "written")
            together.execute()
    return place


def _guard(repository: Path, data: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    program = repository / "roles/redis/files/redis_aof_guard.py"
    return subprocess.run(
        [sys.executable, str(program), *argv, str(data)], text=True, capture_output=True, check=False, timeout=30
    )


def _keys_after_a_start(port: int, data: Path) -> int:
    with _server(port, data, "--appendonly", "yes", "--aof-load-truncated", "no") as client:
        return int(client.dbsize())


def _no_exec(whole: bytes) -> bytes:
    return whole[: whole.rindex(b"*1\r\n$4\r\nEXEC")]


@pytest.mark.parametrize(
    ("torn", "lost"),
    [
        (lambda whole: whole[:-3], 2),
        (_no_exec, 2),
        (lambda whole: whole[:-3] + b"\0" * 4096, 2),
        (lambda whole: whole + b"*3\r\n$3\r\nSET\r\n$1", 0),
        (lambda whole: whole + b"*", 0),
        (lambda whole: whole + b"\0" * 4096, 0),
    ],
    ids=["last word", "transaction without its end", "padded with zeros", "in a length", "one byte", "zeros only"],
)
def test_a_torn_tail_is_cut_off_with_a_copy_and_an_alert(
    repository: Path, data: Path, free_port: int, torn: Callable[[bytes], bytes], lost: int
) -> None:
    """Whatever a write left unfinished goes, what stood before it stays, and the copy is the file as it was found."""
    file = data / _FILE
    broken = torn(file.read_bytes())
    file.write_bytes(broken)
    done = _guard(repository, data, "--repair")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("<1>ALERT: "), "nobody is told"
    (copy,) = (data / "damaged").iterdir()
    assert copy.read_bytes() == broken
    assert str(copy) in done.stdout
    assert _keys_after_a_start(free_port, data) == _KEYS + 2 - lost
    assert _guard(repository, data, "--repair").stdout == ""


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole.replace(b"$7\r\n", b"$X\r\n", 1),
        lambda whole: whole.replace(b"$7\r\nvalue 3\r\n", b"$7\r\n\0\0\0\0\0\0\0\0\0", 1),
        lambda whole: whole.replace(b"$7\r\n", b"$70000\r\n", 1),
        lambda whole: whole[:1000] + b"\0" * 512 + whole[1512:],
        lambda _: b"not an append-only file",
    ],
    ids=["letter for a digit", "zeros over an end", "length too long", "a block of zeros", "another file"],
)
def test_damage_in_the_middle_is_refused_and_left_as_it_is(
    repository: Path, data: Path, damage: Callable[[bytes], bytes]
) -> None:
    """Where good commands may follow the damage, nothing is changed, and one line says where it is and what to read."""
    file = data / _FILE
    broken = damage(file.read_bytes())
    assert broken != file.read_bytes()
    file.write_bytes(broken)
    done = _guard(repository, data, "--repair")
    assert done.returncode == 1
    assert done.stdout.startswith("<1>ALERT: ")
    assert "docs/hosts.md" in done.stdout
    assert file.read_bytes() == broken


def test_redis_itself_would_drop_everything_behind_a_damaged_length(data: Path, free_port: int) -> None:
    """Why redis.conf says `aof-load-truncated no`: with `yes` a damaged length passes for a torn tail."""
    file = data / _FILE
    file.write_bytes(file.read_bytes().replace(b"$7\r\n", b"$70000\r\n", 1))
    with _server(free_port, data, "--appendonly", "yes", "--aof-load-truncated", "yes") as client:
        assert client.dbsize() < _KEYS


@pytest.mark.parametrize("empty", [True, False], ids=["no data at all", "whole file"])
def test_what_is_whole_is_left_alone(repository: Path, data: Path, tmp_path: Path, *, empty: bool) -> None:
    """A first start and every ordinary start pass without a word and without a change."""
    place = tmp_path / "nothing" if empty else data
    before = (data / _FILE).read_bytes()
    done = _guard(repository, place, "--repair")
    assert (done.returncode, done.stdout) == (0, "")
    assert (data / _FILE).read_bytes() == before


def test_by_hand_it_only_looks(repository: Path, data: Path) -> None:
    """Without --repair, as in the run-book, a torn tail is told and stays."""
    file = data / _FILE
    file.write_bytes(file.read_bytes()[:-3])
    before = file.read_bytes()
    done = _guard(repository, data)
    assert done.returncode == 0
    assert "torn" in done.stdout
    assert file.read_bytes() == before


def test_a_tail_that_cannot_be_copied_is_tried_again(repository: Path, data: Path) -> None:
    """Where there is no room or place for the copy, nothing is cut, and the status is not that of damage."""
    file = data / _FILE
    file.write_bytes(file.read_bytes()[:-3])
    before = file.read_bytes()
    (data / "damaged").write_text("no directory")
    done = _guard(repository, data, "--repair")
    assert done.returncode == 75
    assert "tried again" in done.stdout
    assert file.read_bytes() == before


def _keys(port: int, data: Path) -> set[str]:
    with _server(port, data, "--appendonly", "yes", "--aof-load-truncated", "no") as client:
        return {str(key) for key in client.scan_iter()}


def test_mending_cuts_before_the_damage_and_names_what_it_costs(repository: Path, data: Path, free_port: int) -> None:
    """Looked at and mended, every record that is lost is told, and one whose write is itself damaged is not made up."""
    file = data / _FILE
    # Fewer than are named.
    broken = file.read_bytes().replace(b"$8\r\nvalue 34\r\n", b"$X\r\nvalue 34\r\n", 1)
    file.write_bytes(broken)
    looked = _guard(repository, data)
    assert looked.returncode == 1
    assert file.read_bytes() == broken
    done = _guard(repository, data, "--mend")
    assert done.returncode == 0, done.stdout + done.stderr
    (copy,) = (data / "damaged").iterdir()
    assert copy.read_bytes() == broken
    kept = _keys(free_port, data)
    assert kept == {f"trader-MM-001:general:{i}" for i in range(34)}
    lost = {f"trader-MM-001:general:{i}" for i in range(35, _KEYS)} | {"trader-MM-001:orders:1", "trader-MM-001:last"}
    for said in (looked.stdout, done.stdout):
        named = said.rpartition(" records: ")[2].partition("\n")[0]
        assert {word.rpartition(" (")[0] for word in named.split(", ")} == lost
    again = _guard(repository, data, "--mend")
    assert (again.returncode, "nothing to mend" in again.stdout) == (0, True)


def test_many_lost_records_are_counted(repository: Path, data: Path) -> None:
    """Not every record is named where there are many, and none is left out of the count."""
    file = data / _FILE
    file.write_bytes(file.read_bytes().replace(b"$7\r\nvalue 0\r\n", b"$X\r\nvalue 0\r\n", 1))
    done = _guard(repository, data, "--mend")
    # 49 values and the transaction's two.
    assert "51 writes to 51 records: " in done.stdout
    assert " and 31 more records\n" in done.stdout


@pytest.mark.parametrize("option", ["--mend", "--aside"])
def test_nothing_is_changed_under_a_running_redis(repository: Path, data: Path, free_port: int, option: str) -> None:
    """Redis would go on writing into a file that is no longer there."""
    with _server(free_port, data, "--appendonly", "yes"):
        before = (data / _FILE).read_bytes()
        done = _guard(repository, data, option)
        assert done.returncode == 1
        assert "systemctl stop redis-server" in done.stdout
        assert (data / _FILE).read_bytes() == before


def test_what_was_put_aside_can_be_put_back(repository: Path, data: Path, free_port: int) -> None:
    """Redis starts empty, and with everything again after the command that was told."""
    done = _guard(repository, data, "--aside")
    assert done.returncode == 0
    assert _keys(free_port, data) == set()
    (told,) = (line for line in done.stdout.splitlines() if line.startswith("to go back"))
    again, _, move = told.partition(": ")[2].partition("; ")
    assert again == f"redis-aof-guard {data} --aside"
    assert _guard(repository, data, "--aside").returncode == 0
    subprocess.run(["sh", "-c", move], check=True)
    assert len(_keys(free_port, data)) == _KEYS + 2
