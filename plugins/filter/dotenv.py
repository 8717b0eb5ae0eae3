"""Ansible filter: a mapping of variables as an env file that python-dotenv reads back unchanged."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def to_dotenv(variables: Mapping[str, Any]) -> str:
    """Write variables, one a line, sorted by name.

    Text is put between single quotes, so that no character of a secret has a meaning. Booleans become true and false,
    lists are joined by commas, mappings become JSON. A variable that is None is left out: the node has its own default.

    Raises:
        AnsibleFilterError: A name no environment variable can have, or a value that cannot stand in a file.
    """
    return "".join(
        f"{_name(name)}={_quoted(_text(name, value))}\n"
        for name, value in sorted(variables.items())
        if value is not None
    )


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise AnsibleFilterError(
            f"{name!r} cannot be the name of an environment variable; use letters, digits and underscores"
        )
    return name


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return ",".join(_text(name, item) for item in value)
    text = str(value)
    if "\0" in text:
        raise AnsibleFilterError(
            f"{name} holds a zero byte, which no environment variable can; correct it in the inventory"
        )
    return text


def _quoted(text: str) -> str:
    # Between single quotes python-dotenv knows two escapes: \\ and \'.
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by their name in templates."""
        return {"to_dotenv": to_dotenv}
