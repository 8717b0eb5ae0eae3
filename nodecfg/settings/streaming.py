"""Recording market data and events into a catalog on disk."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.settings.instruments import split_list
from nodecfg.settings.section import Section, fault, setting
from nodecfg.settings.values import FilePath, seconds

STREAMABLE: Final = (
    *("OrderBookDelta", "OrderBookDepth10", "QuoteTick", "TradeTick", "Bar"),
    *("MarkPriceUpdate", "IndexPriceUpdate", "FundingRateUpdate", "InstrumentStatus", "InstrumentClose"),
    *("ComponentStateChanged", "TradingStateChanged", "ShutdownSystem"),
    *("OrderInitialized", "OrderDenied", "OrderEmulated", "OrderReleased", "OrderSubmitted", "OrderAccepted"),
    *("OrderRejected", "OrderPendingCancel", "OrderCanceled", "OrderCancelRejected", "OrderExpired"),
    *("OrderTriggered", "OrderPendingUpdate", "OrderModifyRejected", "OrderUpdated", "OrderFilled"),
    *("PositionOpened", "PositionChanged", "PositionClosed", "AccountState"),
)
"""What upstream's writer has a schema for (nautilus_trader/serialization/arrow/serializer.py `list_schemas`)."""


class Rotation(StrEnum):
    """When a new file is begun (nautilus_trader/persistence/writer.py `RotationMode`)."""

    NO_ROTATION = "NO_ROTATION"
    SIZE = "SIZE"
    INTERVAL = "INTERVAL"
    SCHEDULED_DATES = "SCHEDULED_DATES"


def _types(value: Any) -> Any:  # noqa: ANN401 whatever pydantic was given
    parts = split_list(value, of="types")
    if isinstance(parts, (tuple, list)):
        unknown = [part for part in parts if part not in STREAMABLE]
        if unknown:
            raise fault(
                f"{str(unknown[0])[:60]!r} is not a type that upstream can write", f"use of {', '.join(STREAMABLE)}"
            )
        return tuple(dict.fromkeys(parts))
    return parts


class StreamingSettings(Section):
    """Catalog of what the node saw and did (nautilus_trader/persistence/config.py `StreamingConfig`)."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_CATALOG_")
    title = "Recording into a catalog"

    path: FilePath | None = setting(
        None,
        purpose="Directory of the catalog, closed to other users. Unset: nothing is recorded.",
        expected="an absolute directory",
        example="/var/lib/tradingnode/main/catalog",
    )
    include_types: Annotated[tuple[str, ...], BeforeValidator(_types)] = setting(
        (),
        purpose="What to record, separated by commas; required with the path.",
        expected="names of types such as QuoteTick,TradeTick,OrderFilled",
        example="TradeTick,OrderFilled,PositionChanged,AccountState",
    )
    flush_interval_ms: Annotated[int, Field(ge=10, le=600_000)] = setting(
        1000,
        purpose="Milliseconds between writes to disk; what a crash loses of the record.",
        expected="whole milliseconds from 10 to 600000",
    )
    rotation_mode: Rotation = setting(
        Rotation.SIZE,
        purpose="NO_ROTATION | SIZE | INTERVAL | SCHEDULED_DATES.",
        expected="NO_ROTATION, SIZE, INTERVAL or SCHEDULED_DATES",
    )
    max_file_size: Annotated[int, Field(ge=1_000_000, le=100_000_000_000)] = setting(
        1_073_741_824, purpose="Bytes of a file, for SIZE.", expected="whole bytes from 1000000 (1 MB) to 100 GB"
    )
    rotation_interval_secs: Annotated[float, seconds(60, 31 * 86_400)] = setting(
        86_400.0, purpose="Seconds of a file, for INTERVAL and SCHEDULED_DATES.", expected="seconds from 60 to 2678400"
    )

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong between path and types."""
        path = values.get("path")
        if path is not None and not path.is_absolute():
            yield cls.problem(
                "path",
                path,
                "is relative: the record would land wherever the service runs",
                "write it with a leading /",
            )
        if path is not None and values.get("include_types") == ():
            yield cls.problem(
                "include_types",
                None,
                "is missing while the catalog's path is set; without it upstream hands every message to a writer that "
                "has no schema for it, and the node dies of KeyError at its start",
                "list what to record, such as TradeTick,OrderFilled",
            )
