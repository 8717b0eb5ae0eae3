"""Whether the sockets under upstream's clients are alive; `is_connected` stays true when they drop.

Upstream reconnects by itself and tells nobody, and a user stream whose recovery failed once stays dead for good while
the client calls itself connected (nautilus_trader/adapters/binance/websocket/user.py `_is_recovery_failed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nautilus_trader.adapters.binance.data import BinanceCommonDataClient
from nautilus_trader.adapters.binance.execution import BinanceCommonExecutionClient

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLink:
    """A connection that is not there.

    Attributes:
        client: Upstream's client id.
        reason: One line for people.
        for_good: Upstream does not try again.
    """

    client: str
    name: str
    reason: str
    for_good: bool = False


def down(client: Any) -> list[DeadLink]:  # noqa: ANN401 any of upstream's clients
    """Return what of a client is not connected."""
    if not client.is_connected:
        return [DeadLink(client=str(client.id), name=str(client.id), reason=f"{client.id} is not connected")]
    if _given_up(client):
        text = f"{client.id}: upstream has given up its user stream and misses fills; the node restarts"
        return [DeadLink(client=str(client.id), name=f"{client.id} user stream", reason=text, for_good=True)]
    return [
        DeadLink(
            client=str(client.id),
            name=f"{client.id} {name}",
            reason=f"{client.id}: the {name} is not connected, upstream tries again",
        )
        for name, socket in _sockets(client)
        if not _alive(socket)
    ]


def _alive(socket: Any) -> bool:  # noqa: ANN401 one of upstream's sockets, or None
    # `is_active` of the Binance sockets stays true while they try to connect again; Bybit's do not have the other word.
    reconnecting = getattr(socket, "is_reconnecting", None)
    return socket is not None and bool(socket.is_active()) and not (reconnecting is not None and reconnecting())


def _sockets(client: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 see above
    if isinstance(client, BinanceCommonExecutionClient):
        user = client._ws_client  # noqa: SLF001 upstream tells it nowhere else
        if not user._use_rest_listen_key:  # noqa: SLF001 see above
            yield "WebSocket API", user._client  # noqa: SLF001 see above
        # Spot has its events on the API's socket, and no stream of its own.
        if user._use_rest_listen_key or user._stream_client is not None:  # noqa: SLF001 see above
            yield "user stream", user._stream_client  # noqa: SLF001 see above
    elif isinstance(client, BinanceCommonDataClient):
        for field in ("_ws_client", "_ws_public_client"):
            for socket in getattr(getattr(client, field, None), "_clients", {}).values():
                yield "market stream", socket
    else:
        # Bybit: pyo3 clients with the same word.
        for field, name in (("_ws_private_client", "private stream"), ("_ws_trade_client", "trade socket")):
            if hasattr(client, field):
                yield name, getattr(client, field)
        for product, socket in getattr(client, "_ws_clients", {}).items():
            yield f"public stream of {product}", socket


def _given_up(client: Any) -> bool:  # noqa: ANN401 see above
    return isinstance(client, BinanceCommonExecutionClient) and bool(client._ws_client._is_recovery_failed)  # noqa: SLF001 see above
