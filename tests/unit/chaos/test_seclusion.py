"""The harness's own network: faults of packets and of names never reach the machine's."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.patience import PATIENCE

INSIDE = """
import socket, subprocess
from tests.chaos import packet_faults, seclusion
from tests.chaos.names import VENUE, Mood, Names
why = seclusion.enter()
print(why or "entered")
if not why:
    assert seclusion.alone()
    packet_faults._nft("add table ip chaos")
    print(subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout)
    assert seclusion.named()
    names = Names()
    print(socket.gethostbyname(VENUE))
    names.become(Mood.REFUSES)
    try:
        print(socket.gethostbyname(VENUE))
    except socket.gaierror as error:
        print("no name:", error.errno == socket.EAI_AGAIN)
    names.close()
"""


@pytest.fixture(scope="module")
def said() -> str:
    """What a process prints that entered a network of its own."""
    line = [sys.executable, "-c", INSIDE]
    done = subprocess.run(line, capture_output=True, text=True, timeout=40 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    if not done.stdout.startswith("entered"):
        pytest.skip(done.stdout)
    return done.stdout


def test_rules_stay_in_the_harness_own_network(said: str) -> None:
    """A process that entered a network of its own is alone there, and a table it makes is in no other network."""
    assert "table ip chaos" in said
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=False).stdout
    assert "table ip chaos\n" not in tables


def test_names_are_those_of_the_harness(said: str) -> None:
    """The venue's name is known there as long as the harness knows it, and nowhere else."""
    assert "127.0.0.1" in said
    assert "no name: True" in said
    elsewhere = [sys.executable, "-c", "from tests.chaos import seclusion; print(seclusion.named())"]
    assert subprocess.run(elsewhere, capture_output=True, text=True, check=True).stdout == "False\n"
