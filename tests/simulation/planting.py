"""Planting a bug: one piece of one function's text is another one, for the length of a test."""

from __future__ import annotations
import __future__

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import cast

import pytest

Target = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Slip:
    """In ``target`` the text ``right``, which stands there once, is ``wrong``."""

    target: Target
    right: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Bug:
    """One slip, or two that belong together; ``seed`` is a day that is known to find it."""

    seed: int
    slips: tuple[Slip, ...]


def plant(monkeypatch: pytest.MonkeyPatch, bug: Bug) -> None:
    """Exchange the functions' code; whoever holds such a function gets the bug.

    The function itself stays, so registries, imported names and bound methods have it at once.
    """
    for slip in bug.slips:
        function = cast("FunctionType", slip.target)
        source = textwrap.dedent(inspect.getsource(function))
        found = source.count(slip.right)
        assert found == 1, f"{slip.right!r} stands {found} times in {function.__qualname__}"
        code = _compiled(function, source.replace(slip.right, slip.wrong))
        monkeypatch.setattr(function, "__code__", code)


def _compiled(function: FunctionType, source: str) -> CodeType:
    """The code of the function that ``source`` defines, without its decorators."""
    tree = ast.parse(source)
    (definition,) = tree.body
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list.clear()
    flags = __future__.annotations.compiler_flag
    whole = compile(tree, function.__code__.co_filename, "exec", flags)
    (code,) = (part for part in whole.co_consts if isinstance(part, CodeType))
    return code
