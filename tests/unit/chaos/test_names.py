"""The harness's resolver does what each of its moods says, and outlives what is no question."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.chaos.names import ADDRESS, VENUE, Mood, Names

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG = 10.0


@pytest.fixture
def names() -> Iterator[Names]:
    """A resolver on a free port."""
    resolver = Names(port=0)
    yield resolver
    resolver.close()


def _ask(names: Names, name: str = VENUE, kind: str = "A", seconds: float = _LONG) -> dns.message.Message:
    return dns.query.udp(dns.message.make_query(name, kind), ADDRESS, timeout=seconds, port=names.port)


def test_it_knows_one_name(names: Names) -> None:
    """The venue has an address of version 4 and none of version 6; nobody else has a name."""
    assert [str(record) for record in _ask(names).answer[0]] == [ADDRESS]
    version_6 = _ask(names, kind="AAAA")
    assert (version_6.rcode(), version_6.answer) == (dns.rcode.NOERROR, [])
    assert _ask(names, "fapi.binance.com").rcode() == dns.rcode.NXDOMAIN
    assert names.asked == 3


def test_it_refuses(names: Names) -> None:
    """A resolver that has no way to know says so, until it is well."""
    names.become(Mood.REFUSES)
    assert _ask(names).rcode() == dns.rcode.SERVFAIL
    names.become(Mood.WELL)
    assert _ask(names).answer


@pytest.mark.parametrize("mood", [Mood.MUTE, Mood.LATE])
def test_it_says_nothing_for_now(names: Names, mood: Mood) -> None:
    """Neither a mute nor a late one answers at once; the late one does in the end."""
    names.become(mood)
    with pytest.raises(dns.exception.Timeout):
        _ask(names, seconds=1)
    assert names.asked == 1
    if mood is Mood.LATE:
        assert _ask(names).answer


def test_what_is_no_question_is_passed_over(names: Names) -> None:
    """A datagram of nonsense ends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"nonsense", (ADDRESS, names.port))
        stranger.sendto(b"\0" * 12, (ADDRESS, names.port))
    assert _ask(names).answer
