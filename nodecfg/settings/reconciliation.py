"""How the node compares its state with the venue's: at the start, and while it runs."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.presets import ReconciliationPreset, preset_value
from nodecfg.settings.instruments import InstrumentIds, split_list
from nodecfg.settings.section import Section, fault, setting
from nodecfg.settings.values import OrOff, seconds

if TYPE_CHECKING:
    from nautilus_trader.live.config import LiveExecEngineConfig

_LEAST_LOOKBACK = 60
_Milliseconds = Annotated[int, Field(ge=0, le=600_000)]
_Retries = Annotated[int, Field(ge=1, le=100)]
_Minutes = Annotated[int, Field(ge=1, le=10_080)]


def _lookback(value: Any) -> Any:  # noqa: ANN401 whatever pydantic was given
    try:
        short = not isinstance(value, bool) and int(value) < _LEAST_LOOKBACK
    except (TypeError, ValueError):
        return value
    if short:
        raise fault(
            f"is below {_LEAST_LOOKBACK} minutes: an order older than the window is not found, and after some checks "
            "an order that lives at the venue is resolved as rejected",
            f"set it to {_LEAST_LOOKBACK} or more",
        )
    return value


_Lookback = Annotated[int, BeforeValidator(_lookback), Field(le=43_200)]


def _order_ids(value: Any) -> Any:  # noqa: ANN401 whatever pydantic was given
    parts = split_list(value, of="client order ids", longest=1000)
    if isinstance(parts, tuple) and any(not part.isascii() or " " in part or len(part) > 64 for part in parts):  # noqa: PLR2004 longer than any venue's
        raise fault("holds what is no client order id", "name client order ids as the log prints them")
    return parts


def _preset(name: str, purpose: str, expected: str) -> Any:  # noqa: ANN401 pydantic's own Field is typed so
    return Field(
        default_factory=preset_value(name),
        description=purpose,
        json_schema_extra={"expected": expected, "example": None, "preset": True},
    )


class ReconciliationConfig(Section):
    """Reconciliation and purging of upstream's `LiveExecEngineConfig` (nautilus_trader/live/config.py).

    Every field that the preset decides can be overridden singly; `model_fields_set` tells which were.
    """

    model_config = SettingsConfigDict(env_prefix="RECONCILIATION_")
    title = "Reconciliation"

    preset: ReconciliationPreset = setting(
        ReconciliationPreset.STANDARD,
        purpose="CONSERVATIVE | STANDARD | AGGRESSIVE | DISABLED; the values below that are not set follow it.",
        expected="CONSERVATIVE, STANDARD, AGGRESSIVE or DISABLED",
    )
    force_disabled: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: trade without reconciliation although orders are real. You will hold positions unknown to you.",
        expected="true or false",
    )
    enabled: bool = _preset("enabled", "false: do not ask the venue for orders and positions at all.", "true or false")
    lookback_mins: Annotated[int, Field(ge=1, le=525_600)] | None = setting(
        None,
        purpose="Minutes that start-up reconciliation looks back. Unset: as far as the venue answers.",
        expected="nothing: leave it out",
        example="",
    )
    allow_limited_lookback: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: accept that a limited look-back makes up fills for positions that are older.",
        expected="true or false",
    )
    instrument_ids: InstrumentIds = setting(
        (),
        purpose="Reconcile these only, where several nodes share an account. Unset: all.",
        expected="loaded instrument ids separated by commas",
        example="",
    )
    filter_unclaimed_external_orders: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: ignore orders that no strategy claims; they stay alive at the venue.",
        expected="true or false",
    )
    filter_position_reports: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: ignore the venue's positions, for several nodes on one account.",
        expected="true or false",
    )
    filtered_client_order_ids: Annotated[tuple[str, ...], BeforeValidator(_order_ids)] = setting(
        (), purpose="Client order ids to ignore.", expected="client order ids separated by commas", example=""
    )
    generate_missing_orders: bool = setting(
        True,  # noqa: FBT003 a default, named by its keyword
        purpose="true: make up the orders that explain a position; false leaves it different from the venue's.",
        expected="true or false",
    )
    startup_delay_secs: Annotated[float, seconds(10, 600)] = _preset(
        "startup_delay_secs",
        "Seconds from the end of start-up reconciliation to the first continuous check.",
        "seconds from 10 to 600; checks that start earlier meet fills that are still arriving",
    )
    inflight_check_interval_ms: _Milliseconds = _preset(
        "inflight_check_interval_ms",
        "Milliseconds between looks at orders without an answer; 0: never.",
        "whole milliseconds from 0 to 600000",
    )
    inflight_check_threshold_ms: _Milliseconds = _preset(
        "inflight_check_threshold_ms",
        "Milliseconds without an answer before the venue is asked.",
        "whole milliseconds from 0 to 600000",
    )
    inflight_check_retries: _Retries = _preset(
        "inflight_check_retries",
        "Questions before the order is called rejected or canceled, which is a guess.",
        "a whole number from 1 to 100",
    )
    open_check_interval_secs: Annotated[Annotated[float, seconds(1, 3600)] | None, OrOff] = _preset(
        "open_check_interval_secs",
        "Seconds between checks of open orders, or off (as upstream: fills lost in a stream gap stay lost).",
        "seconds from 1 to 3600, or off",
    )
    open_check_open_only: bool = setting(
        True,  # noqa: FBT003 a default, named by its keyword
        purpose="false: ask for history too; an order missing from some answers is then called rejected.",
        expected="true or false",
    )
    open_check_lookback_mins: _Lookback = _preset(
        "open_check_lookback_mins", "Minutes that these checks look back.", "whole minutes from 60 to 43200"
    )
    open_check_threshold_ms: _Milliseconds = _preset(
        "open_check_threshold_ms",
        "Milliseconds after an order's last event before it is compared.",
        "whole milliseconds from 0 to 600000",
    )
    open_check_missing_retries: _Retries = _preset(
        "open_check_missing_retries",
        "Answers without an order before it is called rejected.",
        "a whole number from 1 to 100",
    )
    max_single_order_queries_per_cycle: Annotated[int, Field(ge=1, le=1000)] = setting(
        10, purpose="Most questions about single orders per check.", expected="a whole number from 1 to 1000"
    )
    single_order_query_delay_ms: _Milliseconds = setting(
        100, purpose="Milliseconds between those questions.", expected="whole milliseconds from 0 to 600000"
    )
    position_check_interval_secs: Annotated[Annotated[float, seconds(5, 3600)] | None, OrOff] = _preset(
        "position_check_interval_secs",
        "Seconds between checks of positions, or off. Beside spot or hedge mode it is off: it makes up fills.",
        "seconds from 5 to 3600, or off",
    )
    position_check_lookback_mins: _Minutes = _preset(
        "position_check_lookback_mins",
        "Minutes of fills to ask for after a difference.",
        "whole minutes from 1 to 10080",
    )
    position_check_threshold_ms: _Milliseconds = _preset(
        "position_check_threshold_ms",
        "Milliseconds after a position's last event before it is compared.",
        "whole milliseconds from 0 to 600000",
    )
    position_check_retries: _Retries = _preset(
        "position_check_retries", "Tries to explain a difference.", "a whole number from 1 to 100"
    )
    purge_closed_orders_interval_mins: Annotated[_Minutes | None, OrOff] = _preset(
        "purge_closed_orders_interval_mins", "Minutes between purges of closed orders, or off.", "minutes, or off"
    )
    purge_closed_orders_buffer_mins: _Minutes = _preset(
        "purge_closed_orders_buffer_mins", "Minutes that a closed order is kept.", "whole minutes from 1 to 10080"
    )
    purge_closed_positions_interval_mins: Annotated[_Minutes | None, OrOff] = _preset(
        "purge_closed_positions_interval_mins", "Minutes between purges of closed positions, or off.", "minutes, or off"
    )
    purge_closed_positions_buffer_mins: _Minutes = _preset(
        "purge_closed_positions_buffer_mins", "Minutes that a closed position is kept.", "whole minutes from 1 to 10080"
    )
    purge_from_database: bool = _preset(
        "purge_from_database", "true: purge Redis too, or every start reads all that ever was.", "true or false"
    )

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong between the fields."""
        interval, threshold = values.get("inflight_check_interval_ms"), values.get("inflight_check_threshold_ms")
        if interval is not None and threshold is not None and threshold < interval:
            yield cls.problem(
                "inflight_check_threshold_ms",
                threshold,
                f"is below {cls.variable('inflight_check_interval_ms')}={interval}: orders would be asked about before "
                "the first look at them was due, and every answer that is merely slow costs a request",
                f"set it to at least {interval}",
            )
        if values.get("lookback_mins") is not None and values.get("allow_limited_lookback") is False:
            yield cls.problem(
                "lookback_mins",
                values["lookback_mins"],
                "limits start-up reconciliation: upstream makes up fills, at made-up prices, for every position that "
                "was opened before that",
                f"leave it out, or set {cls.variable('allow_limited_lookback')}=true",
            )

    @property
    def is_off(self) -> bool:
        """Whether the venue is not asked at the start."""
        return not self.enabled

    def to_live_exec_engine_config(self) -> "LiveExecEngineConfig":
        """Return upstream's struct, for a node whose clients all trade derivatives in one-way mode."""
        from nodecfg.builders.execution import build_exec_engine_config  # noqa: PLC0415 imports nautilus_trader

        return build_exec_engine_config(self, netting_derivatives=True)


ReconciliationSettings = ReconciliationConfig
"""The name of the first version."""
