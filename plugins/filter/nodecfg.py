"""Ansible filters that give roles the names, paths and ports of an instance from the same function the node uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

try:
    from nodecfg.errors import ConfigurationError
    from nodecfg.instance import derive, derive_all
except ImportError as error:
    raise AnsibleFilterError(
        f"the Python that runs Ansible has no nodecfg ({error}): run `make setup` and use the environment it makes"
    ) from error

DOCUMENTATION = r"""
name: tradingnode_instance
short_description: everything that derives from the name of a trading node's instance
options:
  _input:
    description: Name of the instance, C(main) for the unnamed one.
    type: str
    required: true
  trader_id:
    description: Adds C(trader_id) and C(redis_key_prefix).
    type: str
"""


def tradingnode_instance(name: str, trader_id: str | None = None) -> dict[str, Any]:
    """Return unit, Redis user, paths and ports of an instance.

    Raises:
        AnsibleFilterError: The name or the trader id cannot be used.
    """
    try:
        # Ansible's strings are a subclass that carries their origin; what derives from them is plain.
        return derive(_text(name)).as_dict(None if trader_id is None else _text(trader_id))
    except ConfigurationError as error:
        raise AnsibleFilterError(f"tradingnode_instance: {error}") from None


def tradingnode_instances(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the instances of one host, proven to share nothing.

    Raises:
        AnsibleFilterError: A name cannot be used, or two instances would share something.
    """
    if isinstance(names, str):
        raise AnsibleFilterError("tradingnode_instances takes a list of names; for one name use tradingnode_instance")
    try:
        return [instance.as_dict() for instance in derive_all(_text(name) for name in names)]
    except ConfigurationError as error:
        raise AnsibleFilterError(f"tradingnode_instances: {error}") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise AnsibleFilterError(f"an instance name or trader id is text, not {type(value).__name__}: quote it")
    return str(value)


class FilterModule:
    """Tells Ansible the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"tradingnode_instance": tradingnode_instance, "tradingnode_instances": tradingnode_instances}
