"""The same seed is the same schedule, and no fault waits for ever."""

from __future__ import annotations

from itertools import islice

from tests.chaos.faults import FAULTS, made_for
from tests.chaos.schedule import plans


def test_same_seed_is_the_same_schedule() -> None:
    """Two runs with one seed play the same rounds; another seed plays others."""
    faults = made_for("binance_futures")
    first, again, other = (list(islice(plans(seed, faults), 60)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_every_fault_comes_before_any_comes_twice() -> None:
    """As many rounds as there are faults hold each once, and what needs trading is never halted."""
    faults = made_for("bybit_linear")
    round_of_all = list(islice(plans(3, faults), len(faults)))
    assert {plan.fault for plan in round_of_all} == {fault.name for fault in faults}
    assert [plan for plan in round_of_all if plan.halted and not FAULTS[plan.fault].halt] == []


def test_lasting_stays_within_the_faults_own_limits() -> None:
    """Each fault lasts as long as it says."""
    for plan in islice(plans(5, made_for("binance_futures")), 200):
        shortest, longest = FAULTS[plan.fault].seconds
        assert shortest <= plan.lasting <= longest
