"""When a running node counts as degraded, and how long it may stay so before it is restarted."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import Host, seconds

_OwnPort = Annotated[int, Field(ge=0, le=65535)]


class HealthSettings(Section):
    """What the service watches after the start, and its limits, in seconds."""

    model_config = SettingsConfigDict(env_prefix="HEALTH_")
    title = "Health (times in seconds)"

    host: Host = setting(
        "127.0.0.1",
        purpose="Address of this host on which health and metrics are served; they are not encrypted and ask for no "
        "password.",
        expected="an address of this host",
    )
    rest_port: _OwnPort | None = setting(
        None,
        purpose="TCP port of REST health and metrics. Unset: the instance's own; 0: a free one.",
        expected="a port from 0 to 65535",
        example="9180",
    )
    grpc_port: _OwnPort | None = setting(
        None,
        purpose="TCP port of gRPC health. Unset: the instance's own; 0: a free one.",
        expected="a port from 0 to 65535",
        example="9182",
    )
    data_max_age: Annotated[float, seconds(1, 86400)] = setting(
        60.0,
        purpose="Age of the last message at which a subscription is stale; five times that for trades, after the close "
        "for bars. Quiet instruments: READY_DATA_EXCEPT.",
        expected="seconds from 1 to 86400",
    )
    persistence_max_lag: Annotated[float, seconds(1, 600)] = setting(
        5.0,
        purpose="Between a write into the cache and its arrival in Redis.",
        expected="seconds from 1 to 600",
    )
    clock_max_offset: Annotated[float, seconds(0.05, 5)] = setting(
        1.0,
        purpose="Between this host's clock and the venue's; venues refuse requests that are 1 s ahead.",
        expected="seconds from 0.05 to 5",
    )
    compare_interval: Annotated[float, seconds(5, 3600)] = setting(
        60.0,
        purpose="Between two comparisons of the cache with the venues' open orders and positions.",
        expected="seconds from 5 to 3600",
    )
    state_save_interval: Annotated[float, seconds(1, 86400)] = setting(
        60.0,
        purpose="Between two saves of every strategy's and actor's state; upstream saves it at a graceful stop only.",
        expected="seconds from 1 to 86400",
    )
    link_limit: Annotated[float, seconds(1, 86400)] = setting(
        120.0,
        purpose="How long a client may be disconnected before the node is restarted (73).",
        expected="seconds from 1 to 86400",
    )
    data_limit: Annotated[float, seconds(1, 86400)] = setting(
        300.0,
        purpose="How long market data may be stale before the node is restarted (73).",
        expected="seconds from 1 to 86400",
    )
    persistence_limit: Annotated[float, seconds(1, 86400)] = setting(
        30.0,
        purpose="How long Redis may be away before the node is restarted (75); what was lost is found then.",
        expected="seconds from 1 to 86400",
    )
    difference_limit: Annotated[float, seconds(1, 86400)] = setting(
        120.0,
        purpose="How long cache and venue may differ before the node is restarted (72).",
        expected="seconds from 1 to 86400",
    )
