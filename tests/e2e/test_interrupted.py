"""Kills the controller in the middle of deploys: what it leaves is one whole generation, and the next run heals it."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.lab import run
from tests.support.own_strategy import deploy, deploy_command, project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Testnet

# Each deploys several times.
pytestmark = pytest.mark.nightly

_ROOT = "/etc/tradingnode/generations/main"
_INSTALLED = f"{_ROOT}/current/release/lib/python3*/site-packages/house_maker.py"
# What a reboot would start now: unit, settings, strategies and a finished release, all of one generation.
_WHOLE = f"""
set -e
cmp /etc/systemd/system/tradingnode.service {_ROOT}/current/unit
test "$(readlink -f /etc/tradingnode/main.env)" = "$(readlink -f {_ROOT}/current)/env"
test "$(readlink -f /etc/tradingnode/main.strategies.yaml)" = "$(readlink -f {_ROOT}/current)/strategies"
test -f {_ROOT}/current/release/.complete
{_ROOT}/current/release/bin/nodecfg check --env-file /etc/tradingnode/main.env
"""


def _kill_after(checkout: Path, command: tuple[str, ...], seconds: float) -> bool:
    """Starts a deploy and kills the controller, children included, in the middle; False when it was done before."""
    unset = ("VIRTUAL_ENV", "PYTHONPATH", "ANSIBLE_CONFIG")
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    process = subprocess.Popen(
        command,
        cwd=checkout,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def _kills(testnet: Testnet, directory: Path, points: int) -> None:
    """Interrupts that many upgrades at random moments, each healed by running it again."""
    host = testnet.host
    chance = random.Random(points)  # noqa: S311 - moments, no secrets
    started = time.monotonic()
    deploy(testnet.checkout, project(directory / "first", "1.0.0"))
    whole = time.monotonic() - started
    interrupted = 0
    for number in range(points):
        # One kill in every part of a deploy, at a random moment of it.
        moment = whole * (number + chance.random()) / points
        source = project(directory / f"upgrade{number}", f"1.{number}.1")
        interrupted += _kill_after(testnet.checkout, deploy_command(source), moment)
        host.ssh(_WHOLE)
        deploy(testnet.checkout, source)
        host.ssh(_WHOLE)
        assert host.is_trading(), f"killed after {moment:.1f} s of {whole:.1f} s"
        assert f"1.{number}.1" in host.ssh(f"grep edition {_INSTALLED}").stdout
    assert interrupted >= points / 2, "deploys ended before they were killed: nothing was tried"
    again = deploy(testnet.checkout, source)
    assert re.search(r"^lab1\s+: ok=\d+\s+changed=0", again.stdout, re.MULTILINE), again.stdout
    host.assert_equals_ledger()
    run(testnet.checkout, ".venv/bin/ansible-playbook", "deploy.yml", "--tags", "tradingnode")


def test_a_deploy_that_was_interrupted_is_healed_by_the_next(testnet: Testnet, tmp_path: Path) -> None:
    """The controller killed at three moments of an upgrade: never a mixture, and the same command again is enough."""
    _kills(testnet, tmp_path, 3)


def test_twenty_interrupted_deploys_are_healed(testnet: Testnet, tmp_path: Path) -> None:
    """The controller killed at twenty moments of an upgrade: never a mixture, and the same command again is enough."""
    _kills(testnet, tmp_path, 20)
