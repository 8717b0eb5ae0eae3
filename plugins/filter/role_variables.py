"""Ansible filter: variables that carry a role's prefix and that the role does not know, such as a misspelt one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def unknown_role_variables(names: Iterable[str], role_path: str) -> list[str]:
    """Return the names that are not in the role's meta/argument_specs.yml; Ansible itself ignores them silently."""
    text = Path(role_path, "meta/argument_specs.yml").read_text(encoding="utf-8")
    return sorted(set(names) - set(yaml.safe_load(text)["argument_specs"]["main"]["options"]))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by their name in templates."""
        return {"unknown_role_variables": unknown_role_variables}
