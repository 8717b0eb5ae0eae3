"""Every failure that leaves upstream alive but not trading, and the test that shows this process end or say so."""

from __future__ import annotations

import ast
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.integration.node.test_degraded import QUICK
from tests.integration.node.world import REDIS_USER

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Redis

SHOWN_BY: Final = {
    "no key, or settings that cannot be": "start_failures::test_no_key_ends_at_once_with_78",
    "strategy that cannot be imported": "start_failures::test_bad_strategy_path_ends_with_78",
    "Redis absent at the start": "start_failures::test_redis_down_ends_with_75",
    "Redis refuses the password": "start_failures::test_wrong_redis_password_ends_with_75",
    "Redis refuses a command": "start_failures::test_missing_redis_right_ends_with_75",
    "Redis is read-only at the start": "start_failures::test_read_only_redis_ends_with_75",
    "Redis is full at the start": "failures::test_full_redis_ends_with_75",
    "Redis evicts": "start_failures::test_evicting_redis_ends_with_75",
    "Redis goes away in the constructor": "start_failures::test_redis_that_goes_away_during_the_build_ends_with_75",
    "Redis goes away while trading": "degraded::test_redis_away_is_told_and_ends_in_a_restart",
    "Redis restarts while trading": "degraded::test_restarted_redis_ends_in_a_restart",
    "Redis is full while trading": "degraded::test_lost_writes_are_noticed",
    "Redis is read-only while trading": "failures::test_redis_that_takes_no_more_writes_ends_with_75",
    "Redis refuses the node while trading": "failures::test_redis_that_takes_no_more_writes_ends_with_75",
    "bus publisher dead": "failures::test_dead_publisher_ends_with_75",
    "Redis gone at the stop": "stop::test_redis_gone_at_the_stop_ends_by_the_deadline",
    "record that raises": "cache::test_record_that_raises_keeps_the_node_down",
    "record that aborts the interpreter": "cache::test_record_that_ends_the_interpreter_keeps_the_node_down",
    "record that is not whole": "cache_changes::test_unreadable_records_keep_the_node_down",
    "record that is read with something missing": "cache_changes::test_readable_change_is_made_up_for",
    "state that on_load cannot read": "stop::test_strategy_state_survives_a_restart",
    "venue absent": "start_failures::test_venue_down_ends_with_73",
    "venue frozen at the start": "start_failures::test_frozen_venue_ends_with_73",
    "venue frozen while trading": "degraded::test_silent_venue_is_told_and_over_when_it_speaks",
    "venue frozen at the stop": "stop::test_frozen_venue_at_the_stop_is_told",
    "venue gone while trading": "degraded::test_vanished_venue_is_a_lost_link",
    "wrong key": "start_failures::test_wrong_api_key_ends_with_73",
    "user stream given up": "degraded::test_user_stream_that_upstream_gave_up_ends_in_a_restart",
    "reconciliation hangs": "start_failures::test_hang_in_reconciliation_ends_with_72",
    "reconciliation hangs, SIGTERM": "start_failures::test_sigterm_during_a_hung_reconciliation_ends_in_time",
    "reconciliation refused": "start_failures::test_failed_query_in_reconciliation_ends_with_72",
    "position not loaded, start": "start_failures::test_position_in_an_instrument_that_is_not_loaded_ends_with_72",
    "position not loaded while trading": "degraded::test_difference_is_told_until_it_is_gone",
    "hedge mode, not expected": "hedge::test_hedge_mode_that_the_settings_do_not_know_ends_with_73",
    "hedge mode, two legs that net to nothing": "hedge::test_both_legs_are_recovered",
    "hedge mode, two legs that nobody heard of": "hedge::test_equal_legs_that_nobody_heard_of_are_a_difference",
    "cached position on an account without a client": (
        "portfolio::test_position_on_an_account_that_no_client_serves_ends_with_74"
    ),
    "halted, orders past the risk engine": "halt::test_halt_holds_what_the_risk_engine_does_not_see",
    "connecting hangs": "start_failures::test_hang_while_connecting_ends_with_73",
    "data never flows": "start_failures::test_silent_market_data_ends_with_73",
    "data stops": "degraded::test_stale_data_ends_in_a_restart",
    "on_start raises, also RuntimeError": "start_failures::test_strategy_that_raises_in_on_start_ends_with_74",
    "on_start does not return": "start_failures::test_strategy_whose_on_start_never_returns_ends_with_74",
    "data handler raises": "stop::test_handler_that_raises_ends_with_71",
    "order handler raises": "stop::test_handler_that_raises_leaves_no_orders",
    "timer raises": "stop::test_timer_that_raises_ends_with_71",
    "on_stop or on_save raises": "stop::test_stop_handler_that_raises_ends_with_71",
    "engine queue ends without a word": "stop::test_queue_that_upstream_no_longer_serves_ends_with_70",
    "handler does not return": "stop::test_blocked_loop_starves_the_watchdog_and_still_ends",
    "SIGTERM at any moment of a start": "start_failures::test_sigterm_during_the_start_ends_clean",
    "another node with that trader id": "fencing::test_second_node_ends_and_names_the_first",
    "paused and replaced": "fencing::test_paused_holder_is_replaced_and_sends_nothing_when_it_wakes",
}
NO_WRITES: Final = {
    "read-only": ("CONFIG", "SET", "min-replicas-to-write", "1"),
    "no right": ("ACL", "SETUSER", REDIS_USER, "-set", "-rpush", "-rpushx"),
}


@cache
def names_in(module: str) -> frozenset[str]:
    """Returns the names of a module's tests."""
    tree = ast.parse(Path(__file__).with_name(f"test_{module}.py").read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("situation", SHOWN_BY)
def test_situation_has_its_test(situation: str) -> None:
    """The table does not promise a test that is not there."""
    module, name = SHOWN_BY[situation].split("::")
    assert name in names_in(module)


def test_full_redis_ends_with_75(node: Node, redis: Redis) -> None:
    """A Redis without room for a write is refused before the node is built."""
    redis.admin("CONFIG", "SET", "maxmemory", "1mb")
    node.start()
    assert node.wait_exit(60) == 75, node.log()[-2000:]
    assert "READY=1" not in node.listen()


@pytest.mark.slow
@pytest.mark.parametrize("how", NO_WRITES)
def test_redis_that_takes_no_more_writes_ends_with_75(node: Node, redis: Redis, how: str) -> None:
    """Writes that Redis refuses while the node trades, of which upstream says nothing, are told, and end it with 75."""
    node.variables |= QUICK
    node.start().wait_ready()
    redis.admin(*NO_WRITES[how])
    node.wait_for_status("DEGRADED", seconds=15)
    assert node.wait_exit(45) == 75, node.log()[-2000:]


def test_dead_publisher_ends_with_75(node: Node, redis: Redis) -> None:
    """Upstream's bus publisher, which ends for good when its connection breaks and says nothing, ends the node."""
    redis.admin("ACL", "SETUSER", REDIS_USER, "+xadd", "+xtrim")
    node.variables |= {**QUICK, "NAUTILUS_BUS_ENABLED": "true"}
    node.start().wait_ready()
    time.sleep(3)
    assert node.ask("status")["state"] == "RUNNING"
    redis.admin("ACL", "SETUSER", REDIS_USER, "-xadd")
    assert node.wait_exit(45) == 75, node.log()[-2000:]
    assert "message bus no longer publishes" in node.status_lines()[-1]
