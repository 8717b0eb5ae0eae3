"""A venue's certificate that expired: no start, with the reason; a node that trades shows it and recovers."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.tls_front import NAME, TlsFront
from tests.integration.node.world import BIN, Node, Venue, equal, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A node that speaks TLS with the venue's REST endpoints, and what it trusts."""

    node: Node
    front: TlsFront
    trust: dict[str, str]


@pytest.fixture
def encrypted(node: Node, venue: Venue, tmp_path: Path) -> Iterator[Encrypted]:
    """A node, not started yet, with a good certificate before its venue.

    Its streams are plain: upstream's trust a list of public authorities that is built in and nothing else (found by
    trying; its HTTP client obeys SSL_CERT_FILE), so no certificate that a test can have is ever good there.
    """
    authority = tmp_path / "authority.pem"
    front = TlsFront(venue.port, authority).start()
    node.variables |= {"BINANCE_BASE_URL_HTTP": f"https://{NAME}:{front.port}", "HEALTH_COMPARE_INTERVAL": "5"}
    yield Encrypted(node, front, {"SSL_CERT_FILE": str(authority)})
    front.stop()


def test_node_does_not_start_with_an_expired_certificate(encrypted: Encrypted) -> None:
    """It ends as one that is not connected, its log names the certificate, and so does the doctor."""
    encrypted.front.show(YESTERDAY)
    node = encrypted.node.start(**encrypted.trust)
    assert node.wait_exit(40) == 73
    assert "READY=1" not in node.listen()
    assert "certificate" in node.log()
    assert "expired" in node.log()
    doctor = subprocess.run(
        [BIN / "nodecfg", "doctor", "--env-file", node.directory / "node.env"],
        env={**os.environ, **encrypted.trust},
        capture_output=True,
        text=True,
        check=False,
    )
    assert doctor.returncode != 0
    assert "certificate has expired" in doctor.stdout + doctor.stderr


def test_certificate_that_expires_is_shown_until_it_is_good(encrypted: Encrypted, venue: Venue) -> None:
    """A node that can ask nothing any more is not RUNNING; with a new certificate it goes on, equal to the venue."""
    node = encrypted.node.start(**encrypted.trust)
    node.wait_ready(60)
    encrypted.front.show(YESTERDAY)
    eventually(lambda: node.ask("status")["state"] != "RUNNING", seconds=40, what="the node shows it")
    assert node.process is not None
    assert node.process.poll() is None, node.log()[-2000:]
    encrypted.front.show(None)
    eventually(lambda: node.ask("status")["state"] == "RUNNING", seconds=40, what="the node is well")
    assert equal(node, venue) == []
