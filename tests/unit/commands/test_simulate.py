"""``simulate fuzz`` lives through its seeds, and tells those that broke a promise."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tallydock.fuzz.run import Day
from tests.unit.commands.conftest import Call

BROKEN = 3


def lived(seed: int, folder: Path | None = None) -> Day:
    """A day that took no time; one of them went wrong."""
    del folder
    return Day(
        seed=seed,
        step=seed * 100,
        head="ab" * 32,
        story="cd" * 32,
        count=Counter(scans=200, faults=10),
        error="a verdict was lost" if seed == BROKEN else None,
        lines=("one step", "and another"),
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days that took no time."""
    monkeypatch.setattr("tallydock.fuzz.run.run_seed", lived)


def test_days_without_a_fault_are_summed_up(call: Call) -> None:
    said = call("simulate", "fuzz", "--seeds", 2, "--jobs", 1)
    assert said == (0, ["2 seeds: 400 scans, 20 faults, 0 seeds broke a promise"], [])


def test_a_broken_promise_is_told_with_its_last_steps(call: Call) -> None:
    said = call("simulate", "fuzz", "--seeds", 5, "--jobs", 1)
    assert said.code == 1
    assert said.lines == [
        "seed 3, step 300: a verdict was lost", "    one step", "    and another",
        "5 seeds: 1000 scans, 50 faults, 1 seeds broke a promise",
    ]  # fmt: skip


def test_one_seed_is_repeated_and_told(call: Call) -> None:
    said = call("simulate", "fuzz", "--seed", 7)
    assert said.lines[0] == f"seed 7: 700 steps, head {'ab' * 32}, story {'cd' * 32}"
    assert said.code == 0
    assert call("simulate", "fuzz", "--seed", BROKEN).code == 1


def test_a_range_of_seeds_begins_where_one_says(call: Call) -> None:
    said = call("simulate", "fuzz", "--seed", 2, "--seeds", 3, "--jobs", 1, "--json")
    days = list(map(json.loads, said.lines))
    assert [day["seed"] for day in days] == [2, 3, 4]
    assert [day["error"] is None for day in days] == [True, False, True]
    assert days[0]["count"] == {"scans": 200, "faults": 10}


@pytest.mark.parametrize("wrong", [("--seeds", 0), ("--jobs", 0)])
def test_numbers_that_are_none_are_refused(call: Call, wrong: tuple[str, int]) -> None:
    assert call("simulate", "fuzz", *wrong).code == 2
