"""A simulation is worth what it finds: each planted shortcut must break within a few seeds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.exc import IntegrityError

from sync import pump, uplink
from sync.central import inbox, log
from tests.simulation.sync import shortcuts
from tests.simulation.sync.heart import FakeHeart
from tests.simulation.sync.stores import InMemory, InSqlite, StoreUnderTest
from tests.simulation.sync.world import World

SEEDS_MAX = 12

Make = Callable[[], StoreUnderTest]


def caught_within_a_few_seeds(make: Make, heart: type[FakeHeart] = FakeHeart) -> bool:
    for seed in range(SEEDS_MAX):
        under_test = make()
        try:
            World(seed, under_test, heart).run()
        except (AssertionError, IntegrityError):
            return True
        finally:
            under_test.close()
    return False


@pytest.fixture(params=[InMemory, InSqlite])
def make(request: pytest.FixtureRequest) -> Make:
    chosen: Make = request.param
    return chosen


def test_cursor_on_puback(monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    monkeypatch.setattr(pump, "Uplink", shortcuts.PubackUplink)
    assert caught_within_a_few_seeds(make)


def test_dedupe_by_message_id(monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    monkeypatch.setattr(log, "take", shortcuts.DedupeById().take)
    assert caught_within_a_few_seeds(make)


def test_no_epochs_and_no_hashes(monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    monkeypatch.setattr(pump, "Uplink", shortcuts.CredulousUplink)
    monkeypatch.setattr(log, "take", shortcuts.take_by_number)
    assert caught_within_a_few_seeds(make)


def test_cursor_apart_from_events() -> None:
    assert caught_within_a_few_seeds(shortcuts.InTwoTransactions)


def test_command_position_apart_from_effect(make: Make) -> None:
    assert caught_within_a_few_seeds(make, shortcuts.TwoTransactionHeart)


def test_commands_without_epochs(monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    monkeypatch.setattr(inbox, "CommandDesk", shortcuts.NumberOnlyDesk)
    assert caught_within_a_few_seeds(make, shortcuts.NumberOnlyHeart)


def test_no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uplink, "Backoff", shortcuts.NoBackoff)
    assert caught_within_a_few_seeds(InMemory)
