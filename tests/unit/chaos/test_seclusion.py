"""The harness's own network: faults of packets never reach the machine's."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.patience import PATIENCE

INSIDE = """
import subprocess
from tests.chaos import packet_faults, seclusion
why = seclusion.enter()
print(why or "entered")
if why is None:
    assert seclusion.alone()
    packet_faults._nft("add table ip chaos")
    print(subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout)
"""


def test_rules_stay_in_the_harness_own_network() -> None:
    """A process that entered a network of its own is alone there, and a table it makes is in no other network."""
    line = [sys.executable, "-c", INSIDE]
    done = subprocess.run(line, capture_output=True, text=True, timeout=20 * PATIENCE, check=True)
    if not done.stdout.startswith("entered"):
        pytest.skip(done.stdout)
    assert "table ip chaos" in done.stdout
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=False).stdout
    assert "table ip chaos\n" not in tables
