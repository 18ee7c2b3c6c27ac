"""Fixtures that the tests of the heart share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.floor import Floor


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """A furnished site that is sound before and after the test."""
    with Floor(tmp_path) as site:
        yield site.furnish()
        site.verify()
