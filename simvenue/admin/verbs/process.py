"""The verbs about the process as a whole: restart, reset."""

from typing import Literal

from pydantic import Field

from simvenue.admin.route import Answer, Call, Given, NoQuery, Route


class ResetBody(Given):
    """The word that shows that nobody resets by accident."""

    confirm: Literal["wipe"] = Field(description="Every order, fill, position and balance is gone afterwards.")


class Asked(Answer):
    """What happens right after this answer; health answers again when it is done."""

    doing: Literal["restart", "reset"]


def restart(call: Call[NoQuery, None]) -> Asked:
    """Drop every socket and start again from the ledgers, as after a deployment of the venue."""
    call.world.process.restart()
    return Asked(doing="restart")


def reset(call: Call[NoQuery, ResetBody]) -> Asked:
    """Wipe the ledgers and start again, as testnets do."""
    call.world.process.reset()
    return Asked(doing="reset")


ROUTES = (
    Route(method="POST", path="/admin/v1/restart", act=restart, answer=Asked),
    Route(
        method="POST",
        path="/admin/v1/reset",
        act=reset,
        answer=Asked,
        body=ResetBody,
        examples={"sure": {"confirm": "wipe"}},
    ),
)
