"""Help is quick because nothing heavy is imported for it; every command has some."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tallydock.cli import COMMANDS

HEAVY = ("argon2", "fastapi", "pydantic", "sqlalchemy", "sqlmodel", "starlette", "uvicorn")
PROBE = """
import sys
from tallydock.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print("IMPORTED", *sorted(name for name in sys.modules if "." not in name))
sys.exit(code)
"""


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert "usage: tallydock" in said.stdout
    imported = said.stdout.partition("IMPORTED ")[2].split()
    assert "argparse" in imported
    assert not set(HEAVY) & set(imported)


def test_an_unknown_command_is_a_usage_fault() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tallydock", "verfy"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 2
    assert "no command 'verfy'" in said.stderr
