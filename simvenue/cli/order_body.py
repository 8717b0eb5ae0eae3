"""What `simvenue orders place` asks the admin API for, and which of its options contradict each other."""

from collections.abc import Mapping
from typing import Any

_RISES = {("STOP", "BUY"): True, ("STOP", "SELL"): False, ("TAKE_PROFIT", "BUY"): False, ("TAKE_PROFIT", "SELL"): True}
# A buy that trails follows the price down and fires when it comes back up.
_RISES |= {("TRAILING", "BUY"): True, ("TRAILING", "SELL"): False}


def problems(order: Mapping[str, Any], trigger: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the options before anything is sent.

    Args:
        order: the fields of the admin API's order; None or False is an option that was not given.
        trigger: those of its trigger.
    """
    found = []
    amounts = [order[name] for name in ("quantity", "quote_quantity", "close_position")]
    if sum(bool(amount) for amount in amounts) != 1:
        found.append("give exactly one of --quantity, --quote-quantity and --close-position")
    if order["quote_quantity"] and order["price"]:
        found.append("--quote-quantity is for market orders; leave out --price, or give --quantity")
    if (order["time_in_force"] == "GTD") is (order["expires_ms"] is None):
        found.append("--time-in-force GTD and --expires-ms go together; give both or neither")
    return found + _trigger_problems(trigger)


def _trigger_problems(trigger: Mapping[str, Any]) -> list[str]:
    kind = trigger["kind"]
    given = {name for name, value in trigger.items() if value is not None and name != "kind"}
    if kind is None:
        return ["options of a trigger need --trigger STOP, TAKE_PROFIT or TRAILING"] if given else []
    if kind not in {"STOP", "TAKE_PROFIT", "TRAILING"}:
        return [f"--trigger {kind} is unknown; give STOP, TAKE_PROFIT or TRAILING"]
    if kind == "TRAILING":
        found = []
        if len(given & {"callback_rate", "callback_offset"}) != 1:
            found.append("--trigger TRAILING needs either --callback-rate or --callback-offset")
        if "price" in given:
            found.append("--trigger TRAILING has no --trigger-price; its start is --activation-price")
        return found
    found = [] if "price" in given else [f"--trigger {kind} needs --trigger-price"]
    if given & {"activation_price", "callback_rate", "callback_offset"}:
        found.append("--activation-price, --callback-rate and --callback-offset are for --trigger TRAILING")
    return found


def body(order: Mapping[str, Any], trigger: Mapping[str, Any]) -> dict[str, Any]:
    """Put options without problems into the admin API's form; a trigger's direction follows from kind and side."""
    asked = {name: value for name, value in order.items() if value is not None}
    if trigger["kind"] is None:
        return asked
    waits = {name: value for name, value in trigger.items() if value is not None}
    # An unknown side is for the admin API to refuse.
    return asked | {"trigger": {"rises": _RISES.get((waits["kind"], order["side"]), True), **waits}}
