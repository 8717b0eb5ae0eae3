"""What is wrong, for how long, and what was lost on its way to Redis."""

from __future__ import annotations

from typing import Any, Self

import pytest

from noderun.states import MAY_FOLLOW, STARTED, Exit, State
from noderun.watch.canary import KEYS, Canaries
from noderun.watch.conditions import EXITS, Condition, Conditions, Subject
from noderun.watch.written import Written

LINK = Condition(subject=Subject.LINK, name="user stream", reason="the user stream is away")
DATA = Condition(subject=Subject.DATA, name="quotes", reason="no quotes")


def test_condition_ages_from_when_it_was_first_found() -> None:
    """A condition that goes on keeps its age, one that went and came back starts anew; the oldest is told first."""
    conditions = Conditions({})
    conditions.update([DATA], 10)
    conditions.update([LINK, DATA], 12)
    assert conditions.reasons == ["no quotes", "the user stream is away"]
    assert conditions.ages(13) == {(Subject.DATA, "quotes"): 3, (Subject.LINK, "user stream"): 1}
    conditions.update([LINK], 14)
    conditions.update([LINK, DATA], 15)
    assert conditions.ages(15) == {(Subject.LINK, "user stream"): 3, (Subject.DATA, "quotes"): 0}


def test_condition_is_overdue_at_its_limit() -> None:
    """Nothing is due before the limit; then the failure has the subject's exit code and the reason."""
    conditions = Conditions({Subject.LINK: 5})
    conditions.update([LINK, DATA], 0)
    assert conditions.overdue(4.9) is None
    failure = conditions.overdue(5)
    assert failure is not None
    assert (failure.code, failure.reason) == (Exit.NOT_CONNECTED, "the user stream is away (for 5 s)")


def test_fatal_condition_is_due_at_once() -> None:
    """What waiting cannot mend ends the node without waiting, whatever the limit."""
    conditions = Conditions({Subject.PERSISTENCE: 1000})
    conditions.update([Condition(subject=Subject.PERSISTENCE, name="lost", reason="lost", fatal=True)], 0)
    failure = conditions.overdue(0)
    assert failure is not None
    assert failure.code is Exit.REDIS


def test_every_subject_that_a_restart_mends_has_an_exit_code() -> None:
    """A restart mends neither a wrong clock nor a lease that somebody else has, nor a venue that does not answer."""
    assert set(EXITS) == set(Subject) - {Subject.CLOCK, Subject.LEASE, Subject.REQUESTS}


def test_canaries_that_arrive_are_not_waited_for() -> None:
    """What Redis has shown is done, and so is everything that was sent before it."""
    canaries = Canaries()
    values = [canaries.send()[1].decode() for _ in range(3)]
    canaries.arrived(values)
    assert (canaries.waited(), canaries.lost) == (0.0, False)
    assert canaries.lag is not None


def test_missing_canary_before_one_that_arrived_is_lost() -> None:
    """A gap is proof that writes were lost, a late end is not."""
    canaries = Canaries()
    first, _, third = (canaries.send()[1].decode() for _ in range(3))
    found = []
    for values in ([first], [first, third]):
        canaries.arrived(values)
        found.append(canaries.lost)
    assert found == [False, True]


def test_canary_whose_key_was_used_again_is_not_called_lost() -> None:
    """After a pause of the reader, older canaries have been overwritten: nothing is known of them."""
    canaries = Canaries()
    stored: dict[str, str] = {}
    for _ in range(3 * len(KEYS)):
        key, value = canaries.send()
        stored[key] = value.decode()
    canaries.arrived(list(stored.values()))
    assert (canaries.waited(), canaries.lost) == (0.0, False)


def test_other_process_has_other_canaries() -> None:
    """What an earlier process left in Redis says nothing."""
    earlier, later = Canaries(), Canaries()
    left = earlier.send()[1].decode()
    later.send()
    later.arrived([left])
    assert later.waited() > 0


def test_canary_that_a_woken_process_wrote_over_is_not_called_lost() -> None:
    """A fenced process that wakes writes what it still had; that is no loss. One that is simply missing still is."""
    woken, ours = Canaries(), Canaries()
    first, _, third, _, fifth = (ours.send()[1].decode() for _ in range(5))
    ours.arrived([first])
    ours.arrived([first, woken.send()[1].decode(), third])
    assert not ours.lost
    ours.arrived([first, third, fifth])
    assert ours.lost


@pytest.mark.parametrize("state", State)
def test_every_state_with_a_node_can_stop(state: State) -> None:
    """STOPPING follows any state that has a node but itself, and a started one goes to and fro."""
    assert (State.STOPPING in MAY_FOLLOW[state]) is (state not in {State.STARTING, State.STOPPING})
    assert (state in STARTED) == (MAY_FOLLOW[state] >= STARTED - {state} and state is not State.RECONCILING)


class Lists:
    """Redis as far as lengths of lists go, by key."""

    def __init__(self, **lengths: int) -> None:
        """Takes the length of each list."""
        self.lengths = lengths
        self._asked: list[list[bytes]] = []

    def pipeline(self, **_: Any) -> Self:  # noqa: ANN401 redis-py's options
        """Collects questions."""
        self._asked = []
        return self

    def execute_command(self, _: str, key: str, first: int, last: int, **__: Any) -> None:  # noqa: ANN401 as above
        """Takes LRANGE."""
        self._asked.append([b"part"] * len(range(self.lengths[key])[first : last + 1]))

    def execute(self) -> list[list[bytes]]:
        """Answers all."""
        return self._asked


@pytest.mark.parametrize(("length", "missing"), [(2, ("a",)), (3, ()), (4, ("a",))], ids=["short", "right", "long"])
def test_record_that_stays_of_another_length_is_missing(length: int, missing: tuple[str, ...]) -> None:
    """A list that is shorter or longer than what was written, in three looks, has lost a write."""
    written = Written()
    written.grew("a", 3, barrier=5)
    for _ in range(2):
        written.look(Lists(a=length), newest=5)
        assert written.missing == ()
    written.look(Lists(a=length), newest=6)
    assert written.missing == missing


def test_record_is_not_looked_at_before_the_writes_behind_it_have_come() -> None:
    """A write that is still on its way is not lost."""
    written = Written()
    written.grew("a", 3, barrier=5)
    for _ in range(5):
        written.look(Lists(a=2), newest=4)
    assert written.missing == ()


def test_record_that_grows_between_looks_begins_anew() -> None:
    """Looks at a record that is written to all the time are not added up."""
    written = Written()
    for length in (3, 4, 5, 6):
        written.grew("a", length, barrier=length)
        written.look(Lists(a=length + 1), newest=length)
    assert written.missing == ()
