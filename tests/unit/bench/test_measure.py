"""The arithmetic of the bench: ratios, spreads, verdicts on them, turns, percentiles."""

from __future__ import annotations

import pytest

from edge.clock import ManualClock
from tallydock.bench.measure import Comparison, Goal, Outcome, Spread, percentile, rate, take_turns

AT_LEAST = Goal("at least", 0.5)
AT_MOST = Goal("at most", 2.0)


def compared(
    ours: tuple[float, ...], raw: tuple[float, ...], goal: Goal = AT_LEAST, *, judged: bool = True
) -> Comparison:
    """A comparison of these values."""
    return Comparison(
        line=1, name="x", unit="u", goal=goal, ours=ours, raw=raw, raw_name="y", judged=judged
    )


def test_the_ratio_is_taken_round_by_round() -> None:
    """Not of the middles: a machine that slows down slows both sides of a round."""
    found = compared((10.0, 40.0, 30.0), (20.0, 50.0, 100.0))
    assert found.ratio == Spread(0.3, 0.5, 0.8)


@pytest.mark.parametrize(
    ("ours", "goal", "outcome"),
    [
        (0.5, AT_LEAST, "pass"),
        (0.49, AT_LEAST, "fail"),
        (2.0, AT_MOST, "pass"),
        (2.01, AT_MOST, "fail"),
    ],
)
def test_a_goal_is_reached_from_its_side(ours: float, goal: Goal, outcome: Outcome) -> None:
    assert compared((ours,), (1.0,), goal).outcome(machine_busy=False) == outcome


def test_nothing_is_judged_beside_other_work_or_an_unsteady_limit() -> None:
    steady, unsteady = compared((9.0, 9.0), (10.0, 20.0)), compared((9.0, 9.0), (10.0, 20.1))
    assert steady.outcome(machine_busy=False) == "pass"
    assert steady.outcome(machine_busy=True) == "noisy"
    assert unsteady.outcome(machine_busy=False) == "noisy"


def test_too_few_samples_are_told_and_not_judged() -> None:
    assert compared((0.1,), (1.0,), judged=False).outcome(machine_busy=False) == "told"


def test_sides_take_turns_and_the_first_round_is_not_counted() -> None:
    called: list[str] = []

    def side(name: str, number: int) -> float:
        called.append(f"{name}{number}")
        return float(number)

    ours, raw = take_turns(5, (lambda n: side("a", n), lambda n: side("b", n)))
    assert called == ["a0", "b0", "b1", "a1", "a2", "b2", "b3", "a3", "a4", "b4", "b5", "a5"]
    assert ours == raw == (1.0, 2.0, 3.0, 4.0, 5.0)


def test_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="4 rounds"):
        take_turns(4, (float,))


def test_a_rate_is_what_was_done_by_the_time_it_took() -> None:
    clock = ManualClock()
    assert rate(clock, 300, lambda: clock.advance_us(1_500_000)) == 200.0


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.5, 5), (0.51, 6), (0.99, 10), (0.9, 9), (1.0, 10)]
)
def test_a_percentile_is_a_value_that_occurred(share: float, value: int) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == value
