"""Order commands over REST: create, amend, cancel, cancel-all and the three batches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from simvenue.credentials import Permission
from simvenue.venues.bybit import commands
from simvenue.venues.bybit.endpoint import Route

if TYPE_CHECKING:
    from simvenue.venues.bybit.commands import Act
    from simvenue.venues.bybit.endpoint import Call


def _one(act: Act, call: Call) -> dict[str, str]:
    return act(call.venue, call.account, call.parameters)


def _many(act: Act, call: Call) -> dict[str, Any]:
    return commands.batch(call.venue, call.account, call.parameters, act)


def _cancel_all(call: Call) -> dict[str, Any]:
    return {"list": commands.cancel_all(call.venue, call.account, call.parameters), "success": "1"}


ROUTES = (
    Route("POST", "/v5/order/create", Permission.TRADE, partial(_one, commands.create)),
    Route("POST", "/v5/order/amend", Permission.TRADE, partial(_one, commands.amend)),
    Route("POST", "/v5/order/cancel", Permission.TRADE, partial(_one, commands.cancel)),
    Route("POST", "/v5/order/cancel-all", Permission.TRADE, _cancel_all),
    Route("POST", "/v5/order/create-batch", Permission.TRADE, partial(_many, commands.create)),
    Route("POST", "/v5/order/amend-batch", Permission.TRADE, partial(_many, commands.amend)),
    Route("POST", "/v5/order/cancel-batch", Permission.TRADE, partial(_many, commands.cancel)),
)
