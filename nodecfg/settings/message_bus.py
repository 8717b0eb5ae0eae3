"""Publishing the node's messages to Redis streams, for other programs."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.settings.engines import Encoding
from nodecfg.settings.instruments import split_list
from nodecfg.settings.redis import tls_conflict
from nodecfg.settings.section import Section, fault, setting
from nodecfg.settings.values import Host, OrOff, Port, RedisPassword, RedisUsername


def _plain_key(text: str) -> str:
    if not text or any(not (c.isascii() and (c.isalnum() or c in "_-")) for c in text):
        raise fault(
            "is not made of letters, digits, '_' and '-'; it becomes part of Redis keys, which are split at ':' and "
            "searched by pattern",
            "write for example stream",
        )
    return text


class MessageBusSettings(Section):
    """External message bus (nautilus_trader/common/config.py `MessageBusConfig`)."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_BUS_")
    title = "Message bus"

    enabled: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: publish to Redis streams. When Redis goes away upstream's publisher ends for good.",
        expected="true or false",
    )
    host: Host | None = setting(
        None,
        purpose="Its own Redis, so that streams cannot fill the cache's. Unset: that of REDIS_HOST.",
        expected="a host name or an IPv4 address without a port",
        example="127.0.0.1",
    )
    port: Port = setting(6379, purpose="TCP port of that Redis.", expected="a port from 1 to 65535")
    username: RedisUsername | None = setting(None, purpose="Its ACL user.", expected="an ACL user name", example="")
    password: RedisPassword | None = setting(None, purpose="Its password.", expected="the password of the ACL user")
    ssl: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true for TLS. Upstream trusts public authorities only, as with REDIS_SSL.",
        expected="true or false",
    )
    encoding: Encoding = setting(
        Encoding.JSON,
        purpose="json | msgpack; every reader has to use the same (upstream's default changed in 1.229).",
        expected="json or msgpack",
    )
    autotrim_mins: Annotated[int, Field(ge=1, le=10_080)] = setting(
        60,
        purpose="Minutes that a stream goes back. Never without: untrimmed streams fill Redis.",
        expected="whole minutes from 1 to 10080",
    )
    streams_prefix: Annotated[str, AfterValidator(_plain_key)] = setting(
        "stream", purpose="Part of the streams' names.", expected="letters, digits, '_' and '-'"
    )
    stream_per_topic: bool = setting(
        True,  # noqa: FBT003 a default, named by its keyword
        purpose="true: one stream per topic; false: one stream in all.",
        expected="true or false",
    )
    external_streams: Annotated[tuple[str, ...], BeforeValidator(lambda v: split_list(v, of="streams"))] = setting(
        (),
        purpose="Streams of other programs to read, separated by commas.",
        expected="names of streams, separated by commas",
        example="",
    )
    heartbeat_interval_secs: Annotated[Annotated[int, Field(ge=1, le=3600)] | None, OrOff] = setting(
        None, purpose="Seconds between heartbeats. Unset: none.", expected="whole seconds from 1 to 3600", example="5"
    )

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong between the fields of the bus' own Redis."""
        yield from tls_conflict(cls, values)
        if values.get("username") and "password" in values and values["password"] is None:
            yield cls.problem(
                "password",
                None,
                f"is missing while {cls.variable('username')} is set; upstream aborts the process on a user without a "
                "password",
                f"set {cls.variable('password')} too, or leave {cls.variable('username')} empty",
            )
        if "host" in values and values["host"] is None:
            for name in ("username", "password"):
                if values.get(name):
                    yield cls.problem(
                        name,
                        values[name],
                        f"has no effect without {cls.variable('host')}: the bus then uses the cache's Redis account",
                        f"set {cls.variable('host')}, or remove it",
                    )
