"""A built warehouse, copied for each test, and the command line with what it printed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tallydock.cli import main
from tests.unit.commands import warehouse


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    lines: list[str]
    faults: list[str]


Call = Callable[..., Said]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command line."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Said(code, out.splitlines(), err.splitlines())

    return run


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the stores of a site that worked and of a central that holds all of it."""
    data = tmp_path_factory.mktemp("pristine")
    warehouse.build(data)
    return data


@pytest.fixture
def data(pristine: Path, tmp_path: Path) -> Path:
    """A copy to work on."""
    return Path(shutil.copytree(pristine, tmp_path / "data"))
