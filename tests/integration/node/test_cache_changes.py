"""Cached records that were changed: the node ends and says so, or what it goes on with is equal to the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.integration.node.misbehave import misbehave
from tests.integration.node.test_cache import connect, events_of, leave_an_order
from tests.integration.node.world import equal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.node.world import Node, Redis, Venue

type Events = list[bytes]


def with_first(events: Events, change: Callable[[dict[str, Any]], object]) -> Events:
    """Changes the fields of the first event."""
    first = msgspec.msgpack.decode(events[0])
    change(first)
    return [msgspec.msgpack.encode(first), *events[1:]]


UNREADABLE: dict[str, tuple[str, Callable[[Events], Events]]] = {
    "order: a field less": ("orders", lambda events: with_first(events, lambda first: first.pop("instrument_id"))),
    "order: an event twice": ("orders", lambda events: [*events, events[-1]]),
    "order: begun twice": ("orders", lambda events: [events[0], *events]),
    "position: a field less": ("positions", lambda events: with_first(events, lambda first: first.pop("trade_id"))),
    "position: a fill twice": ("positions", lambda events: [*events, events[-1]]),
}
"""What upstream's constructor raises at, by name: kind of record, change of its events."""
READABLE: dict[str, tuple[str, Callable[[Events], Events]]] = {
    "order: a field more": ("orders", lambda events: with_first(events, lambda first: first.update(of_the_future="1"))),
    "order: its fills lost": ("orders", lambda events: events[:3]),
    "order: its acceptance lost": ("orders", lambda events: [*events[:2], *events[3:]]),
}
"""What upstream loads without a word."""


def change_record(redis: Redis, kind: str, change: Callable[[Events], Events]) -> tuple[str, Events]:
    """Changes the one record of that kind, and returns its key and what was there before."""
    [key] = redis.admin("--scan", "--pattern", f"trader-MM-001:{kind}:*").splitlines()
    before = events_of(redis, key)
    replace(redis, key, change(before))
    return key, before


def replace(redis: Redis, key: str, events: Events) -> None:
    """Stores other events under a key."""
    with connect(redis) as connection:
        connection.delete(key)
        connection.rpush(key, *events)


@pytest.mark.nightly
def test_unreadable_records_keep_the_node_down(node: Node, venue: Venue, redis: Redis) -> None:
    """Each ends a start with 76, is still there as it was, and once it is mended the node starts with what it held."""
    leave_an_order(node, venue, redis)
    for name, (kind, change) in UNREADABLE.items():
        key, before = change_record(redis, kind, change)
        assert node.start().wait_exit() == 76, f"{name}: {node.log()[-2000:]}"
        assert events_of(redis, key) == change(before), name
        replace(redis, key, before)
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready()
    assert equal(node, venue) == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", READABLE)
def test_readable_change_is_made_up_for(node: Node, venue: Venue, redis: Redis, name: str) -> None:
    """A record that is loaded without a word though something is missing in it leaves the node equal to the ledger."""
    leave_an_order(node, venue, redis)
    change_record(redis, *READABLE[name])
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready()
    assert equal(node, venue) == []
