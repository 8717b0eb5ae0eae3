"""The whole TradingNodeConfig as JSON, for upstream's own start command and its own decoder."""

from __future__ import annotations

import copy
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from nautilus_trader.live.config import TradingNodeConfig

from nodecfg.adapter_factories import factory_path
from nodecfg.builders.clients import client_factories
from nodecfg.errors import MASK, Problem, shown
from nodecfg.factory import TradingNodeConfigFactory
from nodecfg.importing import SECRET_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodecfg.settings import TradingNodeSettings

_DEFAULT_TRADER: Final = str(TradingNodeConfig().trader_id)
_PLACE = re.compile(r" - at `\$\.([a-z_.]+)")
_VARIABLES: Final = {
    "trader_id": "NAUTILUS_TRADER_ID",
    "data_engine.external_clients": "NAUTILUS_DATA_EXTERNAL_CLIENTS",
    "exec_engine.external_clients": "NAUTILUS_EXEC_EXTERNAL_CLIENTS",
    "exec_engine.filtered_client_order_ids": "RECONCILIATION_FILTERED_CLIENT_ORDER_IDS",
    "exec_engine.reconciliation_instrument_ids": "RECONCILIATION_INSTRUMENT_IDS",
    "streaming.include_types": "NAUTILUS_CATALOG_INCLUDE_TYPES",
    "streaming.rotation_interval": "NAUTILUS_CATALOG_ROTATION_INTERVAL_SECS",
}
_FIXES: Final = {
    "trader_id": "render with --as-default-trader: the node then runs as TRADER-001, with other keys in Redis",
    "streaming.include_types": "leave NAUTILUS_CATALOG_PATH empty: a node with orders dies at its start without them",
    "streaming.rotation_interval": "set NAUTILUS_CATALOG_ROTATION_MODE=SIZE",
}
_FIX: Final = "leave it at its default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A config as text.

    Attributes:
        text: The JSON document, one line feed at its end.
        refused: The fields with which `python -m nautilus_trader.live` does not take it; none when it does.
        masked: Whether a secret is masked in it, so that it decodes but cannot log in.
    """

    text: str
    refused: tuple[Problem, ...]
    masked: bool


def render(settings: TradingNodeSettings, *, as_default_trader: bool = False, with_secrets: bool = False) -> Rendered:
    """Render the config of a node.

    The factories of the clients are part of it (see `adapter_factories`). Keys of venues never are: upstream's adapters
    read them from the environment, see `adapter_environment`.

    Upstream's module (nautilus_trader/live/__main__.py, 1.231.0) calls `msgspec.json.decode` without upstream's own
    decoding hook. JSON has no value that msgspec would then take for an identifier, a time span or a type, so a field
    that holds one can stay at its default and nothing else, whatever is written for it. The clients, strategies, actors
    and algorithms are decoded later and with the hook. TRADER-001 is upstream's default and is left out; any other
    trader id stands in the document, because without it the node would be another trader. `TradingNodeConfig.parse`
    reads all of them but the types of a catalog, which upstream writes and never reads; they are left out.

    Args:
        settings: What to render.
        as_default_trader: Leave the trader id out.
        with_secrets: Write the password of Redis instead of a mask.

    Raises:
        ConfigurationError: The settings do not build a config.
    """
    document: dict[str, Any] = TradingNodeConfigFactory.from_settings(settings).json_primitives()
    factories = client_factories(settings)
    for kind, classes in (("data_clients", factories.data), ("exec_clients", factories.execution)):
        for name, factory in classes.items():
            document[kind][name]["factory"] = {"path": factory_path(factory)}
    if as_default_trader or document["trader_id"] == _DEFAULT_TRADER:
        del document["trader_id"]
    refused = tuple(_refused(document, settings.overrides_file))
    if document["streaming"] is not None:
        document["streaming"]["include_types"] = None
    secret_free = document if with_secrets else _without_secrets(document)
    text = msgspec.json.format(msgspec.json.encode(secret_free), indent=2).decode() + "\n"
    return Rendered(text=text, refused=refused, masked=secret_free != document)


def write_private(text: str, path: Path) -> None:
    """Write a file that only its owner can read; a file that was there is replaced whole.

    Raises:
        OSError: It cannot be written.
    """
    # mkstemp makes the file 0600 before there is anything in it.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _refused(document: dict[str, Any], overrides: Path | None) -> Iterator[Problem]:
    left = copy.deepcopy(document)
    while (error := _decoding_error(left)) is not None:
        place = _PLACE.search(error)
        path = place.group(1) if place else "TradingNodeConfig"
        value = _take_out(left, path.split("."))
        variable = _VARIABLES.get(path) or (f"{overrides.name} {path}" if overrides else path)
        yield Problem(
            variable=variable,
            value_masked=shown(",".join(map(str, value)) if isinstance(value, list) else value, secret=False),
            problem=f"is in the config, and upstream's module refuses it there: {error.replace('`', '')}",
            fix=_FIXES.get(path, _FIX),
        )
        if value is None:
            # Nothing was taken out: the same error would come again.
            return


def _decoding_error(document: dict[str, Any]) -> str | None:
    try:
        msgspec.json.decode(msgspec.json.encode(document), type=TradingNodeConfig)
    except msgspec.MsgspecError as error:
        return str(error)
    return None


def _take_out(document: dict[str, Any], parts: list[str]) -> Any:  # noqa: ANN401 JSON
    inner: Any = document
    for part in parts[:-1]:
        inner = inner.get(part) if isinstance(inner, dict) else None
    return inner.pop(parts[-1], None) if isinstance(inner, dict) else None


def _without_secrets(value: Any) -> Any:  # noqa: ANN401 JSON
    if isinstance(value, dict):
        return {
            key: MASK if item not in (None, "") and SECRET_KEY.search(key) and not isinstance(item, dict | bool)
            else _without_secrets(item)
            for key, item in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value
