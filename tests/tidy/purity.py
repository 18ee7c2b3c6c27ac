"""Purity: time, chance and the environment come in as arguments; output, tables and broad
excepts have their places.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch

from tests.tidy.source import Finding, Source, dotted

CLOCK = ("edge/clock.py",)
CHANCE = ("edge/ids.py",)
ENVIRONMENT = ("tallydock/config.py", "tallydock/config/*.py")
OUTPUT = ("tallydock/cli.py", "tallydock/report.py", "tallydock/commands/*.py")
TABLES = ("edge/journal/tables*.py", "sync/central/tables*.py")
MIGRATIONS = ("edge/journal/migrations*", "sync/central/migrations*")

# What reads a clock, by how it is written at the call; sleeping is waiting, not reading.
_CLOCK_CALLS = {"now", "utcnow", "today"}
_CLOCK_OWNERS = {
    "date",
    "datetime",
    "datetime.date",
    "datetime.datetime",
    "func",
    "sqlalchemy.func",
}
_CHANCE_MODULES = {"random", "secrets", "uuid"}
_CHANCE_NAMES = {"os.urandom", "os.getrandom", "func.random"}
_ENVIRONMENT_NAMES = {"os.environ", "os.environb", "os.getenv", "os.putenv"}


def _in(path: str, places: tuple[str, ...]) -> bool:
    return any(fnmatch(path, place) for place in places)


def reads_clock(source: Source) -> Iterator[Finding]:
    """Wall or monotonic time read outside edge/clock.py; in the heart not even a sleep."""
    if not source.is_product or _in(source.path, CLOCK):
        return
    for node, name in _names(source.tree):
        owner, _, last = name.rpartition(".")
        if name == "time.sleep" and not source.path.startswith("edge/"):
            continue
        if owner == "time" or (owner in _CLOCK_OWNERS and last in _CLOCK_CALLS):
            yield source.finding(node, f"{name}: take a Clock as an argument")


def uses_chance(source: Source) -> Iterator[Finding]:
    """Randomness or random identities outside edge/ids.py."""
    if not source.is_product or _in(source.path, CHANCE):
        return
    for node, name in _names(source.tree):
        if (name.split(".")[0] in _CHANCE_MODULES and "." in name) or name in _CHANCE_NAMES:
            yield source.finding(node, f"{name}: take a Chance as an argument")


def reads_environment(source: Source) -> Iterator[Finding]:
    """Environment variables read outside tallydock/config."""
    if not source.is_product or _in(source.path, ENVIRONMENT):
        return
    for node, name in _names(source.tree):
        if name in _ENVIRONMENT_NAMES:
            yield source.finding(node, f"{name}: only tallydock/config reads the environment")


def prints(source: Source) -> Iterator[Finding]:
    """Output to the terminal outside the command line."""
    if not source.is_product or _in(source.path, OUTPUT):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func) == "print":
            yield source.finding(node, "print: only the command line talks to the terminal")
    for node, name in _names(source.tree):
        if name in {"sys.stdout", "sys.stderr"}:
            yield source.finding(node, f"{name}: only the command line talks to the terminal")


def declares_table(source: Source) -> Iterator[Finding]:
    """A table declared outside its two places."""
    if not source.is_product or _in(source.path, TABLES):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and any(k.arg == "table" for k in node.keywords):
            yield source.finding(
                node, f"{node.name}: tables are declared in {' and '.join(TABLES)}"
            )
        if _makes_table_in_sql(node) and not _in(source.path, MIGRATIONS):
            yield source.finding(node, "CREATE TABLE outside the migrations")


def broad_except(source: Source) -> Iterator[Finding]:
    """Handlers that catch everything and do not raise it again; only a supervisor may."""
    if not source.is_product:
        return
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.ExceptHandler)
            and (node.type is None or _is_broad(node.type))
            and not _raises_again(node)
        ):
            yield source.finding(node, "catches everything")
        if (
            isinstance(node, ast.Call)
            and dotted(node.func).endswith("suppress")
            and any(_is_broad(argument) for argument in node.args)
        ):
            yield source.finding(node, "suppresses everything")


def _raises_again(node: ast.ExceptHandler) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _is_broad(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return any(_is_broad(part) for part in node.elts)
    return dotted(node) in {"Exception", "BaseException"}


def _makes_table_in_sql(node: ast.AST) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and text.lstrip().upper().startswith("CREATE TABLE")


def _names(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Imported names that are used, as written in full: ``t.time`` after ``import time as t``."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {part.asname or part.name: part.name for part in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for part in node.names:
                known[part.asname or part.name] = f"{node.module}.{part.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and (name := dotted(node)):
            head, _, rest = name.partition(".")
            if head in known:
                yield node, f"{known[head]}.{rest}" if rest else known[head]
