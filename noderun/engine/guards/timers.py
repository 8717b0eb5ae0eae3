"""A timer's callback that raises ends the node, as every other handler that raises does.

Upstream: the callbacks of `set_timer` and `set_time_alert`, and `on_event` for a timer without one, are called by
native code, which swallows the exception: no line in the log, no traceback, and the timer goes on or never comes again
(nautilus_trader/common/component.pyx `LiveClock`). A strategy that acts by its timer then does nothing any more.

Here: what raises is logged with its traceback and ends the node.

Shown by: tests/integration/node/test_stop.py. Can go when upstream tells its engines, as it does for data handlers.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from nautilus_trader.common import component

from noderun import logs
from noderun.lines import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

type Callback = Callable[[Any], None]


def install(on_raised: Callable[[str], None]) -> None:
    """Watch the timers of every clock of this process; call it once, before the node is constructed.

    Args:
        on_raised: Called with one line for people; on a thread of upstream's, for timers run there.
    """
    # Every callback passes through this function on its way to native code.
    hand_over = component.create_pyo3_conversion_wrapper

    @wraps(hand_over)
    def hand_over_watched(callback: Callback) -> Any:  # noqa: ANN401 what upstream hands to native code
        return hand_over(_watched(callback, on_raised))

    component.create_pyo3_conversion_wrapper = hand_over_watched


def _watched(callback: Callback, on_raised: Callable[[str], None]) -> Callback:
    def watched(event: Any) -> None:  # noqa: ANN401 upstream's TimeEvent
        try:
            callback(event)
        except Exception as error:
            why = f"timer {event.name} of {_owner(callback)} raised: {one_line(error)}"
            logs.get().exception("a handler raised", reason=why)
            on_raised(why)
            raise

    return watched


def _owner(callback: Callback) -> str:
    # A method of a strategy, an actor or an engine; else a function, which has a name.
    owner = getattr(callback, "__self__", None)
    return str(getattr(owner, "id", None) or getattr(callback, "__qualname__", callback))
