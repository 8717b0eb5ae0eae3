"""Listen keys live as long as the venue says."""

from __future__ import annotations

import pytest

from simvenue.venues.binance.errors import VenueError
from simvenue.venues.binance.listen_keys import ListenKeys


def test_a_key_is_kept_until_its_life_ends() -> None:
    """Asking again gives the same key and renews it; without renewal it expires once."""
    keys = ListenKeys(1000)
    name = keys.open("node", 0)
    assert keys.open("node", 600) == name
    assert keys.take_expired(1599) == []
    assert keys.take_expired(1600) == [name]
    assert keys.take_expired(1601) == []
    assert keys.name("node") is None
    assert keys.open("node", 1700) != name


def test_extending_renews_and_needs_a_key() -> None:
    """PUT moves the end; without a key it is -1125, as is closing."""
    keys = ListenKeys(1000)
    name = keys.open("node", 0)
    assert keys.extend("node", 900) == name
    assert keys.take_expired(1500) == []
    keys.close("node")
    for act in (lambda: keys.extend("node", 0), lambda: keys.close("node")):
        with pytest.raises(VenueError) as caught:
            act()
        assert caught.value.code == -1125


def test_accounts_do_not_share_keys() -> None:
    """Two accounts have two keys, and one's end leaves the other's alone."""
    keys = ListenKeys(1000)
    first, second = keys.open("a", 0), keys.open("b", 500)
    assert first != second
    assert keys.take_expired(1200) == [first]
    assert keys.name("b") == second
