"""The simulation is worth what it finds: each of these bugs must show within few days."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallydock.fuzz.run import run_seed
from tests.simulation.bugs import BUGS
from tests.simulation.planting import plant

DAYS_MAX = 15
LONG_DAYS = range(5_001, 5_101)


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Begins with a day that is known to find it; others follow, should that day have changed."""
    bug = BUGS[name]
    plant(monkeypatch, bug)
    found = (run_seed(seed, tmp_path).error for seed in (bug.seed, *range(1, DAYS_MAX)))
    assert any(found), f"{DAYS_MAX} days went by and nobody saw: {name}"


@pytest.mark.soak
@pytest.mark.parametrize("name", BUGS)
def test_days_that_were_not_chosen_find_a_planted_bug(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plant(monkeypatch, BUGS[name])
    found = (run_seed(seed, tmp_path).error for seed in LONG_DAYS)
    assert any(found), f"{len(LONG_DAYS)} days went by and nobody saw: {name}"
