"""The whole TradingNodeConfig as JSON, for upstream's own decoder and, where that can, its own start command."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from nautilus_trader.live.config import TradingNodeConfig

from nodecfg.adapter_factories import factory_path
from nodecfg.builders.clients import client_factories
from nodecfg.errors import MASK, ConfigurationError, Problem
from nodecfg.factory import TradingNodeConfigFactory
from nodecfg.importing import SECRET_KEY

if TYPE_CHECKING:
    from nodecfg.settings import TradingNodeSettings

_DEFAULT_TRADER: Final = str(TradingNodeConfig().trader_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A config as text.

    Attributes:
        text: The JSON document, one line feed at its end.
        refused: Why `python -m nautilus_trader.live` would not take it, None when it does.
        masked: Whether a secret is masked in it, so that it decodes but cannot log in.
        types_lost: Whether a catalog's types are missing in it; upstream writes types that it cannot read.
    """

    text: str
    refused: str | None
    masked: bool
    types_lost: bool


def render(settings: TradingNodeSettings, *, as_default_trader: bool = False, with_secrets: bool = False) -> Rendered:
    """Render the config of a node.

    The factories of the clients are part of it (see `adapter_factories`). Keys of venues never are: upstream's adapters
    read them from the environment, see `adapter_environment`.

    Upstream's module (nautilus_trader/live/__main__.py, 1.231.0) decodes without upstream's own decoding hook, so it
    refuses every field that holds an identifier, the trader id first of all. TRADER-001 is its default and is left out;
    any other trader id stands in the document, because without it the node would be another trader.

    Args:
        settings: What to render.
        as_default_trader: Leave the trader id out, so that the module runs the config, as TRADER-001.
        with_secrets: Write the password of Redis instead of a mask.

    Raises:
        ConfigurationError: The settings do not build a config, or `as_default_trader` is not enough.
    """
    document: dict[str, Any] = TradingNodeConfigFactory.from_settings(settings).json_primitives()
    types = None
    if document["streaming"] is not None:
        types, document["streaming"]["include_types"] = document["streaming"]["include_types"], None
    factories = client_factories(settings)
    for kind, classes in (("data_clients", factories.data), ("exec_clients", factories.execution)):
        for name, factory in classes.items():
            document[kind][name]["factory"] = {"path": factory_path(factory)}
    if as_default_trader or document["trader_id"] == _DEFAULT_TRADER:
        del document["trader_id"]
    refused = _refused(document)
    if types and as_default_trader:
        refused = "streaming.include_types cannot be written, and a node with orders crashes at its start without them"
    if refused and as_default_trader:
        raise ConfigurationError(
            [
                Problem(
                    variable="TradingNodeConfig",
                    value_masked="(rendered)",
                    problem=f"cannot be run by upstream's own module: {refused}",
                    fix="remove the setting or override that it names, or run the node with noderun",
                )
            ]
        )
    secret_free = document if with_secrets else _without_secrets(document)
    text = msgspec.json.format(msgspec.json.encode(secret_free), indent=2).decode() + "\n"
    return Rendered(text=text, refused=refused, masked=secret_free != document, types_lost=types is not None)


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


def _refused(document: dict[str, Any]) -> str | None:
    try:
        msgspec.json.decode(msgspec.json.encode(document), type=TradingNodeConfig)
    except msgspec.MsgspecError as error:
        return str(error)
    return None


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
