"""The files of this repository, as the rules see them."""

from __future__ import annotations

import ast
import functools
import io
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api/", "devices/", "edge/", "simulators/", "sync/", "tallydock/")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule; shown as ``path:line: what``."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path below the root with forward slashes, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: str, text: str) -> Source:
        return cls(path, text, ast.parse(text))

    @property
    def is_product(self) -> bool:
        """Part of what ships, as opposed to the tests."""
        return self.path.startswith(PACKAGES)

    def finding(self, node: ast.AST, what: str) -> Finding:
        return Finding(self.path, getattr(node, "lineno", 1), what)

    def comments(self) -> Iterator[tuple[int, str]]:
        """Line number and text of each comment."""
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Qualified name (``Class.method``) and node of each function."""
        yield from _functions(self.tree, "")


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield prefix + child.name, child
        inner = (*Function.__args__, ast.ClassDef)
        name = f"{prefix}{child.name}." if isinstance(child, inner) else prefix
        yield from _functions(child, name)


@functools.cache
def files() -> tuple[str, ...]:
    """Paths of all files that are tracked or would be: new ones count before they are added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted(p for p in set(listing.split("\0")) if p and (ROOT / p).is_file()))


@functools.cache
def sources() -> tuple[Source, ...]:
    """All Python files, parsed."""
    paths = (path for path in files() if path.endswith(".py"))
    return tuple(Source.of(path, (ROOT / path).read_text(encoding="utf-8")) for path in paths)


def dotted(node: ast.AST) -> str:
    """``a.b.c`` for a chain of names, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (left := dotted(node.value)):
        return f"{left}.{node.attr}"
    return ""
