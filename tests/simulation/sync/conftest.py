from __future__ import annotations

import pytest


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> int:
    """How many seeds to run: ``--seeds N``, or 200."""
    asked = request.config.getoption("--seeds")
    assert asked is None or isinstance(asked, int)
    return asked or 200
