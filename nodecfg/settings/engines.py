"""Settings of upstream's engines and cache that a node may need otherwise than we set them."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.settings.instruments import split_list
from nodecfg.settings.section import Section, fault, setting
from nodecfg.settings.values import OrOff, seconds

_QueueSize = Annotated[int, Field(ge=1000, le=10_000_000)]
_Capacity = Annotated[int, Field(ge=1, le=10_000_000)]


def _client_ids(value: Any) -> Any:  # noqa: ANN401 whatever pydantic was given
    parts = split_list(value, of="client ids")
    if isinstance(parts, tuple) and (bad := [p for p in parts if not p.replace("_", "").replace("-", "").isalnum()]):
        raise fault(f"{bad[0]!r} is not a client id", "use letters, digits, '_' and '-'")
    return parts


ClientIds = Annotated[tuple[str, ...], BeforeValidator(_client_ids)]


class Encoding(StrEnum):
    """How records are written into Redis."""

    MSGPACK = "msgpack"
    JSON = "json"


class IntervalType(StrEnum):
    """Which end of its interval belongs to a bar."""

    LEFT_OPEN = "left-open"
    RIGHT_OPEN = "right-open"


class CacheSettings(Section):
    """Cache (nautilus_trader/cache/config.py)."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_CACHE_")
    title = "Cache"

    tick_capacity: _Capacity = setting(
        10_000, purpose="Quotes and trades kept in memory per instrument.", expected="a whole number from 1 to 10000000"
    )
    bar_capacity: _Capacity = setting(
        10_000, purpose="Bars kept in memory per bar type.", expected="a whole number from 1 to 10000000"
    )
    bulk_read_batch_size: Annotated[int, Field(ge=1, le=100_000)] | None = setting(
        None,
        purpose="Records read from Redis per command at the start. Unset: all in one.",
        expected="a whole number from 1 to 100000",
        example="1000",
    )


class DataEngineSettings(Section):
    """Data engine (nautilus_trader/live/config.py `LiveDataEngineConfig`)."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_DATA_")
    title = "Data engine"

    time_bars_interval_type: IntervalType = setting(
        IntervalType.LEFT_OPEN, purpose="left-open | right-open.", expected="left-open or right-open"
    )
    time_bars_timestamp_on_close: bool = setting(
        True,  # noqa: FBT003 a default, named by its keyword
        purpose="true: a bar carries the time of its close.",
        expected="true or false",
    )
    time_bars_skip_first_non_full_bar: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: drop the first bar, which is shorter when the node starts within it.",
        expected="true or false",
    )
    time_bars_build_with_no_updates: bool = setting(
        True,  # noqa: FBT003 a default, named by its keyword
        purpose="true: a bar also for an interval without a trade.",
        expected="true or false",
    )
    time_bars_build_delay: Annotated[int, Field(ge=0, le=10_000_000)] = setting(
        0, purpose="Microseconds to wait before a bar is built.", expected="whole microseconds from 0 to 10000000"
    )
    validate_data_sequence: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: drop data whose time runs backwards.",
        expected="true or false",
    )
    buffer_deltas: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: publish book changes of one event together.",
        expected="true or false",
    )
    emit_quotes_from_book: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: a quote whenever the top of a subscribed book changes.",
        expected="true or false",
    )
    emit_quotes_from_book_depths: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: a quote whenever the top of a subscribed depth changes.",
        expected="true or false",
    )
    external_clients: ClientIds = setting(
        (),
        purpose="Client ids whose data arrives over the message bus, separated by commas.",
        expected="client ids separated by commas",
        example="",
    )
    qsize: _QueueSize = setting(
        100_000, purpose="Length of the queue; a full one blocks the venue's messages.", expected="1000 to 10000000"
    )


class ExecEngineSettings(Section):
    """Execution engine besides reconciliation (nautilus_trader/live/config.py `LiveExecEngineConfig`)."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_EXEC_")
    title = "Execution engine"

    manage_own_order_books: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: keep books of the node's own orders.",
        expected="true or false",
    )
    own_books_audit_interval_secs: Annotated[float, seconds(1, 3600)] | None = setting(
        None,
        purpose="Seconds between audits of those books. Unset: never.",
        expected="seconds from 1 to 3600",
        example="",
    )
    allow_overfills: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: accept fills beyond an order's quantity; false shows them as the defect that they are.",
        expected="true or false",
    )
    external_clients: ClientIds = setting(
        (),
        purpose="Client ids whose orders another process executes, separated by commas.",
        expected="client ids separated by commas",
        example="",
    )
    qsize: _QueueSize = setting(
        100_000, purpose="Length of the queue; a full one blocks the venue's messages.", expected="1000 to 10000000"
    )

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """An audit needs something to audit."""
        if values.get("own_books_audit_interval_secs") and values.get("manage_own_order_books") is False:
            yield cls.problem(
                "own_books_audit_interval_secs",
                values["own_books_audit_interval_secs"],
                f"has no effect without {cls.variable('manage_own_order_books')}=true",
                "set that too, or remove this",
            )


class PortfolioSettings(Section):
    """Portfolio (nautilus_trader/portfolio/config.py)."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_PORTFOLIO_")
    title = "Portfolio"

    use_mark_prices: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: value positions at mark prices; a strategy has to subscribe to them.",
        expected="true or false",
    )
    use_mark_xrates: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: convert currencies at mark rates.",
        expected="true or false",
    )
    bar_updates: bool = setting(
        True,  # noqa: FBT003 a default, named by its keyword
        purpose="true: bars update the value of positions too.",
        expected="true or false",
    )
    convert_to_account_base_currency: bool = setting(
        True,  # noqa: FBT003 a default, named by its keyword
        purpose="true: convert into the account's currency, where it has one.",
        expected="true or false",
    )
    min_account_state_logging_interval_ms: Annotated[Annotated[int, Field(ge=1, le=3_600_000)] | None, OrOff] = setting(
        None,
        purpose="Least milliseconds between log lines on the account. Unset: one per update.",
        expected="whole milliseconds from 1 to 3600000",
        example="60000",
    )
