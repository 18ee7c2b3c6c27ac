"""Simulated days of the whole house from seeds: whatever went wrong, every promise held."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallydock.fuzz.run import report, run_seed

SCANS_MIN, FAULTS_MIN = 200, 10


@pytest.mark.parametrize("seed", range(1, 31))
def test_a_day_keeps_every_promise(seed: int, tmp_path: Path) -> None:
    day = run_seed(seed, tmp_path)
    assert day.error is None, report(day)
    assert day.count["scans"] >= SCANS_MIN
    assert day.count["faults"] >= FAULTS_MIN


def test_a_seed_is_lived_again_exactly(tmp_path: Path) -> None:
    first, again = run_seed(31, tmp_path), run_seed(31, tmp_path)
    assert (first.step, first.head, first.story) == (again.step, again.head, again.story)


@pytest.mark.soak
@pytest.mark.parametrize("hundred", range(10))
def test_a_thousand_days_keep_every_promise(hundred: int, tmp_path: Path) -> None:
    for seed in range(1_000 + 100 * hundred, 1_100 + 100 * hundred):
        day = run_seed(seed, tmp_path)
        assert day.error is None, report(day)
