"""Where a rehearsal is refused, and that every reason is told at once, before anything is done."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.rehearsal.target import choose, reach

if TYPE_CHECKING:
    from pathlib import Path


def read(venues: dict[str, str], lab: tuple[str, ...] = ()) -> dict[str, Any]:
    """What ansible-inventory prints of nodes, their venues, and which of them are lab hosts."""
    return {
        "_meta": {"hostvars": {name: {"venue": venue} for name, venue in venues.items()}},
        "tradingnodes": {"hosts": list(venues)},
        "lab": {"hosts": list(lab)},
    }


def test_the_only_lab_host_is_taken_without_being_named() -> None:
    """One simulated lab host needs no HOST and nothing speaks against it."""
    assert choose(read({"lab1": "simvenue"}, ("lab1",)), "testnet", None) == ("lab1", [])


def test_a_named_host_of_several_is_taken() -> None:
    """HOST picks one of several; without it the question is which, with the names."""
    several = read({"lab1": "simvenue", "lab2": "simvenue"}, ("lab1", "lab2"))
    assert choose(several, "testnet", "lab2") == ("lab2", [])
    chosen, problems = choose(several, "testnet", None)
    assert chosen is None
    assert len(problems) == 1
    assert "HOST=lab1 (of lab1, lab2)" in problems[0]


def test_a_venue_that_is_not_simulated_is_refused() -> None:
    """The exchange's own testnet has no ledger to judge by and is refused, with the fix."""
    _, problems = choose(read({"lab1": "testnet"}, ("lab1",)), "testnet", None)
    assert len(problems) == 1
    assert "venue: testnet" in problems[0]
    assert "set `venue: simvenue`" in problems[0]


def test_one_real_host_in_an_inventory_refuses_all_of_it() -> None:
    """An inventory in which any node trades elsewhere is no place for failures, whichever host was named."""
    _, problems = choose(read({"lab1": "simvenue", "trader1": "live"}, ("lab1",)), "mixed", "lab1")
    assert any("trader1 trades on `venue: live`" in problem for problem in problems)


def test_a_simulated_venue_on_a_server_is_refused() -> None:
    """A host that `make lab` did not boot is left alone although its venue is simulated."""
    _, problems = choose(read({"server": "simvenue"}), "testnet", None)
    assert len(problems) == 1
    assert "no lab host" in problems[0]


def test_every_problem_is_told_at_once(repository: Path) -> None:
    """Production, an unknown host and an unknown failure: exit 2, each named with its fix, and nothing was done."""
    command = [sys.executable, "-m", "tests.rehearsal", "--env", "production", "--host", "lab7", "--fault", "flood"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout.startswith("Nothing was done:")
    for said in ("trades on `venue: live`", "HOST=lab7", "FAULT: flood is unknown; take one of kill-9,"):
        assert said in done.stdout
    assert "vault" not in done.stdout


def test_a_lab_that_does_not_run_is_named_with_the_command_that_starts_it(tmp_path: Path) -> None:
    """No answer to ssh ends the look at a host: the lab does not run."""
    target, problems = reach(tmp_path, "testnet", "lab1", "127.255.255.254")
    assert target is None
    assert len(problems) == 1
    assert "the lab does not run" in problems[0]
    assert "make testnet" in problems[0]


def test_an_inventory_that_cannot_be_read_is_told(repository: Path) -> None:
    """What Ansible says about an inventory that is not there is passed on, and nothing was done."""
    command = [sys.executable, "-m", "tests.rehearsal", "--env", "nowhere"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "nowhere" in done.stdout
