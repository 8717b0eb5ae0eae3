"""The Redis that keeps orders, fills, positions and strategy state."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import Host, Port, RedisPassword, RedisUsername

_UNCERTIFIED_ENDINGS = frozenset(
    (
        "localhost",
        "local",
        "internal",
        "lan",
        "home",
        "corp",
        "intranet",
        "private",
        "arpa",
        "test",
        "example",
        "invalid",
    )
)
_WholeSeconds = Annotated[int, Field(ge=1, le=120)]


def uncertified(host: str) -> bool:
    """Tell whether no public authority certifies a host: its address or name means something only in one network.

    Source: the CA/Browser Forum's Baseline Requirements, 7.1.4.2.1 (no reserved address, no internal name).
    """
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        labels = host.lower().rstrip(".").split(".")
        return len(labels) == 1 or labels[-1] in _UNCERTIFIED_ENDINGS


def tls_conflict(section: type[Section], values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with TLS to a section's host: upstream (rustls, webpki-roots) knows no private authority."""
    host = values.get("host")
    if values.get("ssl") and host and uncertified(host):
        yield section.problem(
            "ssl",
            "true",
            f"cannot work with {host}: upstream trusts certificates of public authorities only, whatever this host "
            "trusts, and none of them certifies a private address or name",
            f"set {section.variable('ssl')}=false and keep that Redis on this host or in a tunnel, or give "
            f"{section.variable('host')} a public name",
        )


class RedisConfig(Section):
    """Address and account of Redis."""

    model_config = SettingsConfigDict(env_prefix="REDIS_")
    title = "Redis (cache of the node's state)"

    host: Host = setting(
        "127.0.0.1", purpose="Host name or IPv4 address.", expected="a host name or an IPv4 address without a port"
    )
    port: Port = setting(6379, purpose="TCP port.", expected="a port from 1 to 65535")
    username: RedisUsername | None = setting(
        None,
        purpose="ACL user. Unset: Redis' default user.",
        expected="an ACL user name",
        example="tradingnode-main",
    )
    password: RedisPassword | None = setting(
        None,
        purpose="Its password: letters, digits, '_' and '-', because upstream pastes it unescaped into a URL.",
        expected="the password of the ACL user",
    )
    ssl: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true for TLS. Upstream trusts public authorities only: a private one's certificate never works.",
        expected="true or false",
    )
    connection_timeout: _WholeSeconds = setting(
        5, purpose="Seconds for a new connection.", expected="a whole number of seconds from 1 to 120"
    )
    response_timeout: _WholeSeconds = setting(
        5, purpose="Seconds for an answer.", expected="a whole number of seconds from 1 to 120"
    )
    retries: Annotated[int, Field(ge=3600, le=1_000_000_000)] = setting(
        1_000_000,
        purpose="Tries to write, at most a second apart, before upstream gives up and loses every later write.",
        expected="a whole number from 3600 (an hour without Redis) to 1000000000",
    )

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """A user name alone makes upstream's Redis client panic (crates/infrastructure/src/redis)."""
        yield from tls_conflict(cls, values)
        if values.get("username") and "password" in values and values["password"] is None:
            yield cls.problem(
                "password",
                None,
                "is missing while REDIS_USERNAME is set; upstream aborts the process on a user without a password",
                "set REDIS_PASSWORD too, or leave REDIS_USERNAME empty",
            )
