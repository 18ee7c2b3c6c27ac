"""The layer contracts of pyproject.toml hold, and they can be broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.source import PACKAGES, ROOT

BREACHES = {
    "api/a.py": "import sync.b",
    "devices/a.py": "import edge.domain",
    "edge/a.py": "import devices",
    "edge/b.py": "import fastapi",
    "edge/codes/a.py": "import edge.domain",
    "edge/domain/a.py": "import sqlalchemy",
    "edge/domain/b.py": "import edge.journal",
    "simulators/a.py": "import edge.codes",
    "simulators/b.py": "import devices",
    "sync/b.py": "import tallydock",
}


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_layers_hold() -> None:
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """The package tree without its code: only the names that the contracts speak of."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        _module(tmp_path / package / "__init__.py")
    for part in ("codes", "domain", "exchange", "journal", "service", "text"):
        _module(tmp_path / "edge" / part / "__init__.py")
    for part in ("clock", "errors", "facts", "ids", "money", "quantity", "requests"):
        _module(tmp_path / "edge" / f"{part}.py")
    return tmp_path


def _module(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_an_empty_skeleton_keeps_all_contracts(skeleton: Path) -> None:
    result = _lint(skeleton)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("path", "text"), BREACHES.items())
def test_a_breach_is_seen(skeleton: Path, path: str, text: str) -> None:
    for other in BREACHES:
        _module(skeleton / other)
    _module(skeleton / path, text)
    result = _lint(skeleton)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{path.removesuffix('.py').replace('/', '.')} -> " in result.stdout
