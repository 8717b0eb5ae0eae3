"""Ports of tests are given to nobody else: not to who asks for that one, nor to who asks for any."""

from __future__ import annotations

import errno
import socket

import pytest

from tests.support.ports import free_port


def test_port_is_kept_until_its_server_listens() -> None:
    """A server of ours can listen, twice in a row; before, between and beside it nobody else can be there."""
    port = free_port()
    for _ in range(2):
        with socket.socket() as stranger, pytest.raises(OSError, match="in use") as taken:
            stranger.bind(("127.0.0.1", port))
        assert taken.value.errno == errno.EADDRINUSE
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        with socket.create_server(("127.0.0.1", port)):
            socket.create_connection(("127.0.0.1", port)).close()


def test_many_ports_are_all_different() -> None:
    """More ports than are held at a time: none is given twice while it is held, and few sockets stay open."""
    ports = [free_port() for _ in range(500)]
    assert all(len(set(ports[start : start + 200])) == 200 for start in range(300))
    with socket.create_server(("127.0.0.1", ports[0])):
        pass
