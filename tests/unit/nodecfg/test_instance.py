"""From an instance's name follow names, paths and ports that no other instance has."""

from __future__ import annotations

import pytest

from nodecfg import ConfigurationError, derive
from nodecfg.instance import derive_all


def test_main_has_the_names_of_the_contract() -> None:
    """The unnamed instance is tradingnode.service with its fixed paths."""
    assert derive().as_dict("MM-001") == {
        "name": "main",
        "unit": "tradingnode.service",
        "order_tag": "001",
        "user": "tradingnode",
        "redis_user": "tradingnode-main",
        "env_file": "/etc/tradingnode/main.env",
        "strategies_file": "/etc/tradingnode/main.strategies.yaml",
        "overrides_file": "/etc/tradingnode/main.overrides.yaml",
        "state_dir": "/var/lib/tradingnode/main",
        "log_dir": "/var/log/tradingnode/main",
        "run_dir": "/run/tradingnode/main",
        "control_socket": "/run/tradingnode/main/control.sock",
        "ports": {"health": 9181, "grpc": 9182},
        "trader_id": "MM-001",
        "redis_key_prefix": "trader-MM-001:",
    }


def test_named_instances_share_nothing() -> None:
    """Every value of two instances of one host differs."""
    one, two, main = (derive(name).as_dict() for name in ("alpha", "beta", "main"))
    assert not set(map(str, one.values())) & set(map(str, two.values()))
    assert not set(map(str, one.values())) & set(map(str, main.values()))
    assert one["unit"] == "tradingnode@alpha.service"
    assert len(derive("a" * 24).user) <= 31
    assert derive("alpha") == derive("alpha")


@pytest.mark.parametrize(
    "name", ["", "Main", "1a", "a_b", "a b", "a--b", "-a", "a-", "a/b", "../x", "a" * 25, "ä", "a\n", "a@b", "%i"]
)
def test_refuses_names_that_cannot_be_a_unit_and_a_path(name: str) -> None:
    """A name that systemd, Redis or a path would read differently is refused."""
    with pytest.raises(ConfigurationError, match="instance name"):
        derive(name)


@pytest.mark.parametrize("trader_id", ["MM", "MM-001:", "*-1", "", "MM-001\n"])
def test_refuses_a_trader_id_that_reaches_into_other_keys(trader_id: str) -> None:
    """A key prefix is made only of a trader id that cannot match another trader's keys."""
    with pytest.raises(ConfigurationError, match="NAUTILUS_TRADER_ID"):
        derive().redis_key_prefix(trader_id)


def test_instances_of_a_host_are_proven_apart() -> None:
    """A name given twice, a wrong name and two names on the same ports are told together."""
    assert [instance.name for instance in derive_all(["main", "alpha", "beta"])] == ["main", "alpha", "beta"]
    first: dict[int, str] = {}
    clash = next(
        (first[ports], name)
        for name in (f"i{number}" for number in range(500))
        if first.setdefault(ports := derive(name).ports.health, name) != name
    )
    with pytest.raises(ConfigurationError) as caught:
        derive_all([*clash, "main", "main", "No"])
    text = str(caught.value)
    assert f"shares its ports with instance '{clash[0]}'" in text
    assert "is given twice" in text
    assert "cannot name a unit" in text
