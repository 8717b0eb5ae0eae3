"""Ansible filter: the variables of every exchange client that the instruments of a node name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MAIN = "BINANCE"


def client_settings(instrument_ids: Iterable[str], venue: str, keys: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return keys, switches and instruments of each client that is needed.

    Args:
        instrument_ids: SYMBOL.CLIENT; one without a known client goes to the main one, for nodecfg to refuse it.
        venue: simvenue, testnet, demo or live.
        keys: Key and secret by client.
    """
    wanted: dict[str, list[str]] = {}
    for instrument in instrument_ids:
        client = str(instrument).rpartition(".")[2]
        wanted.setdefault(client if client in keys else MAIN, []).append(instrument)
    found: dict[str, Any] = {}
    for client, instruments in wanted.items():
        key, secret = keys[client]
        found |= {
            f"{client}_API_KEY": key,
            f"{client}_API_SECRET": secret,
            f"{client}_TESTNET": venue in {"simvenue", "testnet"},
            f"{client}_DEMO": venue == "demo",
            f"{client}_INSTRUMENT_IDS": instruments,
        }
    return found


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by their name in templates."""
        return {"client_settings": client_settings}
