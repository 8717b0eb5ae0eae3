"""Everything that follows from the name of an instance, so that two instances on one host never share a thing."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nodecfg.errors import ConfigurationError, Problem, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

MAIN = "main"
"""The unnamed instance: tradingnode.service."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME = 24
_TRADER_ID = re.compile(r"[A-Za-z0-9_]+-[A-Za-z0-9_]+")
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Main's ports stand beside Prometheus' well-known 9xxx; named instances get ten ports each, below the ephemeral range.
_MAIN_PORT = 9180
_NAMED_PORT = 17000
_NAMED_SLOTS = 400
_PORTS_PER_INSTANCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """TCP ports of an instance, all on loopback unless told otherwise: REST with metrics, and gRPC."""

    health: int
    grpc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Names, paths and ports of one instance.

    Attributes:
        name: The instance's name, "main" for the unnamed one.
        unit: systemd unit that runs it.
        order_tag: Tag for the trader id when the operator does not choose one; three characters, because it goes
            into every client order id and Binance allows 36 characters in all.
        user: System user and group it runs as; its own, because two processes of one user can read each other's memory.
            At most 31 characters, which is what systemd takes.
        redis_user: ACL user that owns its keys.
        env_file: Settings, handed over by LoadCredential=.
        strategies_file: strategies.yaml of the instance.
        overrides_file: overrides.yaml of the instance.
        state_dir: Catalog and state.
        log_dir: JSON logs.
        run_dir: Control socket.
        control_socket: Unix socket of `noderun status` and friends.
        ports: Loopback ports.
    """

    name: str
    unit: str
    order_tag: str
    user: str
    redis_user: str
    env_file: Path
    strategies_file: Path
    overrides_file: Path
    state_dir: Path
    log_dir: Path
    run_dir: Path
    control_socket: Path
    ports: Ports

    def redis_key_prefix(self, trader_id: str) -> str:
        """Return the prefix of every Redis key of this trader (nautilus_trader cache keys with use_trader_prefix).

        Raises:
            ConfigurationError: The trader id could reach into another trader's keys.
        """
        if not _TRADER_ID.fullmatch(trader_id):
            raise ConfigurationError(
                [
                    Problem(
                        variable="NAUTILUS_TRADER_ID",
                        value_masked=shown(trader_id, secret=False),
                        problem="is not NAME-TAG, so its Redis keys would not be its own",
                        fix="use letters, digits and one hyphen, such as MM-001",
                    )
                ]
            )
        return f"trader-{trader_id}:"

    def as_dict(self, trader_id: str | None = None) -> dict[str, object]:
        """Return the instance as JSON-ready data, with the Redis key prefix when the trader id is given."""
        data: dict[str, object] = {
            "name": self.name,
            "unit": self.unit,
            "order_tag": self.order_tag,
            "user": self.user,
            "redis_user": self.redis_user,
            "env_file": str(self.env_file),
            "strategies_file": str(self.strategies_file),
            "overrides_file": str(self.overrides_file),
            "state_dir": str(self.state_dir),
            "log_dir": str(self.log_dir),
            "run_dir": str(self.run_dir),
            "control_socket": str(self.control_socket),
            "ports": {"health": self.ports.health, "grpc": self.ports.grpc},
        }
        if trader_id is not None:
            data["trader_id"] = trader_id
            data["redis_key_prefix"] = self.redis_key_prefix(trader_id)
        return data


def derive(name: str = MAIN) -> Instance:
    """Derive everything from an instance's name.

    Args:
        name: Lower-case letters, digits and single hyphens, at most 24 characters, starting with a letter.

    Raises:
        ConfigurationError: The name cannot be a unit, user, path and key prefix at once.
    """
    if not isinstance(name, str) or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise ConfigurationError(
            [
                Problem(
                    variable="instance name",
                    value_masked=shown(name, secret=False),
                    problem="cannot name a unit, a Redis user and a directory at once",
                    fix=f"use lower-case letters, digits and single hyphens, starting with a letter, "
                    f"at most {_LONGEST_NAME} characters",
                )
            ]
        )
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    base = _MAIN_PORT if name == MAIN else _NAMED_PORT + _PORTS_PER_INSTANCE * (digest % _NAMED_SLOTS)
    run_dir = Path("/run/tradingnode", name)
    return Instance(
        name=name,
        unit="tradingnode.service" if name == MAIN else f"tradingnode@{name}.service",
        order_tag="001" if name == MAIN else _tag(digest),
        user="tradingnode" if name == MAIN else f"tnode-{name}",
        redis_user=f"tradingnode-{name}",
        env_file=Path("/etc/tradingnode", f"{name}.env"),
        strategies_file=Path("/etc/tradingnode", f"{name}.strategies.yaml"),
        overrides_file=Path("/etc/tradingnode", f"{name}.overrides.yaml"),
        state_dir=Path("/var/lib/tradingnode", name),
        log_dir=Path("/var/log/tradingnode", name),
        run_dir=run_dir,
        control_socket=run_dir / "control.sock",
        ports=Ports(health=base + 1, grpc=base + 2),
    )


def derive_all(names: Iterable[str]) -> tuple[Instance, ...]:
    """Derive the instances of one host and prove that they share nothing.

    Raises:
        ConfigurationError: A name is wrong, given twice, or two names fall on the same ports or order tag.
    """
    instances: list[Instance] = []
    problems: list[Problem] = []
    for name in names:
        try:
            instance = derive(name)
        except ConfigurationError as error:
            problems.extend(error.problems)
            continue
        problems.extend(
            Problem(
                variable="instance name",
                value_masked=name,
                problem=f"{'is given twice' if other.name == name else f'shares {what} with instance {other.name!r}'}",
                fix="choose another name",
            )
            for other in instances
            for what in _shared(instance, other)[:1]
        )
        instances.append(instance)
    if problems:
        raise ConfigurationError(problems)
    return tuple(instances)


def _tag(digest: int) -> str:
    tag = ""
    # The low digits choose the ports; the tag takes others, so that one collision does not bring the other.
    rest = digest >> 16
    for _ in range(3):
        rest, digit = divmod(rest, 36)
        tag += _BASE36[digit]
    return tag


def _shared(one: Instance, other: Instance) -> list[str]:
    return [
        what
        for what, a, b in (
            ("its name", one.name, other.name),
            ("its ports", one.ports, other.ports),
            ("its order tag", one.order_tag, other.order_tag),
        )
        if a == b
    ]
