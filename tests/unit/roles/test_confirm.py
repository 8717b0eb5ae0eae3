"""Where real money trades nothing happens without a yes: typed, or said beforehand."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.patience import PATIENCE
from tests.unit.roles.conftest import BIN, run_ansible

if TYPE_CHECKING:
    from pathlib import Path

_DONE = "this would change something"


def _playbook(repository: Path, place: Path, *, env: str = "production", venue: str = "live") -> tuple[str, ...]:
    inventory = place / env
    inventory.mkdir()
    hosts = {"one": {"ansible_connection": "local"}, "two": {"ansible_connection": "local"}}
    group = {"tradingnodes": {"hosts": hosts, "vars": {"venue": venue}}}
    (inventory / "hosts.yml").write_text(yaml.safe_dump(group))
    confirm = {"include_tasks": str(repository / "playbooks/tasks/confirm.yml"), "vars": {"confirm_what": "deploy"}}
    play = {"hosts": "tradingnodes", "gather_facts": False, "tasks": [confirm, {"debug": {"msg": _DONE}}]}
    (place / "play.yml").write_text(yaml.safe_dump([play]))
    return ("ansible-playbook", "-i", str(inventory), str(place / "play.yml"))


def _typed(command: tuple[str, ...], answer: str, place: Path, cwd: Path) -> tuple[int, str]:
    """Runs it on a terminal of its own and types when it asks; returns its status and what it printed."""
    line = shlex.join([str(BIN / command[0]), *command[1:]])
    script = ["script", "--quiet", "--return", "--command", line, "/dev/null"]
    screen = place / "screen"
    with (
        screen.open("wb") as printed,
        subprocess.Popen(script, cwd=cwd, text=True, stdin=subprocess.PIPE, stdout=printed) as done,
    ):
        assert done.stdin is not None
        until = time.monotonic() + 60 * PATIENCE
        while done.poll() is None and time.monotonic() < until:
            # What is typed before the question, or just behind it, is thrown away.
            if "to go on:" in screen.read_text():
                with contextlib.suppress(BrokenPipeError):
                    done.stdin.write(answer)
                    done.stdin.flush()
            with contextlib.suppress(subprocess.TimeoutExpired):
                done.wait(1)
        done.kill()
    return done.returncode, screen.read_text()


def test_nobody_there_to_say_yes(repository: Path, tmp_path: Path) -> None:
    """Without a terminal and without -e confirm=yes the run ends before anything and says how to go on."""
    done = run_ansible(*_playbook(repository, tmp_path), cwd=repository)
    assert done.returncode != 0
    assert "Not confirmed; nothing was changed. Type production" in done.stdout
    assert _DONE not in done.stdout


def test_said_beforehand(repository: Path, tmp_path: Path) -> None:
    """-e confirm=yes asks nothing; any other word is no yes."""
    command = _playbook(repository, tmp_path)
    assert _DONE in run_ansible(*command, "-e", "confirm=yes", cwd=repository).stdout
    assert _DONE not in run_ansible(*command, "-e", "confirm=maybe", cwd=repository).stdout


@pytest.mark.parametrize(("answer", "goes_on"), [("production\n", True), ("yes\n", False)])
def test_typed_at_the_terminal(repository: Path, tmp_path: Path, answer: str, *, goes_on: bool) -> None:
    """Only the inventory's name, typed, goes on."""
    status, printed = _typed(_playbook(repository, tmp_path), answer, tmp_path, repository)
    assert (_DONE in printed) == goes_on, printed
    assert (status == 0) == goes_on


def test_the_venue_decides_in_any_inventory(repository: Path, tmp_path: Path) -> None:
    """An inventory of another name that trades live asks as well; a testnet does not."""
    assert _DONE not in run_ansible(*_playbook(repository, tmp_path, env="desk"), cwd=repository).stdout
    other = tmp_path / "other"
    other.mkdir()
    assert _DONE in run_ansible(*_playbook(repository, other, env="testnet", venue="demo"), cwd=repository).stdout
