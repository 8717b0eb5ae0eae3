"""One clean checkout, one lab host, deployed once by the README's own command; every e2e test looks at that."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.lab import Host, clone, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SUBNET = "10.213.20"


@dataclass(frozen=True, slots=True, kw_only=True)
class Testnet:
    """A checkout whose testnet was deployed, the host it runs on, and what the first command printed."""

    __test__ = False

    checkout: Path
    host: Host
    first_output: str


@pytest.fixture(scope="session")
def testnet(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Testnet]:
    """``make testnet`` in a clean clone with a fresh environment; ``make lab-down`` afterwards."""
    if os.geteuid() != 0 and subprocess.run(["sudo", "-n", "true"], check=False).returncode != 0:
        pytest.fail("lab hosts need root: run the tests as root or with passwordless sudo")
    copy = tmp_path_factory.mktemp("clone") / "tradingnode-ops"
    checkout = clone(repository, copy, lab="e2e", subnet=_SUBNET)
    try:
        first = run(checkout, "make", "testnet")
        yield Testnet(
            checkout=checkout, host=Host(checkout=checkout, address=f"{_SUBNET}.11"), first_output=first.stdout
        )
    finally:
        run(checkout, "make", "lab-down")
