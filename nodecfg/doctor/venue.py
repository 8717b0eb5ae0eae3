"""A venue: does its name resolve, does it answer, is the clock right, what may the key do."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from nodecfg.doctor.findings import Area, Finding, Verdict
from nodecfg.doctor.http import get
from nodecfg.doctor.retrying import NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nodecfg.doctor.http import Answer
    from nodecfg.doctor.retrying import Patience

_SAMPLES: Final = 3
# Venues refuse a request that is 1000 ms ahead of their clock, or older than its receive window of 5000 ms.
_WRONG_MS: Final = 1000.0
_LATE_MS: Final = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one client of the node talks to its venue.

    Attributes:
        client: Upstream's client id.
        url: Its REST address.
        setting: Variable that holds the address.
        time_path: Public path that tells the venue's time.
        server_ms: Takes the time out of that answer.
        key: Asks a signed question and yields what the key may do; raises NoAnswerError.
    """

    client: str
    url: str
    setting: str
    time_path: str
    server_ms: Callable[[Any], float]
    key: Callable[[], tuple[Finding, ...]]


def examine_venue(access: Access, patience: Patience) -> Iterator[Finding]:
    """Yield what is to be said about one venue; a later line is skipped when an earlier one makes it pointless."""
    host = urlsplit(access.url).hostname or ""
    try:
        address = patience.until_answer(f"{access.client} DNS", lambda: _resolve(host))
    except NoAnswerError as error:
        fix = f"look at /etc/resolv.conf, or check {access.setting}"
        yield finding(access.client, "DNS", Verdict.FAILED, f"{host}: {error}", fix)
        yield finding(access.client, "everything else", Verdict.SKIPPED, "the name does not resolve")
        return
    yield finding(access.client, "DNS", Verdict.OK, f"{host} is {address}")
    try:
        offset, took = patience.until_answer(f"{access.client} at {access.url}", lambda: clock(access))
    except NoAnswerError as error:
        fix = f"start the venue, look at the firewall, or check {access.setting}"
        yield finding(access.client, "reach", Verdict.FAILED, f"{access.url}: {error}", fix)
        yield finding(access.client, "everything else", Verdict.SKIPPED, "the venue does not answer")
        return
    yield finding(access.client, "reach", Verdict.OK, f"{access.url} answers in {took:.0f} ms")
    yield clock_offset(access.client, offset, took)
    try:
        yield from patience.until_answer(f"{access.client} key", access.key)
    except NoAnswerError as error:
        yield finding(access.client, "key", Verdict.FAILED, f"cannot be tried: {error}", "run the doctor again")


def clock_offset(client: str, offset_ms: float, took_ms: float) -> Finding:
    """Judge how far this host's clock is ahead of the venue's; half of the round trip is the error of the measure."""
    ahead = "ahead of" if offset_ms > 0 else "behind"
    detail = f"{abs(offset_ms):.0f} ms {ahead} the venue (±{took_ms / 2:.0f})"
    fix = "run chrony; the venue refuses signed requests whose time is wrong (-1021)"
    surely = max(0.0, abs(offset_ms) - took_ms / 2)
    if surely >= _WRONG_MS:
        return finding(client, "clock", Verdict.FAILED, detail, fix)
    if surely >= _LATE_MS:
        return finding(client, "clock", Verdict.WARNING, detail, fix)
    return finding(client, "clock", Verdict.OK, detail)


def refused(client: str, answer: Answer, settings: str) -> Finding:
    """Return the finding about a signed question that was refused."""
    fix = f"check {settings}: the right key for this venue, its secret, its allowed addresses and permissions"
    return finding(client, "key", Verdict.FAILED, f"refused: {answer.said}", fix)


def finding(client: str, check: str, verdict: Verdict, detail: str, fix: str = "") -> Finding:
    """Return a finding about a venue's client."""
    return Finding(area=Area.VENUE, check=f"{client} {check}", verdict=verdict, detail=detail, fix=fix)


def _resolve(host: str) -> str:
    try:
        return str(socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)[0][4][0])
    except (OSError, UnicodeError):
        raise NoAnswerError("the name does not resolve") from None


def clock(access: Access) -> tuple[float, float]:
    """Return offset and round trip in milliseconds, of the fastest of some questions."""
    samples = []
    for _ in range(_SAMPLES):
        before, started = time.time() * 1000, time.perf_counter()
        answer = get(f"{access.url}{access.time_path}")
        took = (time.perf_counter() - started) * 1000
        try:
            server = access.server_ms(answer.document)
        except (KeyError, TypeError, ValueError):
            raise NoAnswerError(f"something else than the venue answers there ({answer.said})") from None
        samples.append((took, before + took / 2 - server))
    took, offset = min(samples)
    return offset, took
