"""One live node per trader id: a lease in Redis, renewed by its holder, taken over only when nobody renews it.

No clock that can jump decides anything: the lease has no expiry in Redis (that would follow its wall clock). Who wants
it watches by its own boot clock whether the value still changes; who holds it stops trading by its own boot clock,
before anybody else may start. A pause (SIGSTOP, a suspended machine) counts like any other time.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from redis.exceptions import NoPermissionError, RedisError, WatchError

from nodecfg.doctor.redis_server import connect_redis
from noderun import logs
from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from nodecfg import RedisConfig
    from noderun.preflight import Wait

LEASE_SECONDS: Final = 10.0
"""A lease that did not change for so long may be taken over."""
TRADING_SECONDS: Final = 8.0
"""So long after its last renewal a holder still trades; the rest is for clocks that drift and orders on their way."""
RENEW_SECONDS: Final = 2.0
_LOOK_EVERY: Final = 0.25


def boot_clock() -> float:
    """Return seconds since the boot; unlike the monotonic clock it goes on while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lease.

    Attributes:
        token: Tells this process from every other.
        space: Boot of the host and namespace of its process ids: they mean something within both only.
        born: When the process started, in ticks since the boot: process ids are used again.
        renewed: Counts renewals.
    """

    token: str
    host: str
    pid: int
    space: str
    born: int
    renewed: int = 0

    @classmethod
    def this_process(cls) -> Self:
        """Return a holder for the process that asks."""
        return cls(
            token=secrets.token_hex(8),
            host=socket.gethostname(),
            pid=os.getpid(),
            space=_space(),
            born=_born(os.getpid()) or 0,
        )

    @classmethod
    def parse(cls, value: str) -> Self | None:
        """Read a holder from Redis; None for something else."""
        try:
            return cls(**json.loads(value))
        except (ValueError, TypeError):
            return None

    @property
    def dead(self) -> bool:
        """Whether its process is known to have ended; one that cannot be seen from here is not."""
        if self.space != _space():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return _born(self.pid) != self.born

    def __str__(self) -> str:
        """Return its name for people."""
        return f"process {self.pid} on {self.host}"


class Lease:
    """The right to trade for a trader id.

    Attributes:
        taken_by: Who took it away, None while nobody did.
    """

    def __init__(self, settings: RedisConfig, key_prefix: str, on_taken: Callable[[str], None]) -> None:
        """Hold nothing yet; on_taken is called on a thread when somebody else has taken the lease over."""
        self._on_taken = on_taken
        self._settings = settings
        self._key = f"{key_prefix}lease"
        self._value = json.dumps(asdict(Holder.this_process()))
        self._good_until = 0.0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.taken_by: str | None = None

    def acquire(self, *, wait: Wait, tell: Callable[[str], None]) -> None:
        """Take the lease when nobody holds it; wait while its holder might be alive.

        Args:
            wait: Sleeps; True when the process was asked to stop meanwhile.
            tell: Told what is waited for.

        Raises:
            Failure: 69 naming the holder, 75 when Redis does not let us.
        """
        try:
            with connect_redis(self._settings) as client:
                self._acquire(client, wait, tell)
        except NoPermissionError as error:
            raise Failure(Exit.REDIS, f"Redis does not let the node take its lease: {error}; grant +watch") from None
        except (RedisError, OSError) as error:
            raise Failure(Exit.REDIS, f"Redis went away while the lease was taken: {error}") from None
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    def _acquire(self, client: redis.Redis, wait: Wait, tell: Callable[[str], None]) -> None:
        seen: str | None = None
        since = boot_clock()
        while True:
            now = boot_clock()
            present = _text(client.get(self._key))
            holder = Holder.parse(present) if present is not None else None
            if present != seen:
                if seen is not None and holder is not None and present is not None:
                    raise Failure(
                        Exit.FENCED,
                        f"{holder} trades for this trader id; stop that one, or give this one another trader id",
                    )
                seen, since = present, now
            free = present is None or holder is None or holder.dead
            if (free or now - since >= LEASE_SECONDS) and self._replace(client, present, self._value):
                self._good_until = now + TRADING_SECONDS
                return
            if not free:
                tell(f"{holder} may still trade for this trader id; waiting up to {LEASE_SECONDS:g} s for a sign of it")
            if wait(_LOOK_EVERY):
                raise Failure(Exit.STOPPED, "asked to stop while waiting for the lease")

    def lost(self) -> str | None:
        """Return why no order may be sent now, None while the lease is good. Cheap, for every order."""
        if boot_clock() < self._good_until:
            return None
        return self.taken_by or "the lease on this trader id could not be renewed in time; another node may trade"

    def confirm(self) -> bool:
        """Ask Redis now whether the lease is still ours, and renew it; False when it is not, or nobody answers.

        One that could not be renewed in time is `lost`, although mostly nobody has taken it meanwhile.
        """
        if self.taken_by is not None:
            return False
        try:
            with connect_redis(self._settings) as client:
                self._renew(client)
        except (RedisError, OSError):
            return False
        return self.lost() is None

    def release(self) -> None:
        """Give the lease back, so that the next node need not wait."""
        self._stopped.set()
        if self._thread is None:
            return
        self._thread.join(self._settings.response_timeout)
        self._good_until = 0.0
        try:
            with connect_redis(self._settings) as client:
                self._replace(client, self._value, None)
        except (RedisError, OSError) as error:
            logs.get().warning("the lease could not be given back, the next start may wait", error=str(error))

    def _keep(self) -> None:
        client: redis.Redis | None = None
        while not self._stopped.wait(RENEW_SECONDS):
            try:
                client = client or connect_redis(self._settings)
                self._renew(client)
            except (RedisError, OSError) as error:
                client = None
                logs.get().warning("the lease was not renewed", error=str(error))
            except Exception:
                logs.get().exception("lease")

    def _renew(self, client: redis.Redis) -> None:
        began = boot_clock()
        mine = Holder.parse(self._value)
        if mine is None:
            raise AssertionError("a lease that is not ours to read")
        # Gone means that Redis lost it; then the first to come may have it, and that may be us. Another value of ours
        # is a renewal whose answer was lost on its way, or an older one: Redis came back without its last writes.
        while True:
            present = _text(client.get(self._key))
            other = Holder.parse(present) if present is not None else None
            if present is not None and (other is None or other.token != mine.token):
                break
            count = max(mine.renewed, other.renewed if other is not None else 0) + 1
            renewed = json.dumps({**asdict(mine), "renewed": count})
            if self._replace(client, present, renewed):
                self._value = renewed
                self._good_until = began + TRADING_SECONDS
                return
        self._good_until = 0.0
        self.taken_by = f"{other or 'somebody'} has taken over this trader id"
        self._stopped.set()
        self._on_taken(self.taken_by)

    def _replace(self, client: redis.Redis, expected: str | None, value: str | None) -> bool:
        # Compare and set: EXEC does nothing when the key changed after WATCH.
        with client.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(self._key)  # type: ignore[no-untyped-call]
                same = _text(pipe.get(self._key)) == expected
                pipe.multi()
                if same:
                    pipe.delete(self._key) if value is None else pipe.set(self._key, value)
                # Also when there is nothing to do: EXEC ends the watch, and UNWATCH is a right that the node has not.
                pipe.execute()
            except WatchError:
                return False
        return same


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _space() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"


def _born(pid: int) -> int | None:
    # Field 22 of /proc/PID/stat (proc_pid_stat(5)); the name in field 2 may hold anything.
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    # A process that has ended but was not waited for is dead too.
    return None if fields[0] in {"Z", "X"} else int(fields[19])
