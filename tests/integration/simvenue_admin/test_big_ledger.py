"""A dump of a ledger of any size is of one moment, and holds nobody up."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import eventually
from tests.support.big_ledger import fill_ledger

if TYPE_CHECKING:
    from tests.integration.simvenue_admin.process import Simvenue

FILLS = 12_000


@pytest.fixture
def old(stopped: Simvenue) -> Simvenue:
    """A running simvenue whose node account has traded for long."""
    data = stopped.config.parent / "data"
    data.mkdir()
    fill_ledger(data / "binance_futures.sqlite", "node", FILLS)
    return stopped.start()


def _narrow(simvenue: Simvenue) -> http.client.HTTPConnection:
    # A connection that takes little before it is read from.
    host, _, port = simvenue.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.sock = socket.socket()
    connection.sock.settimeout(20)
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    connection.sock.connect((host, int(port)))
    return connection


def test_trading_goes_on_while_a_slow_reader_dumps(old: Simvenue) -> None:
    """While somebody reads a dump slowly, orders are taken and other dumps answered; what came later is not in it."""
    connection = _narrow(old)
    connection.request("GET", "/admin/v1/ledger?account=node")
    response = connection.getresponse()
    begun = response.read(1000)
    # The dump is larger than what the connection holds: it waits for its reader now.
    status, order = old.order(account="node", side="BUY", type="MARKET", quantity="0.01", client_order_id="meanwhile")
    assert (status, order["status"]) == (200, "FILLED")
    later = old.ledger("node")
    rest = response.read()
    connection.close()
    assert len(rest) > 8_000_000
    dumped = json.loads(begun + rest)
    assert [len(dumped[part]) for part in ("orders", "fills", "positions")] == [FILLS, FILLS, 0]
    assert [fill["trade_id"] for fill in dumped["fills"]] == sorted(fill["trade_id"] for fill in dumped["fills"])
    assert later["orders"][:-1] == dumped["orders"]
    assert later["orders"][-1]["client_order_id"] == "meanwhile"


def test_a_reader_that_leaves_is_forgotten(old: Simvenue) -> None:
    """Readers that go away in the middle leave nothing open: the log folds back into the file when simvenue stops."""
    for _ in range(5):
        connection = _narrow(old)
        connection.request("GET", "/admin/v1/ledger?account=node")
        connection.getresponse().read(1000)
        connection.close()
    log = old.config.parent / "serve.log"
    # Noticed at the next write to each of them.
    eventually(lambda: log.read_text().count("no answer to GET") == 5, what="simvenue notices that they have left")
    assert old.order(account="node", side="BUY", type="MARKET", quantity="0.01")[0] == 200
    assert old.end() == 0
    ledger = old.config.parent / "data/binance_futures.sqlite"
    assert not ledger.with_name(ledger.name + "-wal").exists()
