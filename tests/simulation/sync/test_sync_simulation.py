"""Thousands of faults against the product's own pump and inbox; any seed repeats exactly.

``--seeds N`` runs N seeds (default 200); a failing seed is named in the message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tests.simulation.sync.stores import InMemory, InSqlite, StoreUnderTest
from tests.simulation.sync.world import World


def run_seeds(seeds: range, make: Callable[[], StoreUnderTest]) -> Counter[str]:
    """All seeds; the first that fails is named."""
    total: Counter[str] = Counter()
    for seed in seeds:
        under_test = make()
        try:
            total += World(seed, under_test).run()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        finally:
            under_test.close()
    return total


def test_central_equals_site_after_any_faults(seeds: int) -> None:
    faults = run_seeds(range(seeds), InMemory)
    assert_all_faults_happened(faults)


def test_the_same_holds_over_sqlite(seeds: int) -> None:
    faults = run_seeds(range(seeds // 2), InSqlite)
    assert_all_faults_happened(faults)


def test_a_seed_repeats_exactly() -> None:
    first, second = World(7, InMemory()), World(7, InMemory())
    assert first.run() == second.run()
    assert first.heart.head() == second.heart.head()


def assert_all_faults_happened(faults: Counter[str]) -> None:
    """A simulation that stops biting is a green light that means nothing."""
    wanted = (
        "reorder", "drop", "duplicate", "late delivery", "broker lost all", "site crash",
        "site restored", "central crash", "central restored", "orphans", "commands", "events",
    )  # fmt: skip
    assert [name for name in wanted if faults[name] == 0] == []
