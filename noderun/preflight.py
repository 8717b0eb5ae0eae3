"""Proves what the node depends on before it is built: Redis by doing what the node will do, the venue by its clock."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from redis.exceptions import RedisError

from nodecfg.doctor import Patience, Verdict
from nodecfg.doctor.redis_server import AOF, RedisFacts, connect_redis
from nodecfg.doctor.redis_server import prove_redis as proof
from nodecfg.doctor.retrying import plain
from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from nodecfg import RedisConfig

TRIES: Final = 5
_LONGEST_WAIT: Final = 32.0
_LONGEST_ANSWER: Final = 5.0
_SERVER_ERROR: Final = 500

type Wait = Callable[[float], bool]
"""Sleeps for seconds; True when the process was asked to stop meanwhile."""


def prove_redis(settings: RedisConfig, key_prefix: str, *, wait: Wait, tell: Callable[[str], None]) -> RedisFacts:
    """Prove that Redis can keep the node's state, as the doctor does; only a missing append-only file may pass.

    Args:
        settings: Where Redis is.
        key_prefix: Prefix of the trader's keys; scratch keys under it are written and removed.
        wait: Sleeps between tries.
        tell: Told about every failed try.

    Raises:
        Failure: 75 with one line that says what to do; after five tries where waiting can help, else at once.
    """

    def pause(seconds: float) -> None:
        if wait(seconds):
            raise Failure(Exit.STOPPED, "asked to stop while waiting for Redis")

    facts = None
    patience = Patience(retries=TRIES - 1, wait=pause, tell=tell)
    with connect_redis(settings) as client:
        for proven in proof(client, settings, key_prefix, patience):
            if isinstance(proven, RedisFacts):
                facts = proven
            elif proven.verdict is Verdict.FAILED and proven.check != AOF:
                line = f"Redis at {settings.host}:{settings.port}: {proven.check}: {proven.detail}; {proven.fix}"
                raise Failure(Exit.REDIS, line)
    if facts is None:
        raise RuntimeError("a proof of Redis without a failure has its facts")
    return facts


def read_redis(settings: RedisConfig) -> RedisFacts | None:
    """Ask Redis about itself now; None when it does not answer."""
    try:
        with connect_redis(settings) as client:
            return RedisFacts.from_info(client.info())
    except (RedisError, OSError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a venue should answer.

    Attributes:
        name: Venue as the operator knows it.
        url: Its REST address.
        path: A harmless request, such as for its clock.
        setting: Variable that holds the address.
    """

    name: str
    url: str
    path: str
    setting: str


def reach_venue(address: Address, *, seconds: float, wait: Wait, tell: Callable[[str], None]) -> None:
    """Wait until the venue answers a harmless request over HTTP, with any answer that is not a server error.

    Args:
        address: Where to ask.
        seconds: How long to try.
        wait: Sleeps between tries.
        tell: Told about every failed try.

    Raises:
        Failure: 73 with one line that says what to do.
    """
    pause, left = 1.0, seconds
    while True:
        asked_at = time.monotonic()
        problem = _ask(f"{address.url}{address.path}", timeout=max(1.0, min(_LONGEST_ANSWER, left)))
        if problem is None:
            return
        left -= time.monotonic() - asked_at
        message = f"{address.name} not reachable at {address.url}: {problem}"
        if left <= pause:
            raise Failure(Exit.NOT_CONNECTED, f"{message}; start the venue or check {address.setting}")
        tell(f"{message}; next try in {pause:g} s")
        if wait(pause):
            raise Failure(Exit.STOPPED, f"asked to stop while waiting for {address.name}")
        left -= pause
        pause = min(pause * 2, _LONGEST_WAIT)


def _ask(url: str, *, timeout: float) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=timeout):  # noqa: S310 nodecfg admits http and https only
            return None
    except urllib.error.HTTPError as error:
        return None if error.code < _SERVER_ERROR else f"HTTP {error.code}"
    except urllib.error.URLError as error:
        reason = error.reason
        return plain(reason) if isinstance(reason, BaseException) else str(reason)
    except TimeoutError:
        return "no answer in time"
    except (OSError, ValueError) as error:
        return plain(error)
