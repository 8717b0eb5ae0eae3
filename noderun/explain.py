"""What a difference between cache and venue most likely means, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noderun.snapshot import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noderun.snapshot import Difference

_TAKE_OVER: Final = "noderun reconcile-now --why …"
EXPLANATIONS: Final[dict[Kind, tuple[str, str]]] = {
    Kind.ORDER_NOT_LOADED: (
        "placed by hand or by another program on this account, in an instrument this node does not trade",
        "load the instrument, or cancel the order at the venue",
    ),
    Kind.ORDER_UNKNOWN: (
        "placed by hand or by another program, or its acceptance was never heard",
        f"{_TAKE_OVER} takes it over for the strategy that claims its instrument, else as EXTERNAL",
    ),
    Kind.ORDER_GONE: (
        "filled, cancelled or expired at the venue, and the event was never heard",
        f"{_TAKE_OVER} asks for its fills and its end",
    ),
    Kind.POSITION: (
        "a fill was never heard, or somebody else trades on this account",
        f"{_TAKE_OVER} asks for the fills; when it comes again, find who trades: noderun halt --why …",
    ),
    Kind.POSITION_NOT_LOADED: (
        "opened by hand or by another program, in an instrument this node does not trade",
        "load the instrument, or close the position at the venue",
    ),
}
"""For each kind: why it is so, what to do."""


def explained(differences: Iterable[Difference]) -> list[dict[str, str]]:
    """Return differences as documents with `difference`, `because` and `do`."""
    return [
        {"difference": one.text, "because": EXPLANATIONS[one.kind][0], "do": EXPLANATIONS[one.kind][1]}
        for one in differences
    ]
