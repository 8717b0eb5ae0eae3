"""What the Redis modules share: asking a server through redis-cli without a password in any argument list."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible.module_utils.basic import AnsibleModule

REFUSED = ("NOAUTH", "WRONGPASS", "NOPERM")


class RedisError(Exception):
    """One complete sentence for the operator: what, why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A Redis on this host and who asks it."""

    module: AnsibleModule
    port: int
    user: str
    password: str

    def ask(self, *command: str, as_default_user: bool = False) -> str:
        """Run one command and return its answer as redis-cli prints it to a pipe.

        Args:
            command: The command and its arguments, none with blanks or quotes.
            as_default_user: Ask without a name, as a server that nobody secured allows.

        Raises:
            RedisError: No server answers.
        """
        login = "" if as_default_user else f"AUTH {self.user} {self.password}\n"
        code, out, err = self.module.run_command(
            ["redis-cli", "-h", "127.0.0.1", "-p", str(self.port)], data=f"{login}{' '.join(command)}\n"
        )
        if code != 0 or "Could not connect" in out + err:
            raise RedisError(
                f"no Redis answers at 127.0.0.1:{self.port} ({(err or out).strip()}); see: journalctl -u redis-server"
            )
        answer = out.strip()
        if login:
            first, _, rest = answer.partition("\n")
            # A wrong name or password: what follows was answered to a stranger.
            answer = rest.strip() if first.strip() == "OK" else first.strip()
        return answer

    def lets_in(self) -> bool:
        """Whether the server knows this user and password."""
        return self.ask("PING") == "PONG"

    def lets_strangers_in(self) -> bool:
        """Whether the server asks for no password at all."""
        return self.ask("PING", as_default_user=True) == "PONG"

    def keys_as_default_user(self, database: str) -> list[str]:
        """Every key of one database, found without stopping the server for others.

        Raises:
            RedisError: No server answers.
        """
        code, out, err = self.module.run_command(
            ["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), "-n", database, "--scan"], errors="backslashreplace"
        )
        if code != 0:
            raise RedisError(f"redis-cli cannot list the keys of 127.0.0.1:{self.port} ({(err or out).strip()})")
        return str(out).splitlines()


def fields(info: str) -> dict[str, str]:
    """The `name:value` lines of an INFO answer."""
    return dict(line.strip().split(":", 1) for line in info.splitlines() if ":" in line)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask again and again, ten times a second, until it is so or the time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
