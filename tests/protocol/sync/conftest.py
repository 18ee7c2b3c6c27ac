"""Both central stores, for every test of central's end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocol.sync.exchange import Exchange
from tests.simulation.sync.stores import InMemory, InSqlite, StoreUnderTest


@pytest.fixture(params=["memory", "sqlite"])
def under_test(request: pytest.FixtureRequest) -> Iterator[StoreUnderTest]:
    store: StoreUnderTest = InMemory() if request.param == "memory" else InSqlite()
    yield store
    store.close()


@pytest.fixture
def exchange(under_test: StoreUnderTest) -> Exchange:
    """A site and a central that have not met yet."""
    return Exchange(under_test.store)
