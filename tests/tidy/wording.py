"""Names, docstrings, escapes from the type checker, and what no file may mention."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.tidy.source import Finding, Function, Source, dotted

# Words that say nothing about what a thing is.
EMPTY_ROLES = {"helper", "helpers", "manager", "managers", "util", "utils"}
EMPTY_WORDS = EMPTY_ROLES | {"data", "info"}

# A public function this short is read as fast as a sentence about it, if its name and types speak.
PLAIN_LINES_MAX = 15

_ESCAPE = re.compile(r"#\s*(type:\s*ignore|noqa|ruff:\s*noqa|mypy:|pyright:|pragma:\s*no)")
_LEFT_BEHIND = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b")
_MACHINE_PATH = re.compile(r"(?<![\w./-])/(work/\w|root/|home/\w|Users/\w|opt/\w*pypi)")
_REGISTRY = re.compile(
    r"\b(p[y]pi\.(org|python\.org)|pythonhosted\.org|npmjs\.(org|com)|debian\.org|ubuntu\.com)\b"
)
_URL_HOST = re.compile(r"\b(?:https?|wss?)://([A-Za-z0-9.-]+)")

# Namespaces and texts of standards, and names that are kept for examples and private networks.
KNOWN_HOSTS = {
    "127.0.0.1", "localhost", "example.com", "example.net", "example.org",
    "id.gs1.org", "ref.gs1.org", "gs1.org", "json-schema.org", "keepachangelog.com", "semver.org",
    "www.apache.org", "www.rfc-editor.org", "www.w3.org",
}  # fmt: skip
_PRIVATE_ENDINGS = (
    ".example", ".example.com", ".example.org", ".home.arpa", ".internal", ".invalid", ".lan",
    ".local", ".localhost", ".test",
)  # fmt: skip


def empty_names(source: Source) -> Iterator[Finding]:
    """Modules, classes and functions named by a word that says nothing.

    A function may say "data" when it means the field of that name in an event or a scan.
    """
    if not source.is_product:
        return
    for part in source.path.removesuffix(".py").split("/"):
        if EMPTY_WORDS & set(part.split("_")):
            yield Finding(source.path, 1, f"{part}: name it for what it does")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", node.name)
            empty = EMPTY_WORDS if isinstance(node, ast.ClassDef) else EMPTY_ROLES
            if empty & {word.lower() for word in words}:
                yield source.finding(node, f"{node.name}: name it for what it does")


def undocumented(source: Source) -> Iterator[Finding]:
    """Modules without a docstring, public classes that are more than a record, functions not plain.

    A record is a class of annotated fields and nothing else; its name and types say it all.
    """
    if not source.is_product:
        return
    if source.tree.body and not ast.get_docstring(source.tree):
        yield Finding(source.path, 1, "the module says nothing about itself")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and _lacks_docstring(node) and not _is_record(node):
            yield source.finding(node, f"{node.name}: no docstring")
    for name, node in source.functions():
        public = not any(part.startswith("_") for part in name.split("."))
        nested = "." in name and not name.split(".")[-2][:1].isupper()
        if public and not nested and _lacks_docstring(node) and _lines(node) > PLAIN_LINES_MAX:
            yield source.finding(node, f"{name}: {_lines(node)} lines and no docstring")


def escapes(source: Source) -> Iterator[Finding]:
    """Ways round the type checker or the linter."""
    for line, comment in source.comments():
        if _ESCAPE.search(comment):
            yield Finding(source.path, line, comment)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute) and dotted(node) in {"Any", "typing.Any"}:
            yield source.finding(node, "Any")


def left_behind(source: Source) -> Iterator[Finding]:
    """Notes to self."""
    for line, comment in source.comments():
        if _LEFT_BEHIND.search(comment):
            yield Finding(source.path, line, comment)


def skips(source: Source) -> Iterator[Finding]:
    """Tests that may not run: whoever needs something to be there installs it."""
    if source.is_product:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            name = dotted(node).removeprefix("pytest.").removeprefix("mark.")
            if dotted(node).startswith("pytest.") and name in _SKIPPING:
                yield source.finding(node, dotted(node))


_SKIPPING = {"skip", "skipif", "importorskip", "xfail"}


def names_machine(path: str, text: str) -> Iterator[Finding]:
    """Paths of one machine, registries, hosts that are neither a standard's nor an example's."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in (_MACHINE_PATH, _REGISTRY):
            if match := pattern.search(line):
                yield Finding(path, number, f"names {match.group(0)}")
        for host in _URL_HOST.findall(line):
            if "." in host and host not in KNOWN_HOSTS and not host.endswith(_PRIVATE_ENDINGS):
                yield Finding(path, number, f"names the host {host}")


def _lacks_docstring(node: Function | ast.ClassDef) -> bool:
    return not node.name.startswith("_") and ast.get_docstring(node) is None


def _is_record(node: ast.ClassDef) -> bool:
    return all(isinstance(part, ast.AnnAssign | ast.Assign) for part in node.body)


def _lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
